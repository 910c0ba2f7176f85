import { describe, expect, it } from "vitest";
import { proxyFromEnvironment } from "../../src/config/proxy.ts";
import { thrown } from "./files.ts";

const proxy = "http://proxy:3128";

describe("proxyFromEnvironment", () => {
  it("goes by the server's scheme, upper or lower case (P32)", () => {
    expect(proxyFromEnvironment("https://k8s", { HTTPS_PROXY: proxy })).toBe(proxy);
    expect(proxyFromEnvironment("https://k8s", { https_proxy: "proxy:3128" })).toBe(proxy);
    expect(proxyFromEnvironment("https://k8s", { HTTP_PROXY: proxy })).toBeUndefined();
    expect(proxyFromEnvironment("http://k8s", { HTTP_PROXY: proxy })).toBe(proxy);
    expect(proxyFromEnvironment("https://k8s", {})).toBeUndefined();
  });

  it.each(["https://localhost:6443", "https://127.0.0.1", "https://[::1]:6443"])(
    "never proxies %s (P32)",
    (server) => {
      expect(proxyFromEnvironment(server, { HTTPS_PROXY: proxy })).toBeUndefined();
    },
  );

  it.each([
    ["https://k8s.example", "*", true],
    ["https://k8s.example", "example", true],
    ["https://k8s.example", ".example", true],
    ["https://example", ".example", false],
    ["https://k8s.example", "*.example", true],
    ["https://k8s.example", "other, k8s.example", true],
    ["https://k8s.example:6443", "k8s.example:6443", true],
    ["https://k8s.example:6443", "k8s.example:443", false],
    ["https://k8s.example", "k8s.example:443", true],
    ["https://notexample", "example", false],
    ["https://10.1.2.3", "10.0.0.0/8", true],
    ["https://11.1.2.3", "10.0.0.0/8", false],
    ["https://10.1.2.3", "10.0.0.0/99", false],
    ["https://[fd00::1]:6443", "fd00::/8", true],
    ["https://[fd00::1]:6443", "fd00::1", true],
    ["https://10.1.2.3", "10.1.2.3", true],
  ])("for %s with NO_PROXY=%s: exempt is %s (P32)", (server, noProxy, isExempt) => {
    const found = proxyFromEnvironment(server, { HTTPS_PROXY: proxy, NO_PROXY: noProxy });
    expect(found).toBe(isExempt ? undefined : proxy);
  });

  it("is INVALID_CONFIG for a proxy that is none (P26)", () => {
    expect(thrown(() => proxyFromEnvironment("https://k8s", { HTTPS_PROXY: "ftp://x" }))).toMatchObject({
      code: "INVALID_CONFIG",
    });
  });
});
