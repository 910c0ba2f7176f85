import { describe, expect, it } from "vitest";
import { entryLength } from "../../src/bytes/entry.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { Segment } from "../../src/bytes/segment.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { ByteRecords } from "../../src/store/byte-records.ts";
import { ObjectRecords } from "../../src/store/object-records.ts";
import type { Records } from "../../src/store/records.ts";
import { SegmentUse } from "../../src/store/segment-use.ts";
import { Bytes, jsonOf, type Thing } from "../bytes/entries.ts";

const KiB = 1024;

/** A pool that shows what it gave out. */
class WatchedPool extends SegmentPool<Thing> {
  readonly taken: Segment<Thing>[] = [];

  readonly #segmentBytes: number | undefined;

  /** With segments of one size, where that is given. */
  constructor(segmentBytes?: number) {
    super(new ObjectReader());
    this.#segmentBytes = segmentBytes;
  }

  override take(entryBytes: number): Segment<Thing> {
    const size = this.#segmentBytes;
    const segment =
      size === undefined ? super.take(entryBytes) : new Segment<Thing>(Buffer.alloc(size), this);
    this.taken.push(segment);
    return segment;
  }

  /** What is taken by segments in which something is needed, how much of that is needed, and the largest of them. */
  use(): { bytes: number; live: number; largest: number } {
    const used = this.taken.filter(({ liveBytes }) => liveBytes > 0);
    // For a test's own speed: what is over is not looked at again.
    if (used.length < this.taken.length / 2) this.taken.splice(0, this.taken.length, ...used);
    return {
      bytes: used.reduce((sum, { bytes }) => sum + bytes.length, 0),
      live: used.reduce((sum, { liveBytes }) => sum + liveBytes, 0),
      largest: Math.max(...used.map(({ bytes }) => bytes.length)),
    };
  }
}

const kinds: [string, (pool: SegmentPool<Thing>) => Records<Thing>][] = [
  ["ByteRecords", (pool) => new ByteRecords<Thing>(pool)],
  ["ObjectRecords", (pool) => new ObjectRecords<Thing>(pool)],
];

describe("SegmentUse", () => {
  it.each(kinds)(
    "bounds the memory of %s over 1,000,000 writes, of which most are of few keys",
    (_, make) => {
      const pool = new WatchedPool();
      const bytes = new Bytes(pool);
      const records = make(pool);
      const hot = 40;
      const cold = 800;
      let worst = 0;
      for (let write = 0; write < 1_000_000; write++) {
        // One in a thousand is of a key that is then left alone: it holds a segment of hot ones.
        const key = write % 1000 === 0 ? `cold/${(write / 1000) % cold}` : `hot/${(write * 7) % hot}`;
        records.set(bytes.record(key, { rv: String(write), uid: "u" }));
        if (write % 50 !== 0) continue;
        if (pool.hasRetired) pool.recycle();
        const { bytes: all, live, largest } = pool.use();
        // Twice what is needed, and the two segments that are being written to; one is noted only as it begins.
        worst = Math.max(worst, (all - 2 * live) / largest);
        bytes.segments.clear();
      }
      expect(worst).toBeLessThan(3);
      expect(records.size).toBe(hot + cold);
      for (const [index, key] of [...records.keys()].entries()) {
        if (index % 10 === 0) expect(records.get(key)?.object.metadata?.name).toBe(key.split("/")[1]);
      }
    },
    120_000,
  );

  it("says what to empty only as a new segment begins, and only where much is waste", () => {
    const pool = new WatchedPool();
    const use = new SegmentUse<Thing>(pool);
    const bytes = new Bytes(pool);
    const filler = "f".repeat(900);
    const written: { segment: Segment<Thing>; at: number }[] = [];
    const write = (): ReadonlySet<Segment<Thing>> | undefined => {
      const at = bytes.append(jsonOf("a/x", { data: filler }));
      const { segment } = bytes.log;
      segment.keep(at);
      written.push({ segment, at });
      return use.add(segment);
    };
    const isNew = (): boolean => new Set(written.map(({ segment }) => segment)).size > segments;
    let segments = 1;
    write();
    // Everything is needed: nothing to empty.
    while (segments < 4) {
      const sparse = write();
      expect(sparse).toBeUndefined();
      if (isNew()) segments++;
    }
    // Leave all but one in each of the full ones: that is waste, but told of only with the next segment.
    for (const segment of new Set(written.map((one) => one.segment))) {
      if (segment === bytes.log.segment) continue;
      for (const { at } of written.filter((one) => one.segment === segment).slice(1)) segment.leave(at);
    }
    let sparse = write();
    for (let last = written.at(-1); !isNew(); last = written.at(-1)) {
      expect(sparse).toBeUndefined();
      last?.segment.leave(last.at);
      sparse = write();
    }
    expect(sparse?.size).toBeGreaterThan(0);
    expect(sparse?.has(bytes.log.segment)).toBe(false);
    for (const segment of sparse ?? []) expect(segment.liveBytes).toBeLessThan(2 * KiB);
  });

  it("does not take what is dead, but not collected yet, for waste to be copied away", () => {
    const pool = new WatchedPool(64 * KiB);
    const use = new SegmentUse<Thing>(pool);
    const bytes = new Bytes(pool);
    const filler = "f".repeat(4000);
    const seen = new Set<Segment<Thing>>();
    const chosen: number[] = [];
    // Like a store whose listener is slow: whole generations die, but cannot be recycled.
    for (let write = 0; write < 300; write++) {
      const at = bytes.append(jsonOf("a/x", { data: filler }));
      const { segment } = bytes.log;
      segment.keep(at);
      if (seen.size > 0 && !seen.has(segment)) {
        // The last but one dies as a whole, the last stays full of what is needed.
        const full = [...seen].at(-2);
        if (full !== undefined) die(full);
      }
      seen.add(segment);
      chosen.push(use.add(segment)?.size ?? 0);
    }
    expect(seen.size).toBeGreaterThan(6);
    expect(chosen.reduce((sum, count) => sum + count, 0)).toBe(0);
  });
});

/** Leave every entry of a segment. */
function die(segment: Segment<Thing>): void {
  for (let at = 0; at < segment.usedBytes; at += entryLength(segment.words, at)) segment.leave(at);
}
