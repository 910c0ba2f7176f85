import { describe, expect, it, vi } from "vitest";
import { EncodedRecord } from "../../src/bytes/encoded-record.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { Segment } from "../../src/bytes/segment.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";
import { ByteRecords } from "../../src/store/byte-records.ts";
import { Bytes, type Thing } from "../bytes/entries.ts";

const parsed = (key: string, data: unknown, uid = "u"): ParsedRecord<Thing> =>
  new ParsedRecord<Thing>(key, uid, "3", { metadata: { name: key }, data });

describe("ByteRecords", () => {
  it("writes what came as an object as the JSON it is", () => {
    const records = new ByteRecords<Thing>();
    const record = parsed("a/x", { dropped: undefined, at: new Date(0), text: "é" });
    records.set(record);
    const stored = records.get("a/x");
    expect(stored).toBeInstanceOf(EncodedRecord);
    expect(stored?.object).toEqual({
      metadata: { name: "a/x" },
      data: { at: "1970-01-01T00:00:00.000Z", text: "é" },
    });
    expect([stored?.uid, stored?.resourceVersion]).toEqual(["u", "3"]);
  });

  it("throws for what is no JSON, and changes nothing", () => {
    const bytes = new Bytes();
    const records = new ByteRecords<Thing>(bytes.pool);
    records.set(bytes.record("a/x", { data: "before" }));
    expect(() => records.set(parsed("a/x", 1n))).toThrow(TypeError);
    expect(() => records.set(parsed("a/y", 1n))).toThrow(TypeError);
    const [{ liveBytes } = { liveBytes: -1 }] = bytes.segments;
    expect(() => records.replace([bytes.record("a/z"), parsed("a/y", 1n)])).toThrow(TypeError);
    expect([...bytes.segments].map((segment) => segment.liveBytes)).toEqual([liveBytes]);
    expect([records.size, records.get("a/x")?.object.data, [...records.keys()]]).toEqual([
      1,
      "before",
      ["a/x"],
    ]);
  });

  it("keeps an object whose names are no plain text as the object it is", () => {
    const records = new ByteRecords<Thing>();
    const odd = parsed("é/x", 1);
    records.set(odd);
    records.set(parsed("a/x", 1));
    expect([records.get("é/x") === odd, records.has("é/x"), records.size]).toEqual([true, true, 2]);
    expect([[...records.keys()].sort(), [...records.keysIn("é")], records.namespaces().sort()]).toEqual([
      ["a/x", "é/x"],
      ["é/x"],
      ["a", "é"],
    ]);
    // From one kind of name to the other under the same key, and back.
    const oddUid = parsed("a/x", 2, "û");
    records.set(oddUid);
    expect([records.get("a/x") === oddUid, records.size]).toEqual([true, 2]);
    records.set(parsed("a/x", 3));
    expect([records.get("a/x")?.object.data, records.size]).toEqual([3, 2]);
    records.delete("é/x");
    records.delete("none");
    expect([records.has("é/x"), records.size, [...records.keys()]]).toEqual([false, 1, ["a/x"]]);
  });

  it("hands out the same record while nothing was written, up to 1,024 of them", () => {
    const bytes = new Bytes();
    const records = new ByteRecords<Thing>(bytes.pool);
    const record = bytes.record("a/0");
    records.set(record);
    expect(records.get("a/0")).toBe(record);
    for (let index = 1; index < 1024; index++) records.set(bytes.record(`a/${index}`));
    expect(records.get("a/0")).toBe(record);
    records.set(bytes.record("a/1024"));
    const again = records.get("a/0");
    expect(again).not.toBe(record);
    expect([again?.uid, again?.object.metadata?.name]).toEqual(["uid-a/0", "0"]);
    expect(records.get("a/0")).toBe(again);
  });

  it("forgets what it had parsed of a key that was written, deleted or exchanged", () => {
    const bytes = new Bytes();
    const records = new ByteRecords<Thing>(bytes.pool);
    records.set(bytes.record("a/x", { data: 1 }));
    const first = records.get("a/x");
    expect(first?.object.data).toBe(1);
    records.set(bytes.record("a/x", { data: 2 }));
    expect([records.get("a/x")?.object.data, first?.object.data]).toEqual([2, 1]);
    records.delete("a/x");
    expect(records.get("a/x")).toBeUndefined();
    records.set(bytes.record("a/x", { data: 3 }));
    expect(records.get("a/x")?.object.data).toBe(3);
    records.replace([bytes.record("a/x", { data: 4 }), bytes.record("a/x", { data: 5 })]);
    expect([records.get("a/x")?.object.data, records.size]).toEqual([5, 1]);
  });

  it("gives the memory of everything back once it is exchanged", () => {
    const bytes = new Bytes();
    const records = new ByteRecords<Thing>(bytes.pool);
    const data = "d".repeat(5000);
    records.replace(Array.from({ length: 30 }, (_, index) => bytes.record(`a/${index}`, { data })));
    const before = [...bytes.segments];
    expect(before.length).toBeGreaterThan(1);
    records.replace([bytes.record("a/1")]);
    expect(before.reduce((sum, { liveBytes }) => sum + liveBytes, 0)).toBeLessThan(1000);
    expect(bytes.pool.hasRetired).toBe(true);
    bytes.pool.recycle();
    expect(records.get("a/1")?.object.data).toBe(0);
  });

  it("reads through what it copies together, parsed or not, and from its own log", () => {
    const pool = new SegmentPool<Thing>(new ObjectReader());
    vi.spyOn(pool, "take").mockImplementation(
      (size) => new Segment(Buffer.alloc(Math.max(size, 2000)), pool),
    );
    const bytes = new Bytes(pool);
    const records = new ByteRecords<Thing>(pool);
    const data = "d".repeat(600);
    const expected = new Map<string, unknown>();
    // Read once, and never written again, while all around it is.
    records.set(bytes.record("old/x", { data }));
    const old = records.get("old/x");
    expect(old?.object.data).toBe(data);
    const place = (old as EncodedRecord<Thing>).place;
    expected.set("old/x", data);
    for (let write = 0; write < 3000; write++) {
      const key = write % 10 === 0 ? `cold/${(write / 10) % 40}` : `hot/${write % 5}`;
      const value = `${write}${data}`;
      expected.set(key, value);
      records.set(write % 3 === 0 ? parsed(key, value) : bytes.record(key, { data: value }));
      if (write % 7 === 0) expect(records.get(key)?.object.data).toBe(value);
      if (write % 5 === 0) pool.recycle();
    }
    expect(records.get("old/x")).toBe(old);
    expect((old as EncodedRecord<Thing>).place?.segment).not.toBe(place?.segment);
    expect(place?.segment.liveBytes).toBe(0);
    const cold = [...bytes.segments].filter(({ liveBytes }) => liveBytes > 0).length;
    expect(cold).toBeLessThan(60);
    for (const [key, value] of expected) expect(records.get(key)?.object.data).toBe(value);
    expect([...records.values()].map(({ key }) => key).sort()).toEqual([...expected.keys()].sort());
  });

  it("refuses a record whose memory is used again already, and changes nothing", () => {
    const bytes = new Bytes();
    const records = new ByteRecords<Thing>(bytes.pool);
    records.set(bytes.record("a/x", { data: "before" }));
    const stale = new Bytes(bytes.pool);
    const record = stale.record("a/x", { data: "stale" });
    const other = stale.record("a/y");
    for (const one of [record, other]) one.discard();
    stale.log.segment.close();
    bytes.pool.recycle();
    expect(() => records.set(record)).toThrow(/no JSON|given away/);
    expect(() => records.set(other)).toThrow(/no JSON|given away/);
    expect(() => records.replace([other])).toThrow(/no JSON|given away/);
    expect([records.size, records.get("a/x")?.object.data]).toEqual([1, "before"]);
  });
});
