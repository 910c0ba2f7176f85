import { describe, expect, it, vi } from "vitest";
import { type ByteSource, ByteStream, canTake } from "../../src/base/byte-stream.ts";
import { KubeError } from "../../src/base/errors.ts";

const bytes = (length: number, fill = 1): Uint8Array => new Uint8Array(length).fill(fill);
const source = (): ByteSource => ({ pause: vi.fn(), resume: vi.fn(), cancel: vi.fn() });

async function read(stream: ByteStream): Promise<number[]> {
  const seen: number[] = [];
  for await (const chunk of stream) seen.push(chunk[0] ?? -1);
  return seen;
}

describe("a byte stream", () => {
  it("yields what was pushed before and while it is read, in order, then ends", async () => {
    const from = source();
    const stream = new ByteStream(from);
    stream.push(bytes(1, 1));
    stream.push(bytes(1, 2));
    const reading = read(stream);
    await Promise.resolve();
    stream.push(bytes(1, 3));
    await new Promise(setImmediate);
    stream.push(bytes(1, 4));
    stream.end();
    await expect(reading).resolves.toEqual([1, 2, 3, 4]);
    expect(from.cancel).not.toHaveBeenCalled();
  });

  it("wakes a waiting reader at the end", async () => {
    const stream = new ByteStream(source());
    const reading = read(stream);
    await new Promise(setImmediate);
    stream.end();
    await expect(reading).resolves.toEqual([]);
  });

  it("fails after what arrived whole", async () => {
    const stream = new ByteStream(source());
    const error = new KubeError("CONNECTION_FAILED", "reset");
    stream.push(bytes(1, 7));
    stream.fail(error);
    stream.fail(new KubeError("TIMEOUT", "later"));
    const iterator = stream[Symbol.asyncIterator]();
    expect((await iterator.next()).value?.[0]).toBe(7);
    await expect(iterator.next()).rejects.toBe(error);
  });

  it("ignores a failure after its end, and chunks after either", async () => {
    const stream = new ByteStream(source());
    stream.end();
    stream.fail(new KubeError("CONNECTION_FAILED", "reset"));
    expect(stream.push(bytes(1))).toBe(false);
    await expect(read(stream)).resolves.toEqual([]);
  });

  it("pauses its source once above the high-water mark, resumes it once when read (P21)", async () => {
    const from = source();
    const stream = new ByteStream(from, 10);
    expect(stream.push(bytes(10))).toBe(true);
    expect(stream.push(bytes(1))).toBe(false);
    expect(stream.push(bytes(1))).toBe(false);
    expect(stream.bufferedBytes).toBe(12);
    expect(from.pause).toHaveBeenCalledTimes(1);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    expect(from.resume).not.toHaveBeenCalled();
    await iterator.next();
    expect(from.resume).toHaveBeenCalledTimes(1);
    expect(stream.bufferedBytes).toBe(0);
    expect(stream.push(bytes(5))).toBe(true);
    await iterator.return();
  });

  it("does not resume a source that has ended or failed", async () => {
    const from = source();
    const stream = new ByteStream(from, 1);
    stream.push(bytes(2));
    stream.end();
    await read(stream);
    expect(from.resume).not.toHaveBeenCalled();
  });

  it("cancels its source when the reader leaves early, and keeps nothing", async () => {
    const from = source();
    const stream = new ByteStream(from);
    stream.push(bytes(1, 1));
    stream.push(bytes(1, 2));
    for await (const chunk of stream) {
      expect(chunk[0]).toBe(1);
      break;
    }
    expect(from.cancel).toHaveBeenCalledTimes(1);
    expect(stream.bufferedBytes).toBe(0);
    expect(stream.push(bytes(1))).toBe(false);
  });

  it("fails at once when aborted, dropping what is buffered, also after its end", async () => {
    const stream = new ByteStream(source());
    const error = new KubeError("ABORTED", "left");
    stream.push(bytes(5));
    stream.end();
    stream.abort(error);
    expect(stream.bufferedBytes).toBe(0);
    await expect(read(stream)).rejects.toBe(error);
  });

  it("fails a reader that waits when aborted", async () => {
    const stream = new ByteStream(source());
    const error = new KubeError("ABORTED", "left");
    const reading = read(stream);
    stream.abort(error);
    await expect(reading).rejects.toBe(error);
  });

  it("throws its error once, then is done", async () => {
    const stream = new ByteStream(source());
    const iterator = stream[Symbol.asyncIterator]();
    stream.fail(new KubeError("CONNECTION_FAILED", "reset"));
    stream.end();
    await expect(iterator.next()).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it("lets a waiting reader leave: the wait ends and the source is told", async () => {
    const from = source();
    const iterator = new ByteStream(from)[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await iterator.return();
    await expect(waiting).resolves.toEqual({ done: true, value: undefined });
    expect(from.cancel).toHaveBeenCalledTimes(1);
    await iterator.return();
    expect(from.cancel).toHaveBeenCalledTimes(1);
  });

  it("refuses a second wait beside the first with a typed error", async () => {
    const iterator = new ByteStream(source())[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await expect(iterator.next()).rejects.toMatchObject({ code: "BAD_RESPONSE" });
    await iterator.return();
    await waiting;
  });

  it("is read once: a second reader gets a typed error", async () => {
    const stream = new ByteStream(source());
    stream.end();
    await read(stream);
    await expect(read(stream)).rejects.toMatchObject({ code: "BAD_RESPONSE" });
  });

  it("keeps order and count with a reader that is always behind", async () => {
    const stream = new ByteStream(source());
    const iterator = stream[Symbol.asyncIterator]();
    stream.push(bytes(1, 0));
    for (let index = 1; index <= 1000; index += 1) {
      stream.push(bytes(1, index % 251));
      expect((await iterator.next()).value?.[0]).toBe((index - 1) % 251);
      expect(stream.bufferedBytes).toBe(1);
    }
    stream.end();
    expect((await iterator.next()).value?.[0]).toBe(1000 % 251);
    expect((await iterator.next()).done).toBe(true);
  });

  it("lets go of read chunks though the reader is always behind", async () => {
    const stream = new ByteStream(source());
    const iterator = stream[Symbol.asyncIterator]();
    stream.push(bytes(1));
    const splice = vi.spyOn(Array.prototype, "splice");
    for (let index = 0; index < 200; index += 1) {
      stream.push(bytes(1));
      await iterator.next();
    }
    const released = splice.mock.calls.reduce((sum, [, count]) => sum + Number(count), 0);
    splice.mockRestore();
    expect(released).toBeGreaterThan(100);
    await iterator.return();
  });
});

describe("taking what has arrived", () => {
  it("gives chunk after chunk without waiting, in the order of next, and then nothing", async () => {
    const stream = new ByteStream(source());
    const reader = stream[Symbol.asyncIterator]();
    expect(reader.take()).toBeUndefined();
    for (const fill of [1, 2, 3, 4]) stream.push(bytes(1, fill));
    expect(reader.take()?.[0]).toBe(1);
    expect((await reader.next()).value?.[0]).toBe(2);
    expect([reader.take()?.[0], reader.take()?.[0], reader.take()]).toEqual([3, 4, undefined]);
    expect(stream.bufferedBytes).toBe(0);
    await reader.return();
  });

  it("costs one promise for all that came while a reader waited", async () => {
    const stream = new ByteStream(source());
    const reader = stream[Symbol.asyncIterator]();
    const waiting = reader.next();
    for (const fill of [1, 2, 3]) stream.push(bytes(1, fill));
    expect((await waiting).value?.[0]).toBe(1);
    expect([reader.take()?.[0], reader.take()?.[0], reader.take()]).toEqual([2, 3, undefined]);
    await reader.return();
  });

  it("leaves end and error to next, after the chunks before them", async () => {
    const ended = new ByteStream(source());
    const failed = new ByteStream(source());
    const error = new KubeError("CONNECTION_FAILED", "reset");
    for (const stream of [ended, failed]) stream.push(bytes(1, 7));
    ended.end();
    failed.fail(error);
    for (const [stream, outcome] of [
      [ended, "end"],
      [failed, error],
    ] as const) {
      const reader = stream[Symbol.asyncIterator]();
      expect([reader.take()?.[0], reader.take()]).toEqual([7, undefined]);
      const next = await reader.next().catch((thrown: unknown) => thrown);
      expect(next).toEqual(outcome === "end" ? { done: true, value: undefined } : outcome);
    }
  });

  it("resumes a source that was paused once all is taken, and takes what that brings (P21)", () => {
    const from = source();
    const stream = new ByteStream(from, 1);
    vi.mocked(from.resume).mockImplementationOnce(() => {
      stream.push(bytes(1, 9));
    });
    const reader = stream[Symbol.asyncIterator]();
    stream.push(bytes(2, 1));
    stream.push(bytes(2, 2));
    expect(reader.take()?.[0]).toBe(1);
    expect(from.resume).not.toHaveBeenCalled();
    expect(reader.take()?.[0]).toBe(2);
    expect(from.resume).toHaveBeenCalledTimes(1);
    expect([reader.take()?.[0], reader.take()]).toEqual([9, undefined]);
  });

  it("is nothing that any iterator can: it is asked for", async () => {
    async function* generated(): AsyncGenerator<Uint8Array> {}
    expect(canTake(generated())).toBe(false);
    expect(canTake(new ByteStream(source())[Symbol.asyncIterator]())).toBe(true);
  });
});
