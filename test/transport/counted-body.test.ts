import { describe, expect, it } from "vitest";
import { ByteStream, canTake } from "../../src/base/byte-stream.ts";
import { counted } from "../../src/transport/counted-body.ts";

function bodyOf(sizes: readonly number[]): ByteStream {
  const body = new ByteStream({ pause: () => {}, resume: () => {}, cancel: () => {} });
  for (const size of sizes) body.push(new Uint8Array(size));
  body.end();
  return body;
}

describe("a counted body", () => {
  it("counts what is taken as it counts what is waited for, once all is read (H30)", async () => {
    const told: number[] = [];
    const reader = counted(bodyOf([1, 20, 300]), (bytes) => told.push(bytes))[Symbol.asyncIterator]();
    if (!canTake(reader)) throw new Error("it can take what the body can");
    expect((await reader.next()).value?.byteLength).toBe(1);
    expect([reader.take()?.byteLength, reader.take()?.byteLength, reader.take()]).toEqual([
      20,
      300,
      undefined,
    ]);
    expect(told).toEqual([]);
    expect((await reader.next()).done).toBe(true);
    expect(told).toEqual([321]);
  });

  it("can take no more than what it counts can", () => {
    async function* generated(): AsyncGenerator<Uint8Array> {}
    expect(canTake(counted(generated(), () => {})[Symbol.asyncIterator]())).toBe(false);
  });
});
