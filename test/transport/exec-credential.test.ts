import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ExecConfig } from "../../src/config/cluster-config.ts";
import { ExecCredential } from "../../src/transport/exec-credential.ts";
import { configFor, failure } from "./local-server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-reflex-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

/** A plugin that logs each run and the info it got, and then runs `body`. */
function plugin(body: string, extra: Partial<ExecConfig> = {}): ExecCredential {
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
  return new ExecCredential(exec, configFor("https://cluster.example", { tls: { ca: "PEM" } }));
}

const answer = (status: object, apiVersion = "client.authentication.k8s.io/v1") =>
  `cat <<'END'\n${JSON.stringify({ apiVersion, kind: "ExecCredential", status })}\nEND`;
const runs = () => readFileSync(join(folder, "runs"), "utf8").split("\n").length - 1;

describe("ExecCredential", () => {
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

  it("passes arguments, environment and, when asked, the cluster (P32)", async () => {
    const credential = plugin(
      `TOKEN="$1-$EXTRA"\ncat <<END\n{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"$TOKEN"}}\nEND`,
      {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        args: ["arg"],
        env: { EXTRA: "env" },
        provideClusterInfo: true,
      },
    );
    expect(await credential.authorization()).toBe("Bearer arg-env");
    expect(JSON.parse(readFileSync(join(folder, "info"), "utf8"))).toEqual({
      apiVersion: "client.authentication.k8s.io/v1beta1",
      kind: "ExecCredential",
      spec: {
        interactive: false,
        cluster: { server: "https://cluster.example", "certificate-authority-data": "UEVN", config: null },
      },
    });
  });

  it.each([
    ["broken JSON", "echo '{\"token\": s3cret'", "its output is not JSON"],
    ["another object", "echo '{\"s3cret\":1}'", "no ExecCredential"],
    ["a failure", "echo s3cret; exit 3", "it ended with 3"],
    [
      "another version",
      answer({ token: "s3cret" }, "client.authentication.k8s.io/v1beta1"),
      "another version",
    ],
    ["no token", answer({}), "it gave no token"],
  ])(
    "fails with CREDENTIAL_FAILED that names the plugin and tells nothing of its output: %s",
    async (_case, body, why) => {
      const error = await failure(plugin(body, { installHint: "install it" }).authorization());
      expect(error).toMatchObject({ code: "CREDENTIAL_FAILED", message: expect.stringContaining(why) });
      expect(error).toMatchObject({ message: expect.stringContaining('user "admin" in FILE') });
      const { inspect } = await import("node:util");
      expect(inspect(error, { depth: 20 }).replaceAll(body, "")).not.toContain("s3cret");
    },
  );

  it("fails for a command that does not exist with the hint, and for a client certificate as UNSUPPORTED", async () => {
    const absent = plugin("", { command: "no-such-plugin-anywhere", installHint: "get it from the vendor" });
    expect(await failure(absent.authorization())).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringContaining("no such command; get it from the vendor"),
    });
    const certificate = plugin(answer({ clientCertificateData: "c", clientKeyData: "k" }));
    expect(await failure(certificate.authorization())).toMatchObject({ code: "UNSUPPORTED" });
  });

  it("can be run again after a failure", async () => {
    const credential = plugin(
      `[ -e "${folder}/second" ] || { touch "${folder}/second"; exit 1; }\n${answer({ token: "t" })}`,
    );
    expect(await failure(credential.authorization())).toMatchObject({ code: "CREDENTIAL_FAILED" });
    expect(await credential.authorization()).toBe("Bearer t");
  });
});
