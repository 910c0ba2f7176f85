import { generate } from "selfsigned";
import { afterEach, describe, expect, it, vi } from "vitest";
import { configFromExplicit } from "../../src/config/explicit.ts";
import { loadConfig } from "../../src/config/load.ts";
import { base64, kubeconfig, rejected, TestFolder, thrown } from "./files.ts";

const day = 86_400_000;

async function pairFrom(notBeforeDate: Date, notAfterDate: Date): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "test" }], {
    keyType: "ec",
    notBeforeDate,
    notAfterDate,
  });
  return { cert, key };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a client certificate", () => {
  it("that has expired is INVALID_CONFIG, with the day and the file (P26)", async () => {
    using folder = new TestFolder();
    const { cert, key } = await pairFrom(new Date("2020-01-01T00:00:00Z"), new Date("2021-01-01T00:00:00Z"));
    const certFile = folder.write("pki/user.crt", cert);
    folder.write("pki/user.key", key);
    const files = { "client-certificate": "pki/user.crt", "client-key": "pki/user.key" };
    const file = folder.write("config", kubeconfig({}, files));
    const error = await rejected(loadConfig({ kubeconfig: file }));
    expect(error).toMatchObject({
      code: "INVALID_CONFIG",
      message: `user "u" in ${file}: the client certificate ${certFile} expired on 2021-01-01T00:00:00.000Z; get a new one`,
    });
    const data = { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
    const embedded = folder.write("embedded", kubeconfig({}, data));
    expect(await rejected(loadConfig({ kubeconfig: embedded }))).toMatchObject({
      message: expect.stringContaining("the client certificate expired on 2021-01-01"),
    });
    expect(thrown(() => configFromExplicit({ server: "https://h", cert, key }))).toMatchObject({
      code: "INVALID_CONFIG",
    });
  });

  it("that is not valid yet is INVALID_CONFIG, with the day (P26)", async () => {
    const { cert, key } = await pairFrom(new Date(Date.now() + day), new Date(Date.now() + 2 * day));
    const connect = () => configFromExplicit({ server: "https://h", cert, key });
    expect(thrown(connect)).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringMatching(/is not valid before \d{4}-.*clock/),
    });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1.5 * day });
    expect(connect().tls.cert).toBe(cert);
  });
});
