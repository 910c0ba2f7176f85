import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { exec } from "../../src/streams/exec.ts";
import { exitedWith, failure, type Peer, scriptedPod, success, textOf, ways, web0 } from "./scripted-pod.ts";

afterEach(() => {
  vi.useRealTimers();
});

const brokenAtOnce: AsyncIterable<string> = {
  [Symbol.asyncIterator]: () => {
    throw new Error("no iterator today");
  },
};

describe.each(ways)("a conversation %s", (way) => {
  it("that breaks is CONNECTION_FAILED in the exit and the outputs, after what had arrived", async () => {
    await using pod = await scriptedPod(way, async (peer) => {
      await peer.send(1, "half of ");
      await peer.next();
      peer.connection.destroy();
    });
    const remote = await exec(pod.transport, web0, ["ls"], { stdin: true });
    await once(remote.stdout, "readable");
    remote.stdin.write("go");
    expect(await failure(remote.exited)).toMatchObject({ code: "CONNECTION_FAILED" });
    const chunks: string[] = [];
    const read = (async () => {
      for await (const chunk of remote.stdout) chunks.push(String(chunk));
    })();
    expect(await failure(read)).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(chunks).toEqual(["half of "]);
    expect(await failure(remote.exitCode)).toMatchObject({ code: "CONNECTION_FAILED" });
    await remote.close();
  });

  it("that the server closes without a Status is CONNECTION_FAILED, with the server's words", async () => {
    await using pod = await scriptedPod(way, (peer) => peer.socket.close(1011, "container is gone"));
    const remote = await exec(pod.transport, web0, ["ls"]);
    const error = await failure(remote.exited);
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(error.message).toContain('1011, "container is gone"');
    expect(await pod.peers[0]?.closed()).toBe(1011);
    await remote.close();
  });

  it("whose command could not be started rejects with the server's ApiError", async () => {
    const message = 'exec: "nope": executable file not found in $PATH';
    const status = { metadata: {}, status: "Failure", message, reason: "InternalError", code: 500 };
    await using pod = await scriptedPod(way, (peer) => peer.send(3, JSON.stringify(status)));
    const remote = await exec(pod.transport, web0, ["nope"]);
    const error = await failure(remote.exited);
    expect(ApiError.is(error)).toBe(true);
    expect(error).toMatchObject({ status: 500, reason: "InternalError" });
    expect(error.message).toContain(message);
    expect(await failure(textOf(remote.stdout))).toBe(error);
  });

  it("ends at once by its signal, and the server sees it leave", async () => {
    await using pod = await scriptedPod(way, (peer) => peer.send(1, "some"));
    const controller = new AbortController();
    const remote = await exec(pod.transport, web0, ["sleep"], { stdin: true, signal: controller.signal });
    await once(remote.stdout, "readable");
    const reading = failure(textOf(remote.stdout));
    controller.abort(new Error("enough"));
    expect(await failure(remote.exited)).toMatchObject({ code: "ABORTED", cause: new Error("enough") });
    expect(await reading).toMatchObject({ code: "ABORTED" });
    await pod.peers[0]?.closed();
    await remote.close();
    expect(remote.stdin.destroyed).toBe(true);
  });

  it("is not begun with a signal that has aborted", async () => {
    await using pod = await scriptedPod(way, () => {});
    const error = await failure(exec(pod.transport, web0, ["ls"], { signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ code: "ABORTED" });
    expect(pod.requests).toEqual([]);
  });

  it("closes by close() and by await using, again and again", async () => {
    await using pod = await scriptedPod(way, () => {});
    let exited: Promise<unknown>;
    {
      await using remote = await exec(pod.transport, web0, ["sleep"]);
      exited = remote.exited;
      await remote.close();
    }
    expect(await failure(exited)).toMatchObject({
      code: "ABORTED",
      message: expect.stringContaining("closed before"),
    });
    expect(await pod.peers[0]?.closed()).toBe(1000);
  });

  it("survives an output that is left early, and still knows the exit code", async () => {
    await using pod = await scriptedPod(way, async (peer) => {
      for (let i = 0; i < 50; i += 1) await peer.send(1, Buffer.alloc(10_000));
      await peer.send(3, exitedWith(2));
    });
    const remote = await exec(pod.transport, web0, ["yes"]);
    for await (const _chunk of remote.stdout) break;
    expect(await remote.exitCode).toBe(2);
  });

  it("fails with the source of its stdin", async () => {
    await using pod = await scriptedPod(way, () => {});
    const source = new PassThrough();
    const remote = await exec(pod.transport, web0, ["cat"], { stdin: source });
    source.destroy(new Error("disk on fire"));
    const error = await failure(remote.exited);
    expect(error.message).toContain("disk on fire");
    async function* broken(): AsyncGenerator<string, void, void> {
      yield "one";
      throw new Error("out of words");
    }
    const second = await exec(pod.transport, web0, ["cat"], { stdin: broken() });
    expect((await failure(second.exited)).message).toContain("out of words");
  });

  it.each([
    ["of objects", () => Readable.from([{ not: "bytes" }]), "chunk"],
    ["of numbers", () => Readable.from([1]), "chunk"],
    ["that cannot be iterated", () => brokenAtOnce, "no iterator today"],
  ])("fails with a source of its stdin %s, and leaves the connection", async (_what, source, why) => {
    await using pod = await scriptedPod(way, () => {});
    const remote = await exec(pod.transport, web0, ["cat"], { stdin: source() });
    const error = await failure(remote.exited);
    expect(error.message).toContain("reading what `stdin` was given failed");
    expect(error.message).toContain(why);
    await remote.close();
    expect(await pod.peers[0]?.closed()).toBe(1000);
  });

  it("lets go of the source of its stdin when the command is over: a Readable stays open, an iterable returns", async () => {
    await using pod = await scriptedPod(way, async (peer) => {
      await peer.next();
      await peer.send(3, success);
    });
    const source = new PassThrough();
    source.write("line");
    const listeners = (): number[] =>
      ["error", "close", "end", "data"].map((name) => source.listenerCount(name));
    const before = listeners();
    const remote = await exec(pod.transport, web0, ["head"], { stdin: source });
    expect(await remote.exitCode).toBe(0);
    expect(source.destroyed).toBe(false);
    expect(listeners()).toEqual(before);
    const { promise: returned, resolve } = Promise.withResolvers<void>();
    const endless: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => {
        let turn = 0;
        return {
          next: () =>
            turn++ === 0 ? Promise.resolve({ done: false, value: "line" }) : new Promise(() => {}),
          return: async () => {
            resolve();
            return { done: true, value: undefined };
          },
        };
      },
    };
    const second = await exec(pod.transport, web0, ["head"], { stdin: endless });
    expect(await second.exitCode).toBe(0);
    await returned;
  });

  it.each([
    ["text", (peer: Peer) => peer.socket.send("\u0001text", { binary: false })],
    ["a frame with a reserved bit", (peer: Peer) => peer.connection.write(Buffer.of(0xf2, 0))],
    ["a Status that is no JSON", (peer: Peer) => peer.send(3, "command terminated")],
    [
      "an exit without a code",
      (peer: Peer) => peer.send(3, '{"status":"Failure","reason":"NonZeroExitCode"}'),
    ],
    ["a Status that says neither", (peer: Peer) => peer.send(3, '{"status":"Perhaps"}')],
    ["a Status without an end", (peer: Peer) => peer.send(3, Buffer.alloc(2 * 1024 * 1024, "x"))],
  ])("that the server breaks with %s is BAD_RESPONSE", async (_name, script) => {
    await using pod = await scriptedPod(way, script);
    const remote = await exec(pod.transport, web0, ["ls"]);
    const error = await failure(remote.exited);
    expect(error).toMatchObject({ code: "BAD_RESPONSE" });
    expect(error.message).toContain('pods "web-0"');
    await remote.close();
  });
});

