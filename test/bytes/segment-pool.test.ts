import { describe, expect, it } from "vitest";
import { writeHeader } from "../../src/bytes/entry.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import type { Segment } from "../../src/bytes/segment.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";

const KiB = 1024;

function retire(segment: Segment<unknown>): Segment<unknown> {
  writeHeader(segment.words, segment.usedBytes, 1, 0, 0, 8);
  segment.discard(segment.written());
  segment.close();
  return segment;
}

const poolOf = (): SegmentPool<unknown> => new SegmentPool<unknown>(new ObjectReader());

describe("SegmentPool", () => {
  it("makes each new segment twice as large, from 64 KiB to 16 MiB", () => {
    const pool = poolOf();
    const sizes = Array.from({ length: 10 }, () => pool.take(100).bytes.length / KiB);
    expect(sizes).toEqual([64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 16384]);
  });

  it("makes one as large as a large entry", () => {
    const pool = poolOf();
    expect(pool.take(20 * KiB * KiB).bytes.length).toBe(20 * KiB * KiB);
    expect(pool.take(1).bytes.length).toBe(128 * KiB);
  });

  it("lets nobody have retired memory before it is recycled, and then as another segment", () => {
    const pool = poolOf();
    const first = pool.take(100);
    const memory = first.bytes;
    expect(pool.hasRetired).toBe(false);
    retire(first);
    expect(pool.hasRetired).toBe(true);
    expect(pool.take(100).bytes.buffer).not.toBe(memory.buffer);
    expect(first.bytes).toBe(memory);
    pool.recycle();
    expect([pool.hasRetired, first.bytes.length]).toEqual([false, 0]);
    const again = pool.take(100);
    expect(again).not.toBe(first);
    expect(again.bytes.buffer).toBe(memory.buffer);
    expect([again.usedBytes, again.liveBytes]).toEqual([0, 0]);
  });

  it("takes the first that fits, else makes one", () => {
    const pool = poolOf();
    const [small, large] = [pool.take(1), pool.take(1)];
    const memory = [small.bytes.buffer, large.bytes.buffer];
    retire(small);
    retire(large);
    pool.recycle();
    expect(pool.take(100 * KiB).bytes.buffer).toBe(memory[1]);
    expect(pool.take(100 * KiB).bytes.length).toBe(256 * KiB);
    expect(pool.take(10).bytes.buffer).toBe(memory[0]);
  });

  it("keeps the two largest", () => {
    const pool = poolOf();
    const segments = [pool.take(1), pool.take(1), pool.take(1), pool.take(1)];
    const sizes = segments.map(({ bytes }) => bytes.length);
    const buffers = segments.map(({ bytes }) => bytes.buffer);
    for (const index of [1, 3, 0, 2]) retire(segments[index] as Segment<unknown>);
    pool.recycle();
    const taken = [pool.take(1), pool.take(1)].map(({ bytes }) => buffers.indexOf(bytes.buffer));
    expect(taken.sort()).toEqual([2, 3]);
    expect(pool.take(1).bytes.length).toBe(2 * (sizes[3] ?? 0));
  });

  it("keeps no more, however often it is recycled", () => {
    const pool = poolOf();
    const segments = Array.from({ length: 6 }, () => pool.take(1));
    const buffers = segments.map(({ bytes }) => bytes.buffer);
    for (const segment of segments) {
      retire(segment);
      pool.recycle();
    }
    const taken = [pool.take(1), pool.take(1), pool.take(1)].map(({ bytes }) =>
      buffers.indexOf(bytes.buffer),
    );
    expect(taken).toEqual([4, 5, -1]);
  });

  it("holds no more than it could use again, while nothing may be recycled: a handler may run for hours", () => {
    const pool = poolOf();
    const segments = Array.from({ length: 12 }, () => retire(pool.take(1)));
    pool.recycle();
    const given = segments.filter(({ bytes }) => bytes.length === 0);
    expect(given.length).toBe(2);
    expect(given.map((segment) => segments.indexOf(segment)).every((index) => index >= 8)).toBe(true);
  });
});
