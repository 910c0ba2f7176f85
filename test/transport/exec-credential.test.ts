import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ExecConfig } from "../../src/config/cluster-config.ts";
import type { Credential } from "../../src/transport/credential.ts";
import { execCredential } from "../../src/transport/exec-credential.ts";
import { certificate, configFor, failure } from "./local-server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-reflex-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

/** A plugin that logs each run and the info it got, and then runs `body`. */
function plugin(body: string, extra: Partial<ExecConfig> = {}, config = {}): Credential {
  const command = join(folder, "plugin");
  writeFileSync(
    command,
    `#!/bin/sh\necho run >> "${folder}/runs"\necho "$KUBERNETES_EXEC_INFO" > "${folder}/info"\n${body}\n`,
  );
  chmodSync(command, 0o755);
  const exec: ExecConfig = {
    apiVersion: "client.authentication.k8s.io/v1",
    command,
    args: [],
    env: {},
    provideClusterInfo: false,
    origin: 'user "admin" in FILE',
    ...extra,
  };
  return execCredential(exec, configFor("https://cluster.example", { tls: { ca: "PEM" }, ...config }));
}

const answer = (status: object, apiVersion = "client.authentication.k8s.io/v1") =>
  `cat <<'END'\n${JSON.stringify({ apiVersion, kind: "ExecCredential", status })}\nEND`;
const info = () => JSON.parse(readFileSync(join(folder, "info"), "utf8"));
const runs = () => readFileSync(join(folder, "runs"), "utf8").split("\n").length - 1;