describe("a conversation", () => {
  it("answers pings, asks for signs of life, and is CONNECTION_FAILED where none comes", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] });
    const { promise: pinged, resolve } = Promise.withResolvers<void>();
    await using pod = await scriptedPod("in memory", (peer) => {
      peer.socket.on("pong", (data) => {
        if (String(data) === "you there?") resolve();
      });
      peer.socket.ping("you there?");
    });
    const remote = await exec(pod.transport, web0, ["sleep"], { stdin: true });
    await pinged;
    // ws answers pings by itself: all is well.
    const [peer] = pod.peers;
    for (let i = 0; i < 10; i += 1) {
      const asked = once(peer?.socket ?? remote.stdout, "ping");
      vi.advanceTimersByTime(30_000);
      await asked;
      await new Promise((done) => setImmediate(done));
    }
    peer?.connection.pause();
    vi.advanceTimersByTime(120_000);
    const error = await failure(remote.exited);
    expect(error).toMatchObject({
      code: "CONNECTION_FAILED",
      message: expect.stringContaining("no answer to pings"),
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("takes no server for dead that may just be slow to take what it was sent", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] });
    await using pod = await scriptedPod("in memory", () => {});
    const remote = await exec(pod.transport, web0, ["sleep"], { stdin: true });
    const [peer] = pod.peers;
    peer?.connection.pause();
    remote.stdin.write("to be read in an hour");
    vi.advanceTimersByTime(3_600_000);
    peer?.connection.resume();
    expect((await peer?.next())?.payload.toString()).toBe("to be read in an hour");
    await peer?.send(3, success);
    expect(await remote.exitCode).toBe(0);
  });

  it("times out while it is not accepted, and never after", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const waiting = failure(
      exec(
        ({ signal }) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener("abort", () => reject(signal.reason));
          }),
        web0,
        ["ls"],
        { timeoutMs: 1000 },
      ),
    );
    vi.advanceTimersByTime(1000);
    expect(await waiting).toMatchObject({ code: "TIMEOUT" });
    await using pod = await scriptedPod("in memory", async (peer) => {
      await peer.next();
      await peer.send(3, success);
    });
    const remote = await exec(pod.transport, web0, ["ls"], { stdin: true, timeoutMs: 1000 });
    vi.advanceTimersByTime(5000);
    remote.stdin.write("on");
    expect(await remote.exitCode).toBe(0);
  });

  it("drops a connection that is granted after it was given up", async () => {
    await using pod = await scriptedPod("http", () => {});
    const controller = new AbortController();
    const error = await failure(
      exec(
        async (request) => {
          const { signal: _late, ...rest } = request;
          const response = await pod.transport(rest);
          controller.abort();
          return response;
        },
        web0,
        ["ls"],
        { signal: controller.signal },
      ),
    );
    expect(error).toMatchObject({ code: "ABORTED" });
    await pod.peers[0]?.closed();
  });

  it("is UNSUPPORTED over a transport that hands out no connections", async () => {
    const error = await failure(
      exec(async () => ({ status: 101, headers: {}, body: Readable.from([]) }), web0, ["ls"]),
    );
    expect(error).toMatchObject({ code: "UNSUPPORTED" });
  });

  it("leaves no unhandled rejection where nobody looks", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      await using pod = await scriptedPod("in memory", (peer) => peer.connection.destroy());
      const remote = await exec(pod.transport, web0, ["ls"]);
      await new Promise((resolve) => remote.stdout.once("close", resolve));
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
      expect(KubeError.is(remote.stdout.errored)).toBe(true);
    } finally {
      process.removeListener("unhandledRejection", unhandled);
    }
  });
});
