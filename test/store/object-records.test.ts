import { describe, expect, it, vi } from "vitest";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { Segment } from "../../src/bytes/segment.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";
import { ObjectRecords } from "../../src/store/object-records.ts";
import { Bytes, type Thing } from "../bytes/entries.ts";

const live = (bytes: Bytes): number => [...bytes.segments].reduce((sum, { liveBytes }) => sum + liveBytes, 0);

describe("ObjectRecords", () => {
  it("hands out the very record that was written", () => {
    const bytes = new Bytes();
    const records = new ObjectRecords<Thing>(bytes.pool);
    const written = [bytes.record("a/x"), new ParsedRecord<Thing>("a/y", "u", "1", {})];
    for (const record of written) records.set(record);
    expect([records.get("a/x"), records.get("a/y"), records.get("none")]).toEqual([...written, undefined]);
    expect([[...records.values()], [...records.keys()], records.size]).toEqual([written, ["a/x", "a/y"], 2]);
  });

  it("parses an object once, and needs no bytes from then on", () => {
    const bytes = new Bytes();
    const records = new ObjectRecords<Thing>(bytes.pool);
    records.set(bytes.record("a/x", { data: 1 }));
    expect(live(bytes)).toBeGreaterThan(0);
    const object = records.get("a/x")?.object;
    expect([object?.data, live(bytes)]).toEqual([1, 0]);
    bytes.log.segment.close();
    bytes.pool.recycle();
    expect(records.get("a/x")?.object).toBe(object);
  });

  it("counts bytes as needed while they are stored and unread: set, set again, delete, replace", () => {
    const bytes = new Bytes();
    const records = new ObjectRecords<Thing>(bytes.pool);
    const first = bytes.record("a/x");
    records.set(first);
    const each = live(bytes);
    records.set(first);
    expect(live(bytes)).toBe(each);
    records.set(bytes.record("a/x"));
    expect(live(bytes)).toBe(each);
    records.set(bytes.record("a/y"));
    expect(live(bytes)).toBe(2 * each);
    records.replace([...records.values(), bytes.record("a/z")]);
    expect(live(bytes)).toBe(3 * each);
    records.delete("a/z");
    records.delete("a/z");
    expect(live(bytes)).toBe(2 * each);
    // Stored in the place of another, then itself put back.
    records.set(new ParsedRecord<Thing>("a/y", "u", "1", {}));
    expect(live(bytes)).toBe(each);
    records.replace([bytes.record("a/q")]);
    expect(live(bytes)).toBe(each);
    records.replace([]);
    expect(live(bytes)).toBe(0);
  });

  it("reads what was replaced as it was, until its memory is used again", () => {
    const bytes = new Bytes();
    const records = new ObjectRecords<Thing>(bytes.pool);
    const before = bytes.record("a/x", { data: "before" });
    records.set(before);
    records.set(bytes.record("a/x", { data: "after" }));
    expect([before.object.data, records.get("a/x")?.object.data]).toEqual(["before", "after"]);
  });

  it("copies what is unread out of segments that are nearly empty", () => {
    const pool = new SegmentPool<Thing>(new ObjectReader());
    vi.spyOn(pool, "take").mockImplementation(
      (size) => new Segment(Buffer.alloc(Math.max(size, 2000)), pool),
    );
    const bytes = new Bytes(pool);
    const records = new ObjectRecords<Thing>(pool);
    const data = "d".repeat(600);
    const expected = new Map<string, unknown>();
    for (let write = 0; write < 3000; write++) {
      const key = write % 10 === 0 ? `cold/${(write / 10) % 40}` : `hot/${write % 5}`;
      expected.set(key, `${write}${data}`);
      records.set(bytes.record(key, { data: `${write}${data}` }));
      if (write % 5 === 0) pool.recycle();
    }
    const held = [...bytes.segments].filter(({ liveBytes }) => liveBytes > 0).length;
    expect(held).toBeLessThan(40);
    for (const [key, value] of expected) expect(records.get(key)?.object.data).toBe(value);
    pool.recycle();
    for (const [key, value] of expected) expect(records.get(key)?.object.data).toBe(value);
  });
});