describe("an exec credential", () => {
  it("runs one process for 10 parallel calls, and keeps the token (P33)", async () => {
    const credential = plugin(answer({ token: "t" }));
    const values = await Promise.all(Array.from({ length: 10 }, () => credential.authorization()));
    expect(new Set(values)).toEqual(new Set(["Bearer t"]));
    await credential.authorization();
    expect(runs()).toBe(1);
  });

  it("runs again shortly before the token expires (P33)", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-01-01T00:00:00Z") });
    const credential = plugin(answer({ token: "t", expirationTimestamp: "2026-01-01T00:01:00Z" }));
    await credential.authorization();
    vi.setSystemTime(new Date("2026-01-01T00:00:49Z"));
    await credential.authorization();
    expect(runs()).toBe(1);
    vi.setSystemTime(new Date("2026-01-01T00:00:51Z"));
    await credential.authorization();
    expect(runs()).toBe(2);
  });

  it("runs once more for any number of requests that the server refused (P33)", async () => {
    const count = `N=$(wc -l < "${folder}/runs" | tr -d ' ')`;
    const credential = plugin(`${count}\n${answer({ token: "t$N" }).replace("'END'", "END")}`);
    const refused = await credential.authorization();
    expect(refused).toBe("Bearer t1");
    const renewed = await Promise.all([credential.renewed(refused), credential.renewed(refused)]);
    expect(renewed).toEqual(["Bearer t2", "Bearer t2"]);
    expect(await credential.renewed(refused)).toBe("Bearer t2");
    expect(runs()).toBe(2);
  });

  it("runs once more for all that were refused at once, also where that gives the same token (P33)", async () => {
    const credential = plugin(answer({ token: "t" }));
    const refused = await credential.authorization();
    const generation = credential.generation?.();
    // One after the other, as refusals arrive: each would find the token that was refused.
    for (let i = 0; i < 5; i += 1) {
      expect(await credential.renewed(refused, undefined, undefined, generation)).toBe("Bearer t");
    }
    expect(runs()).toBe(2);
  });

  it("passes arguments and environment (P32)", async () => {
    const credential = plugin(
      `TOKEN="$1-$EXTRA"\ncat <<END\n{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"$TOKEN"}}\nEND`,
      { apiVersion: "client.authentication.k8s.io/v1beta1", args: ["arg"], env: { EXTRA: "env" } },
    );
    expect(await credential.authorization()).toBe("Bearer arg-env");
    expect(info()).toEqual({
      apiVersion: "client.authentication.k8s.io/v1beta1",
      kind: "ExecCredential",
      spec: { interactive: false },
    });
  });

  it("tells the plugin of the cluster when asked, with the fields that client-go sends (P32)", async () => {
    const told = { provideClusterInfo: true };
    await plugin(answer({ token: "t" }), told).authorization();
    const server = "https://cluster.example";
    expect(info()).toMatchObject({
      spec: { cluster: { server, "certificate-authority-data": "UEVN", config: null }, interactive: false },
    });
    const rest = {
      tls: { serverName: "kube", insecureSkipVerify: true },
      proxyUrl: "http://proxy:1",
      disableCompression: true,
    };
    await plugin(answer({ token: "t" }), { ...told, clusterConfig: { audience: "a" } }, rest).authorization();
    expect(info().spec.cluster).toEqual({
      server,
      "tls-server-name": "kube",
      "insecure-skip-tls-verify": true,
      "proxy-url": "http://proxy:1",
      "disable-compression": true,
      config: { audience: "a" },
    });
  });

  it.each([
    ["broken JSON", "echo '{\"token\": s3cret'", "its output is not JSON"],
    ["another object", "echo '{\"s3cret\":1}'", "no ExecCredential"],
    ["a failure", "echo s3cret; exit 3", "it ended with 3"],
    ["a signal", "echo s3cret; kill -TERM $$", "it ended with SIGTERM"],
    [
      "another version",
      answer({ token: "s3cret" }, "client.authentication.k8s.io/v1beta1"),
      "another version than client.authentication.k8s.io/v1",
    ],
    ["nothing in it", answer({}), "it gave neither a token nor a certificate"],
    ["a token of another type", answer({ token: { s3cret: 1 } }), "its token is no text"],
    ["a token that no header can carry", answer({ token: "s3\ncret" }), "its token has characters"],
    ["an end that is no time", answer({ token: "s3cret", expirationTimestamp: "s3cret" }), "is no time"],
    ["a key without a certificate", answer({ clientKeyData: "s3cret" }), "a certificate or a key, not both"],
    [
      "a certificate that is none",
      answer({ clientCertificateData: "s3cret", clientKeyData: "s3cret" }),
      "the client certificate holds no PEM certificate",
    ],
  ])(
    "fails with CREDENTIAL_FAILED that names the plugin and tells nothing of its output: %s (P33)",
    async (_case, body, why) => {
      const error = await failure(plugin(body, { installHint: "install it" }).authorization());
      expect(error).toMatchObject({ code: "CREDENTIAL_FAILED", message: expect.stringContaining(why) });
      expect(error).toMatchObject({ message: expect.stringContaining('user "admin" in FILE') });
      expect(error).toMatchObject({ message: expect.stringContaining(join(folder, "plugin")) });
      expect(error).toMatchObject({ message: expect.stringContaining("install it") });
      const { inspect } = await import("node:util");
      expect(inspect(error, { depth: 20 }).replaceAll(body, "")).not.toContain("s3cret");
    },
  );

  it("fails for a command that does not exist, or may not run, with what to do", async () => {
    const absent = plugin("", { command: "no-such-plugin-anywhere", installHint: "get it from the vendor" });
    expect(await failure(absent.authorization())).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringMatching(/there is no such command.*PATH.*get it from the vendor/),
    });
    const forbidden = plugin("", { command: folder });
    expect(await failure(forbidden.authorization())).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringContaining("it may not be executed"),
    });
  });

  it("gives a client certificate, with a token or without, until it ends (P32, P33)", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const start = Date.now();
    const { cert, key } = await certificate("admin");
    const status = { clientCertificateData: cert, clientKeyData: key };
    const both = plugin(answer({ ...status, token: "t" }));
    expect(both.clientCertificate?.()).toBeUndefined();
    expect(await both.authorization()).toBe("Bearer t");
    expect(both.clientCertificate?.()).toEqual({ cert, key });
    const alone = plugin(answer(status));
    expect(await alone.authorization()).toBeUndefined();
    const shown = alone.clientCertificate?.();
    expect(shown).toEqual({ cert, key });
    await alone.authorization();
    expect(alone.clientCertificate?.()).toBe(shown);
    expect(runs()).toBe(2);
    vi.setSystemTime(start + 366 * 86_400_000);
    const late = await failure(alone.authorization());
    expect(late).toMatchObject({ code: "CREDENTIAL_FAILED", message: expect.stringContaining("expired on") });
    expect(runs()).toBe(3);
  });

  it("gives another certificate once, however many requests were refused with the old one (P33)", async () => {
    for (const name of ["1", "2"]) {
      const { cert, key } = await certificate("admin");
      const status = { clientCertificateData: cert, clientKeyData: key };
      writeFileSync(join(folder, name), answer(status).split("\n")[1] ?? "");
    }
    const credential = plugin(`cat "${folder}/$(wc -l < "${folder}/runs" | tr -d ' ')"`);
    await credential.authorization();
    const refused = credential.clientCertificate?.();
    await Promise.all([credential.renewed(undefined, refused), credential.renewed(undefined, refused)]);
    expect(credential.clientCertificate?.()).not.toEqual(refused);
    await credential.renewed(undefined, refused);
    expect(runs()).toBe(2);
  });

  it("gives the same certificate as the same object, so that nothing is repeated or connected anew", async () => {
    const { cert, key } = await certificate("admin");
    const credential = plugin(answer({ clientCertificateData: cert, clientKeyData: key }));
    await credential.authorization();
    const refused = credential.clientCertificate?.();
    await credential.renewed(undefined, refused);
    expect(runs()).toBe(2);
    expect(credential.clientCertificate?.()).toBe(refused);
  });

  it("can be run again after a failure", async () => {
    const credential = plugin(
      `[ -e "${folder}/second" ] || { touch "${folder}/second"; exit 1; }\n${answer({ token: "t" })}`,
    );
    expect(await failure(credential.authorization())).toMatchObject({ code: "CREDENTIAL_FAILED" });
    expect(await credential.authorization()).toBe("Bearer t");
  });
});
