import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entryLength, settle, unsettle, writeHeader } from "../../src/bytes/entry.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { Segment } from "../../src/bytes/segment.ts";
import { Bytes, jsonOf } from "./entries.ts";

function segmentOf(bytes = 1024): { segment: Segment<unknown>; retired: Segment<unknown>[] } {
  const retired: Segment<unknown>[] = [];
  const port = {
    reader: new ObjectReader<unknown>(),
    retire: (one: Segment<unknown>) => void retired.push(one),
  };
  return { segment: new Segment<unknown>(Buffer.alloc(bytes), port), retired };
}

/** Write an entry of this many bytes of JSON. */
function write(segment: Segment<unknown>, json: number): number {
  writeHeader(segment.words, segment.usedBytes, 3, 2, 1, json);
  return segment.written();
}

describe("Segment", () => {
  it("gives each entry its place behind the one before, at a multiple of four", () => {
    const { segment } = segmentOf();
    expect([write(segment, 1), write(segment, 2), write(segment, 10)]).toEqual([0, 20, 40]);
    expect(segment.usedBytes).toBe(68);
  });

  it("retires when it is closed, and every entry was either kept and left, or discarded", () => {
    const { segment, retired } = segmentOf();
    const [a, b, c] = [write(segment, 4), write(segment, 4), write(segment, 4)];
    segment.keep(a);
    segment.close();
    segment.leave(a);
    segment.discard(b);
    expect(retired).toEqual([]);
    segment.keep(c);
    expect(segment.liveBytes).toBe(entryLength(segment.words, c));
    segment.leave(c);
    expect([segment.liveBytes, retired]).toEqual([0, [segment]]);
  });

  it("does not retire while entries may still be written, and then at once", () => {
    const { segment, retired } = segmentOf();
    segment.discard(write(segment, 4));
    expect(retired).toEqual([]);
    segment.close();
    expect(retired).toEqual([segment]);
  });

  it("settles an entry once, whatever is said of it afterwards", () => {
    const { segment, retired } = segmentOf();
    const [a, b] = [write(segment, 4), write(segment, 4)];
    segment.close();
    segment.keep(a);
    segment.discard(a);
    segment.discard(a);
    segment.discard(b);
    segment.discard(b);
    expect(retired).toEqual([]);
    // By two stores.
    segment.keep(a);
    segment.leave(a);
    expect(retired).toEqual([]);
    segment.leave(a);
    expect(retired).toEqual([segment]);
  });

  it("has no bytes once they were given away", () => {
    const { segment } = segmentOf(64);
    const memory = segment.surrender();
    expect([memory.length, segment.bytes.length, segment.words.length]).toEqual([64, 0, 0]);
  });

  it("keeps the names of an entry whose settling is noted and undone", () => {
    const words = new Int32Array(8);
    writeHeader(words, 0, 0x7fff, 0x7fff, 0x7fff, 5);
    const before = entryLength(words, 0);
    expect([settle(words, 0), settle(words, 0), entryLength(words, 0)]).toEqual([true, false, before]);
    unsettle(words, 0);
    expect([settle(words, 0), entryLength(words, 0)]).toEqual([true, before]);
  });

  it("counts what is kept, and retires exactly once, whatever the order", () => {
    const step = fc.record({
      what: fc.constantFrom("write", "keep", "leave", "discard", "close"),
      which: fc.nat(30),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: "max" }), (steps) => {
        const { segment, retired } = segmentOf(8192);
        const kept = new Map<number, boolean>();
        let isOpen = true;
        for (const { what, which } of steps) {
          const entries = [...kept.keys()];
          const at = entries[which % Math.max(1, entries.length)];
          if (what === "write" && isOpen && entries.length < 30) kept.set(write(segment, which), false);
          if (what === "close" && isOpen) {
            isOpen = false;
            segment.close();
          }
          // What a retired segment has is not asked for again.
          if (at === undefined || retired.length > 0) continue;
          if (what === "keep" && kept.get(at) === false) {
            segment.keep(at);
            kept.set(at, true);
          } else if (what === "leave" && kept.get(at) === true) {
            kept.delete(at);
            segment.leave(at);
          } else if (what === "discard" && kept.get(at) === false) {
            kept.delete(at);
            segment.discard(at);
          }
          const live = [...kept].filter(([, isKept]) => isKept);
          const liveBytes = live.reduce((sum, [one]) => sum + entryLength(segment.words, one), 0);
          expect(segment.liveBytes).toBe(liveBytes);
          expect(retired.length).toBe(!isOpen && kept.size === 0 ? 1 : 0);
        }
      }),
    );
  });

  it("is where a log's entries lie", () => {
    const bytes = new Bytes();
    const at = bytes.append(jsonOf("a/x"));
    expect([at, bytes.log.segment.usedBytes]).toEqual([0, entryLength(bytes.log.segment.words, 0)]);
  });
});
