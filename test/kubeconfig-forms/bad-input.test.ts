import { chmodSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { base64, kubeconfig, rejected, TestFolder } from "../config/files.ts";
import { Authority } from "./authority.ts";
import { ClusterServer, getPod } from "./cluster-server.ts";

const day = 86_400_000;

/** What a GET by a kubeconfig with this text says. */
async function errorFor(text: string | object, context?: string): Promise<unknown> {
  using folder = new TestFolder();
  return await rejected(getPod({ kubeconfig: folder.write("config", text), context }));
}

describe("a kubeconfig that cannot be used is INVALID_CONFIG before any request", () => {
  it("unknown context: the known ones and the closest (P26)", async () => {
    const contexts = ["staging", "production"].map((name) => ({ name, context: { cluster: "cl" } }));
    const error = await errorFor({ ...kubeconfig({}, {}), contexts }, "stagign");
    expect(error).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringMatching(
        /there is no context "stagign" \(did you mean "staging"\?\); there is "staging", "production"$/,
      ),
    });
  });

  it("no file, or one that may not be read (P26)", async () => {
    using folder = new TestFolder();
    const absent = `${folder.path}/absent`;
    expect(await rejected(getPod({ kubeconfig: absent }))).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining(`no such file: ${absent}`),
    });
    expect(await rejected(getPod({ kubeconfig: folder.path }))).toMatchObject({
      code: "INVALID_CONFIG",
      message: expect.stringContaining("is a folder"),
    });
  });

  it("half-written: wherever it is cut off (P26)", async () => {
    const authority = await Authority.make();
    const { cert, key } = await authority.issue("jane");
    const whole = [
      "clusters:",
      `- {name: cl, cluster: {server: "https://cluster.invalid", certificate-authority-data: ${base64(authority.cert)}}}`,
      "users:",
      "- name: u",
      `  user: {client-certificate-data: ${base64(cert)}, client-key-data: ${base64(key)}}`,
      "contexts:",
      "- {name: c, context: {cluster: cl, user: u}}",
      "current-context: c",
    ].join("\n");
    for (let length = 0; length < whole.length - 3; length += 41) {
      const error = await errorFor(whole.slice(0, length));
      expect(error).toMatchObject({ code: "INVALID_CONFIG" });
      expect(String(error)).not.toContain(base64(key).slice(0, 20));
    }
    expect(String(await errorFor(""))).toContain("it is empty, or cut off");
    expect(String(await errorFor({ kind: "Pod" }))).toContain("it is no kubeconfig");
  });

  it("an expired client certificate, and one that is not valid yet: the day and the file (P26)", async () => {
    const authority = await Authority.make();
    const spans = [
      { from: new Date("2020-01-01T00:00:00Z"), until: new Date("2021-01-01T00:00:00Z") },
      { from: new Date(Date.now() + day), until: new Date(Date.now() + 2 * day) },
    ];
    const says = ["jane.crt expired on 2021-01-01T00:00:00.000Z", "jane.crt is not valid before "];
    for (const [index, span] of spans.entries()) {
      using folder = new TestFolder();
      const { cert, key } = await authority.issue("jane", span);
      folder.write("jane.crt", cert);
      folder.write("jane.key", key);
      const user = { "client-certificate": "jane.crt", "client-key": "jane.key" };
      const error = await rejected(getPod({ kubeconfig: folder.write("config", kubeconfig({}, user)) }));
      expect(error).toMatchObject({
        code: "INVALID_CONFIG",
        message: expect.stringContaining(says[index] ?? ""),
      });
    }
  });

  it("a plugin that must ask somebody: UNSUPPORTED (P32)", async () => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "x", interactiveMode: "Always" };
    expect(await errorFor(kubeconfig({}, { exec }))).toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("a server that cannot be trusted is TLS_FAILED at the first request", () => {
  async function tlsError(server: ClusterServer, cluster: object): Promise<unknown> {
    await using _ = server;
    const error = await errorFor(kubeconfig({ server: server.url, ...cluster }, { token: "s3cret-token" }));
    expect(server.seen).toHaveLength(0);
    expect(String(error)).not.toContain("s3cret-token");
    return error;
  }

  it("its certificate has expired (P31)", async () => {
    const authority = await Authority.make();
    const span = { names: ["127.0.0.1"], from: new Date("2020-01-01"), until: new Date("2021-01-01") };
    const server = await ClusterServer.start(await authority.issue("server", span));
    const error = await tlsError(server, { "certificate-authority-data": base64(authority.cert) });
    expect(error).toMatchObject({ code: "TLS_FAILED", message: expect.stringContaining("has expired") });
  });

  it("another authority has signed it (P31)", async () => {
    const { server } = await ClusterServer.trusted();
    const other = await Authority.make("other authority");
    const error = await tlsError(server, { "certificate-authority-data": base64(other.cert) });
    expect(error).toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringMatching(/not trusted.*certificate-authority/),
    });
  });

  it("it has another name (P31)", async () => {
    const { server, authority } = await ClusterServer.trusted(["other.example"]);
    const error = await tlsError(server, { "certificate-authority-data": base64(authority.cert) });
    expect(error).toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringMatching(/another name.*127\.0\.0\.1.*tls-server-name/),
    });
  });

  it("it does not speak TLS (P31)", async () => {
    const plain = await ClusterServer.start();
    const error = await tlsError(plain, { server: plain.url.replace("http:", "https:") });
    expect(error).toMatchObject({ code: "TLS_FAILED", message: expect.stringContaining("no TLS") });
  });
});

describe("a tokenFile that is not there", () => {
  it("is CREDENTIAL_FAILED naming it, and nothing is sent (P33)", async () => {
    await using server = await ClusterServer.start();
    using folder = new TestFolder();
    const file = folder.write("config", kubeconfig({ server: server.url }, { tokenFile: "gone" }));
    expect(await rejected(getPod({ kubeconfig: file }))).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringContaining(`${folder.path}/gone: there is no such file`),
    });
    folder.write("gone", "two\nlines");
    chmodSync(`${folder.path}/gone`, 0o600);
    expect(await rejected(getPod({ kubeconfig: file }))).toMatchObject({ code: "CREDENTIAL_FAILED" });
    expect(server.seen).toHaveLength(0);
  });
});
