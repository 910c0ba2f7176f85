import { describe, expect, it } from "vitest";
import { defineKind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { attach, exec } from "../../src/streams/exec.ts";
import type { AttachOptions } from "../../src/streams/exec-options.ts";
import { failure, scriptedPod, success, web0 } from "./scripted-pod.ts";

async function neverCalled(): Promise<never> {
  throw new Error("a request was sent");
}

describe("the options of exec and attach", () => {
  it.each<[string, AttachOptions]>([
    ["stderr", { tty: true, stderr: true }],
    ["terminalSize", { terminalSize: { columns: 80, rows: 24 } }],
    ["terminalSize.columns", { tty: true, terminalSize: { columns: 0, rows: 24 } }],
    ["terminalSize.rows", { tty: true, terminalSize: { columns: 80, rows: 65_536 } }],
    ["stdin", { stdout: false, stderr: false }],
    ["tty", { tty: JSON.parse('"yes"') }],
    ["stdout", { stdout: JSON.parse('"yes"') }],
    ["signal", { signal: JSON.parse("{}") }],
    ["options", JSON.parse("[]")],
  ])("are refused where %s is wrong, before anything is sent", async (argument, options) => {
    for (const call of [exec(neverCalled, web0, ["ls"], options), attach(neverCalled, web0, options)]) {
      expect(await failure(call)).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(argument),
      });
    }
  });

  it("are refused for a kind that says that it has no exec", async () => {
    const kind = defineKind<KubeObject>()({
      group: "",
      version: "v1",
      kind: "ConfigMap",
      plural: "configmaps",
      scope: "Namespaced",
      subresources: ["status"],
    });
    expect(await failure(exec(neverCalled, { ...web0, kind }, ["ls"]))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("refuse a new size where there is no terminal, and a size that is none", async () => {
    await using pod = await scriptedPod("in memory", (peer) => peer.send(3, success));
    await using remote = await exec(pod.transport, web0, ["ls"]);
    const wrong = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => remote.resize({ columns: 80, rows: 24 })).toThrow(wrong);
    expect(() => remote.resize({ columns: 80, rows: 0.5 })).toThrow(wrong);
  });

  it("give streams that were not asked for as streams that have ended", async () => {
    await using pod = await scriptedPod("in memory", async (peer) => {
      await peer.next();
      await peer.send(1, "dropped");
      await peer.send(3, success);
    });
    await using remote = await exec(pod.transport, web0, ["cat"], {
      stdin: true,
      stdout: false,
      stderr: false,
    });
    remote.stdin.write("x");
    expect(await remote.stdout.toArray()).toEqual([]);
    expect(await remote.stderr.toArray()).toEqual([]);
    expect(await remote.exitCode).toBe(0);
    await using second = await exec(pod.transport, web0, ["ls"]);
    expect(second.stdin.destroyed).toBe(true);
  });
});
