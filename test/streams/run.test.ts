import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { CommandError } from "../../src/streams/command-error.ts";
import { run } from "../../src/streams/run.ts";
import { exitedWith, failure, type Peer, scriptedPod, success, web0 } from "./scripted-pod.ts";

async function playing(peer: Peer, stdout: string | Uint8Array, code = 0): Promise<void> {
  await peer.send(1, stdout);
  await peer.send(2, "a warning");
  await peer.send(3, code === 0 ? success : exitedWith(code));
}

describe("run", () => {
  it("collects both outputs as text, whatever way their characters were cut", async () => {
    const text = Buffer.from("grüße 🌍");
    await using pod = await scriptedPod("in memory", async (peer) => {
      for (const byte of text) await peer.send(1, Uint8Array.of(byte));
      await playing(peer, "");
    });
    const result = await run(pod.transport, web0, ["greet"]);
    expect(result).toEqual({ exitCode: 0, stdout: "grüße 🌍", stderr: "a warning" });
    expect(await pod.peers[0]?.closed()).toBe(1000);
  });

  it("feeds the command", async () => {
    await using pod = await scriptedPod("in memory", async (peer) => playing(peer, await peer.stdin()));
    expect((await run(pod.transport, web0, ["cat"], { stdin: "fed" })).stdout).toBe("fed");
  });

  it("rejects with a CommandError that carries the outputs, and prints none of them", async () => {
    await using pod = await scriptedPod("in memory", (peer) => playing(peer, "s3cret", 5));
    const error = await failure(run(pod.transport, web0, ["fail"]));
    expect(CommandError.is(error)).toBe(true);
    expect(KubeError.is(error)).toBe(true);
    expect(error).toMatchObject({ code: "COMMAND_FAILED", exitCode: 5 });
    if (CommandError.is(error)) expect([error.stdout, error.stderr]).toEqual(["s3cret", "a warning"]);
    expect(error.message).toMatch(
      /^exec in pods "web-0" in namespace "shop": the command ended with exit code 5/,
    );
    expect(inspect(error)).not.toMatch(/s3cret|a warning/);
  });

  it.each([[[0, 5]], ["any" as const]])("resolves where %j allows the exit code", async (exitCodes) => {
    await using pod = await scriptedPod("in memory", (peer) => playing(peer, "no match", 5));
    expect(await run(pod.transport, web0, ["grep"], { exitCodes })).toMatchObject({ exitCode: 5 });
  });

  it("ends with OVERFLOW above its limit, and leaves the command", async () => {
    await using pod = await scriptedPod("http", async (peer) => {
      while (peer.socket.readyState === peer.socket.OPEN)
        await peer.send(1, Buffer.alloc(1000)).catch(() => {});
    });
    const error = await failure(run(pod.transport, web0, ["yes"], { maxOutputBytes: 100_000 }));
    expect(error).toMatchObject({
      code: "OVERFLOW",
      message: expect.stringContaining("100000 bytes to stdout"),
    });
    await pod.peers[0]?.closed();
  });

  it("ends with TIMEOUT when the command takes too long, and leaves it", async () => {
    await using pod = await scriptedPod("http", (peer) => peer.send(1, "still here"));
    const error = await failure(run(pod.transport, web0, ["sleep"], { timeoutMs: 100 }));
    expect(error).toMatchObject({ code: "TIMEOUT" });
    await pod.peers[0]?.closed();
  });

  it.each([
    ["command", () => run(neverCalled, web0, [])],
    ["command", () => run(neverCalled, web0, [""])],
    ["command", () => run(neverCalled, web0, JSON.parse('"ls -l"'))],
    ["stdin", () => run(neverCalled, web0, ["ls"], { stdin: JSON.parse("true") })],
    ["stdin", () => run(neverCalled, web0, ["ls"], { stdin: JSON.parse("7") })],
    ["maxOutputBytes", () => run(neverCalled, web0, ["ls"], { maxOutputBytes: 0 })],
    ["exitCodes", () => run(neverCalled, web0, ["ls"], { exitCodes: [0.5] })],
    ["container", () => run(neverCalled, web0, ["ls"], { container: JSON.parse("7") })],
    ["namespace", () => run(neverCalled, { ...web0, namespace: undefined }, ["ls"])],
    ["name", () => run(neverCalled, { ...web0, name: "../x" }, ["ls"])],
    ["timeoutMs", () => run(neverCalled, web0, ["ls"], { timeoutMs: -1 })],
  ])("refuses a wrong %s before anything is sent", async (argument, call) => {
    const error = await failure(call());
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining(argument) });
  });
});

async function neverCalled(): Promise<never> {
  throw new Error("a request was sent");
}
