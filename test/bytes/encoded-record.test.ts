import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { EncodedChange, EncodedRecord, keyOfEntry } from "../../src/bytes/encoded-record.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { isSameObject, isSameVersion, isUnreadable } from "../../src/bytes/same.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";
import { Bytes, type Thing } from "./entries.ts";

const parsed = (key: string, uid: string, rv: string): ParsedRecord<Thing> =>
  new ParsedRecord(key, uid, rv, { metadata: { name: key } });

describe("EncodedRecord", () => {
  it("knows the names without parsing", () => {
    const parse = vi.spyOn(JSON, "parse");
    const record = new Bytes().record("a/x", { rv: "17", uid: "u-1" });
    const place = record.place;
    expect([record.key, record.uid, record.resourceVersion]).toEqual(["a/x", "u-1", "17"]);
    expect(place && keyOfEntry(place.segment, place.at)).toBe("a/x");
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  it("parses at the first access, once, and finishes the object then", () => {
    const finish = vi.fn((object: Thing) => Object.freeze(object));
    const bytes = new Bytes(new SegmentPool(new ObjectReader<Thing>({ finish })));
    const record = bytes.record("a/x", { data: "ü€𝄞" });
    expect(finish).not.toHaveBeenCalled();
    const { object } = record;
    expect([object.data, Object.isFrozen(object)]).toEqual(["ü€𝄞", true]);
    expect(record.object).toBe(object);
    expect(finish).toHaveBeenCalledTimes(1);
    expect([record.key, record.uid, record.resourceVersion]).toEqual(["a/x", "uid-a/x", "1"]);
  });

  it("lets go of its bytes where it is held and parsed, in either order", () => {
    const bytes = new Bytes();
    const [first, second] = [bytes.record("a/x"), bytes.record("a/y")];
    const { segment } = bytes.log;
    expect(first.hold()).toBe(segment);
    expect(first.hold()).toBe(segment);
    expect(segment.liveBytes).toBeGreaterThan(0);
    expect([first.object.metadata?.name, first.place, segment.liveBytes]).toEqual(["x", undefined, 0]);
    expect([second.object.metadata?.name, second.place?.segment, second.hold(), second.place]).toEqual([
      "y",
      segment,
      undefined,
      undefined,
    ]);
    segment.close();
    expect(bytes.pool.hasRetired).toBe(true);
    bytes.pool.recycle();
    // What was parsed needs no memory.
    expect([first.uid, first.object.metadata?.name, second.resourceVersion]).toEqual(["uid-a/x", "x", "1"]);
    first.release();
    expect(first.hold()).toBeUndefined();
  });

  it("keeps its bytes where it is parsed but not held: who holds it later may want to copy them", () => {
    const bytes = new Bytes();
    const record = bytes.record("a/x");
    expect(record.object.metadata?.name).toBe("x");
    expect(record.place?.segment).toBe(bytes.log.segment);
    bytes.log.segment.close();
    expect(bytes.pool.hasRetired).toBe(false);
    record.discard();
    expect(bytes.pool.hasRetired).toBe(true);
  });

  it("is counted while it is held, wherever its bytes are moved", () => {
    const bytes = new Bytes();
    const record = bytes.record("a/x", { data: "here" });
    const from = bytes.log.segment;
    const target = new Bytes(bytes.pool);
    record.hold();
    const at = target.log.appendEntry(from, 0);
    record.move(target.log.segment, at);
    expect([from.liveBytes, target.log.segment.liveBytes]).toEqual([0, expect.any(Number)]);
    expect(target.log.segment.liveBytes).toBeGreaterThan(0);
    expect([record.isAt(from, 0), record.isAt(target.log.segment, at)]).toEqual([false, true]);
    from.close();
    bytes.pool.recycle();
    expect([from.bytes.length, record.uid, record.object.data]).toEqual([0, "uid-a/x", "here"]);
  });

  it("says each time that bytes are no JSON, without quoting them, and once to who can read them anew", () => {
    const reader = new ObjectReader<Thing>({ name: "secrets in shop" });
    const told: KubeError[] = [];
    reader.onUnreadable = (error) => void told.push(error);
    const record = new Bytes(new SegmentPool(reader)).record("a/x", { broken: "hunter2" });
    expect(record.isUnreadable).toBe(false);
    for (let attempt = 0; attempt < 3; attempt++) {
      let thrown: unknown;
      try {
        void record.object;
      } catch (error) {
        thrown = error;
      }
      expect(KubeError.is(thrown) && [thrown.code, thrown.cause]).toEqual(["FRAME_CORRUPT", undefined]);
      expect(String(thrown)).toContain("a/x of secrets in shop");
      expect(String(thrown)).not.toContain("hunter2");
      expect([told.length, record.isUnreadable]).toEqual([1, true]);
    }
    expect([record.uid, record.resourceVersion]).toEqual(["uid-a/x", "1"]);
  });

  it("is known to be unreadable by all who have its bytes, copies of them included", () => {
    const bytes = new Bytes();
    const record = bytes.record("a/x", { broken: "{" });
    const { segment } = bytes.log;
    expect(isUnreadable(new ParsedRecord<Thing>("a/x", "u", "1", {}))).toBe(false);
    expect(() => record.object).toThrow(KubeError);
    const told = vi.fn();
    bytes.pool.reader.onUnreadable = told;
    expect(isUnreadable(new EncodedRecord("a/x", segment, 0))).toBe(true);
    const copies = new Bytes(bytes.pool);
    const copy = new EncodedRecord<Thing>("a/x", copies.log.segment, copies.log.appendEntry(segment, 0));
    expect([copy.isUnreadable, copy.key, copy.uid]).toEqual([true, "a/x", "uid-a/x"]);
    expect(() => copy.object).toThrow(KubeError);
    expect(told).not.toHaveBeenCalled();
    expect(bytes.record("a/x").isUnreadable).toBe(false);
  });

  it("reads nothing at all from memory that was given away", () => {
    const bytes = new Bytes();
    const record = bytes.record("a/x");
    bytes.log.segment.surrender();
    expect(() => record.object).toThrow(/no JSON/);
  });

  it("is compared by uid and by resourceVersion, with records of either kind", () => {
    const bytes = new Bytes();
    const one = bytes.record("a/x", { uid: "u1", rv: "7" });
    const same = bytes.record("a/x", { uid: "u1", rv: "7" });
    const newer = bytes.record("a/x", { uid: "u1", rv: "8" });
    const longer = bytes.record("a/x", { uid: "u11", rv: "77" });
    const other = bytes.record("a/x", { uid: "u2", rv: "7" });
    const compare = (a: EncodedRecord<Thing>): boolean[][] =>
      [same, newer, longer, other, parsed("a/x", "u1", "7"), parsed("a/x", "u2", "8")].map((b) => [
        isSameObject(a, b),
        isSameVersion(a, b),
        isSameObject(b, a),
        isSameVersion(b, a),
      ]);
    const expected = [
      [true, true],
      [true, false],
      [false, false],
      [false, true],
      [true, true],
      [false, false],
    ].map((pair) => [...pair, ...pair]);
    expect(compare(one)).toEqual(expected);
    void same.object;
    expect(compare(one)).toEqual(expected);
    void one.object;
    expect(compare(one)).toEqual(expected);
    one.hold();
    expect(compare(one)).toEqual(expected);
  });

  it("is a change as well, with its type", () => {
    const bytes = new Bytes();
    bytes.append('{"metadata":{"name":"x","uid":"u","namespace":"a","resourceVersion":"3"}}');
    const change = new EncodedChange<Thing>("DELETED", "a/x", bytes.log.segment, 0);
    expect([change.type, change.key, change.resourceVersion, change instanceof EncodedRecord]).toEqual([
      "DELETED",
      "a/x",
      "3",
      true,
    ]);
  });
});
