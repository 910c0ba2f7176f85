import { describe, expect, it } from "vitest";
import { configFromExplicit } from "../../src/config/explicit.ts";
import { keyPair, thrown } from "./files.ts";

const server = "https://cluster.example";

describe("configFromExplicit", () => {
  it("takes a server alone", () => {
    expect(configFromExplicit({ server: "http://127.0.0.1:8001/" })).toMatchObject({
      server: "http://127.0.0.1:8001",
      credentials: { type: "none" },
      namespace: "default",
    });
  });

  it("takes token, token file, certificates, names and proxy (P32)", async () => {
    const { cert, key } = await keyPair();
    const config = configFromExplicit({
      server,
      ca: cert,
      cert,
      key,
      token: "abc\n",
      serverName: "kube",
      proxyUrl: "http://proxy:3128",
      impersonate: { user: "jane" },
      namespace: "shop",
    });
    expect(config).toMatchObject({
      tls: { ca: cert, cert, key, serverName: "kube" },
      credentials: { type: "token", token: "abc" },
      proxyUrl: "http://proxy:3128",
      impersonate: { user: "jane" },
      namespace: "shop",
    });
    expect(configFromExplicit({ server, tokenFile: "/t" }).credentials).toEqual({
      type: "token-file",
      path: "/t",
    });
  });

  it.each([
    { server: "" },
    { server: "nonsense://" },
    { server: `${server}?a=1` },
    { server, ca: "no certificate" },
    { server, cert: "alone" },
    { server, cert: "no", key: "no" },
    { server, token: "" },
    { server, token: "two\nlines" },
    { server, token: "a", tokenFile: "b" },
    { server, proxyUrl: "nope" },
    { server, proxyUrl: "http://proxy/path" },
    { server, proxyUrl: "http://user:50%@proxy" },
    { server, impersonate: { user: "" } },
    { server, impersonate: { user: "jane", groups: "ops" } },
    { server, impersonate: { user: "jane", groups: null } },
    { server, impersonate: { user: "jane", extra: null } },
    { server, impersonate: { user: "jane", extra: { scope: "read" } } },
  ])("is INVALID_CONFIG for %j (P26)", (config) => {
    // Callers without types write whatever they like.
    const given = config as Parameters<typeof configFromExplicit>[0];
    expect(thrown(() => configFromExplicit(given))).toMatchObject({ code: "INVALID_CONFIG" });
  });
});
