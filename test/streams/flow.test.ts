import { once } from "node:events";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { exec } from "../../src/streams/exec.ts";
import { scriptedPod, success, ways, web0 } from "./scripted-pod.ts";

const chunk = Buffer.alloc(64 * 1024, "0123456789abcdef");
const chunks = 1600;
/** Still far more than all buffers on the way hold. */
const fewer = 400;

describe.each(ways)("the flow of bytes %s", (way) => {
  it("brings 100 MB through stdout in bounded memory, whole and in order", async () => {
    await using pod = await scriptedPod(way, async (peer) => {
      for (let i = 0; i < chunks; i += 1) {
        chunk.writeUInt32BE(i);
        await peer.send(1, chunk);
      }
      await peer.send(3, success);
    });
    const remote = await exec(pod.transport, web0, ["cat", "big"]);
    let bytes = 0;
    let wrong = 0;
    let most = 0;
    let pending = Buffer.alloc(0);
    for await (const part of remote.stdout) {
      bytes += part.length;
      most = Math.max(most, remote.stdout.readableLength);
      pending = pending.length === 0 ? part : Buffer.concat([pending, part]);
      while (pending.length >= chunk.length) {
        if (pending.readUInt32BE(0) !== Math.floor((bytes - pending.length) / chunk.length)) wrong += 1;
        pending = pending.subarray(chunk.length);
      }
    }
    expect({ bytes, wrong }).toEqual({ bytes: chunks * chunk.length, wrong: 0 });
    expect(most).toBeLessThan(1024 * 1024);
    expect(await remote.exitCode).toBe(0);
  }, 60_000);

  it("lets a slow reader slow the server down, and goes on when it reads again", async () => {
    let sent = 0;
    const { promise: isStuck, resolve: stuck } = Promise.withResolvers<void>();
    await using pod = await scriptedPod(way, async (peer) => {
      for (let i = 0; i < fewer; i += 1) {
        const left = peer.send(1, chunk);
        let hasLeft = false;
        void left.then(() => (hasLeft = true));
        for (let turn = 0; turn < 50 && !hasLeft; turn += 1) await new Promise((done) => setImmediate(done));
        if (!hasLeft) stuck();
        await left;
        sent += 1;
      }
      await peer.send(3, success);
    });
    const remote = await exec(pod.transport, web0, ["cat", "big"]);
    await once(remote.stdout, "readable");
    await isStuck;
    expect(sent).toBeLessThan(fewer / 2);
    expect(remote.stdout.readableLength).toBeLessThan(1024 * 1024);
    let bytes = 0;
    for await (const part of remote.stdout) bytes += part.length;
    expect(bytes).toBe(fewer * chunk.length);
    expect(await remote.exitCode).toBe(0);
  }, 60_000);

  it("lets a slow server slow the writer down, and loses nothing", async () => {
    const { promise: go, resolve: start } = Promise.withResolvers<void>();
    let received = 0;
    await using pod = await scriptedPod(way, async (peer) => {
      peer.connection.pause();
      await go;
      peer.connection.resume();
      for (;;) {
        const { channel, payload } = await peer.next();
        if (channel === 255) break;
        received += payload.length;
      }
      await peer.send(3, success);
    });
    let produced = 0;
    const source = new Readable({
      read() {
        produced += 1;
        this.push(produced <= fewer ? chunk : null);
      },
    });
    const remote = await exec(pod.transport, web0, ["wc"], { stdin: source });
    let last = -1;
    // Until nothing moves any more: then everything on the way is full.
    for (let quiet = 0; quiet < 50; quiet = produced === last ? quiet + 1 : 0) {
      last = produced;
      await new Promise((done) => setImmediate(done));
    }
    expect(produced).toBeLessThan(fewer);
    start();
    expect(await remote.exitCode).toBe(0);
    expect(received).toBe(fewer * chunk.length);
  }, 60_000);
});
