import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Credential } from "../../src/transport/credential.ts";
import { execCredential } from "../../src/transport/exec-credential.ts";
import { configFor, failure } from "./local-server.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-reflex-"));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const good = JSON.stringify({
  apiVersion: "client.authentication.k8s.io/v1",
  kind: "ExecCredential",
  status: { token: "t" },
});
/** Says which processes it consists of, and then waits for ever. */
const hangs = `sleep 1000 &\necho "$$ $!" > "$FOLDER/ids.new"\nmv "$FOLDER/ids.new" "$FOLDER/ids"\nwait`;

function plugin(body: string): Credential {
  const command = join(folder, "plugin");
  writeFileSync(command, `#!/bin/sh\n${body}\n`);
  chmodSync(command, 0o755);
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command,
    args: [],
    env: { FOLDER: folder },
    provideClusterInfo: false,
    origin: 'user "admin" in FILE',
  };
  return execCredential(exec, configFor("https://cluster.example"));
}

/** The plugin's own process and the one that it started, once it has. */
async function started(): Promise<number[]> {
  const file = join(folder, "ids");
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(folder, () => existsSync(file) && resolve());
  if (existsSync(file)) resolve();
  await promise;
  watcher.close();
  return readFileSync(file, "utf8").trim().split(" ").map(Number);
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
  } catch {
    return false;
  }
  // A dead process that nobody has waited for is still there by its number.
  return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${id}/stat`, "utf8"));
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

async function gone(ids: readonly number[]): Promise<boolean> {
  await until(() => !ids.some(isRunning));
  return true;
}

describe("a plugin that hangs", () => {
  it("is killed after two minutes with all it started: CREDENTIAL_FAILED (P33)", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const waiting = failure(plugin(hangs).authorization());
    const ids = await started();
    vi.advanceTimersByTime(120_000);
    expect(await waiting).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringMatching(/plugin` of user "admin" in FILE: it took longer than 120 s.*by hand/),
    });
    expect(await gone(ids)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("lets each request go by its own signal, and is killed when the last has left", async () => {
    const credential = plugin(hangs);
    const [one, other] = [new AbortController(), new AbortController()];
    const first = failure(credential.authorization(one.signal));
    const second = failure(credential.authorization(other.signal));
    const ids = await started();
    one.abort();
    expect(await first).toMatchObject({ code: "ABORTED" });
    expect(ids.every(isRunning)).toBe(true);
    other.abort();
    expect(await second).toMatchObject({ code: "ABORTED" });
    expect(await gone(ids)).toBe(true);
  });

  it("is run anew for those who come after it was given up", async () => {
    const credential = plugin(
      `[ -e "$FOLDER/second" ] && { echo '${good}'; exit; }\ntouch "$FOLDER/second"\n${hangs}`,
    );
    const controller = new AbortController();
    const first = failure(credential.authorization(controller.signal));
    const ids = await started();
    controller.abort();
    expect(await first).toMatchObject({ code: "ABORTED" });
    expect(await credential.authorization()).toBe("Bearer t");
    expect(await gone(ids)).toBe(true);
  });

  it("is killed when the transport is closed: STOPPED for those who wait, and for all who come later", async () => {
    const credential = plugin(hangs);
    const waiting = failure(credential.authorization());
    const ids = await started();
    credential.close?.();
    expect(await waiting).toMatchObject({ code: "STOPPED" });
    expect(await gone(ids)).toBe(true);
    expect(await failure(credential.authorization())).toMatchObject({ code: "STOPPED" });
  });

  it("does not keep a process alive that does not wait for it any more", () => {
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sleep", args: ["1000"], env: {} };
    const script = `
      const { execCredential } = await import("./src/transport/exec-credential.ts");
      const credential = execCredential(${JSON.stringify(exec)}, { tls: {} });
      await credential.authorization(AbortSignal.timeout(50)).catch((error) => console.log(error.code));`;
    const args = ["--input-type=module", "-e", script];
    const output = execFileSync(process.execPath, args, { encoding: "utf8", timeout: 20_000 });
    expect(output.trim()).toBe("ABORTED");
  }, 20_000);

  it("is not even started for a request that was aborted before", async () => {
    const credential = plugin(hangs);
    expect(await failure(credential.authorization(AbortSignal.abort()))).toMatchObject({ code: "ABORTED" });
    expect(existsSync(join(folder, "ids"))).toBe(false);
  });
});

describe("a plugin's output", () => {
  it("without end is cut off, and the plugin killed: CREDENTIAL_FAILED (P33)", async () => {
    const error = await failure(plugin("yes s3cret").authorization());
    expect(error).toMatchObject({
      code: "CREDENTIAL_FAILED",
      message: expect.stringContaining("it printed more than 1048576 bytes"),
    });
    expect(String(error)).not.toContain("s3cret");
  });

  it("counts when the plugin has ended, whatever it left running in the background", async () => {
    const credential = plugin(`sleep 1000 &\necho "$!" > "$FOLDER/ids"\necho '${good}'`);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const waiting = credential.authorization();
    // Its time-out, and the wait for output after its end.
    await until(() => vi.getTimerCount() === 2);
    // What it wrote lay in the pipe before it ended: two turns of the loop have read it.
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(1000);
    expect(await waiting).toBe("Bearer t");
    const [id = 0] = await started();
    expect(isRunning(id)).toBe(true);
    process.kill(id, "SIGKILL");
  });
});
