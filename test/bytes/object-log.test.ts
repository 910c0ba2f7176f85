import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EncodedRecord, keyOfEntry } from "../../src/bytes/encoded-record.ts";
import { longestNameBytes, settle } from "../../src/bytes/entry.ts";
import { ObjectLog } from "../../src/bytes/object-log.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { Bytes, jsonOf, type Thing } from "./entries.ts";

/** Everything an entry says. */
function readEntry(bytes: Bytes, at: number): unknown[] {
  const { segment } = bytes.log;
  const key = keyOfEntry(segment, at);
  const record = new EncodedRecord(key, segment, at);
  return [key, record.uid, record.resourceVersion, record.object];
}

describe("ObjectLog", () => {
  it("writes what was scanned so that everything can be read again, for any objects", () => {
    const name = fc.stringMatching(/^[a-z0-9.-]{1,40}$/);
    const thing = fc.record({
      key: fc.oneof(
        name,
        fc.tuple(name, name).map(([a, b]) => `${a}/${b}`),
      ),
      rv: fc.stringMatching(/^[1-9][0-9]{0,18}$/),
      uid: fc.stringMatching(/^[0-9a-f-]{1,36}$/),
      data: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(thing, { maxLength: 30 }), (things) => {
        const bytes = new Bytes();
        const places = things.map((one) => bytes.append(jsonOf(one.key, one)));
        for (const [index, { key, rv, uid, data }] of things.entries()) {
          const at = places[index] ?? -1;
          expect(at % 4).toBe(0);
          expect(readEntry(bytes, at)).toEqual([key, uid, rv, JSON.parse(jsonOf(key, { rv, uid, data }))]);
        }
      }),
    );
  });

  it("leaves the dropped fields out, and nothing else", () => {
    const bytes = new Bytes(undefined, [["metadata", "managedFields"], ["data", "b", "c"], ["none"]]);
    const json = `{"metadata":{"managedFields":[{"a":"}"}],"name":"x","namespace":"a","uid":"u","resourceVersion":"5","labels":{"managedFields":"kept"}},"data":{"a":1,"b":{"c":[1,2],"d":"é"}}}`;
    const at = bytes.append(json);
    expect(readEntry(bytes, at)).toEqual([
      "a/x",
      "u",
      "5",
      {
        metadata: {
          name: "x",
          namespace: "a",
          uid: "u",
          resourceVersion: "5",
          labels: { managedFields: "kept" },
        },
        data: { a: 1, b: { d: "é" } },
      },
    ]);
  });

  it("goes on in a new segment where there is no room, and closes the full one", () => {
    const bytes = new Bytes();
    const data = "d".repeat(20_000);
    const first = bytes.record("a/0", { data });
    const { segment } = bytes.log;
    const others = Array.from({ length: 3 }, (_, index) => bytes.record(`a/${index + 1}`, { data }));
    expect(bytes.log.segment).not.toBe(segment);
    expect(segment.bytes.length - segment.usedBytes).toBeLessThan(20_000);
    for (const record of [first, ...others]) expect(record.object.data).toBe(data);
    for (const record of [first, ...others]) record.discard();
    expect(bytes.pool.hasRetired).toBe(true);
    bytes.pool.recycle();
    expect([segment.bytes.length, bytes.log.segment.bytes.length > 0]).toEqual([0, true]);
  });

  it("takes objects larger than any segment", () => {
    const bytes = new Bytes();
    const data = "d".repeat(17 * 1024 * 1024);
    expect(bytes.record("a/x", { data }).object.data).toBe(data);
    expect(bytes.record("a/y").object.data).toBe(0);
  });

  it.each(["key", "uid", "version"])("refuses a %s that is too long, and writes nothing", (which) => {
    const bytes = new Bytes();
    const scanned = (long: string) => {
      const fields = { key: "n", uid: "u", version: "1", [long]: "n".repeat(longestNameBytes + 1) };
      const json = Buffer.from(`{"${fields.key}":"${fields.uid}","v":"${fields.version}"}`);
      const nameEnd = 2 + fields.key.length;
      const uidStart = nameEnd + 3;
      const uidEnd = uidStart + fields.uid.length;
      const versionStart = uidEnd + 7;
      const versionEnd = versionStart + fields.version.length;
      const absent = { namespaceStart: -1, namespaceEnd: -1 };
      const all = {
        start: 0,
        end: json.length,
        nameStart: 2,
        nameEnd,
        uidStart,
        uidEnd,
        versionStart,
        versionEnd,
      };
      return { json, at: { ...all, ...absent } };
    };
    const { json, at } = scanned(which);
    expect(bytes.log.append(json, at)).toBe(-1);
    expect(bytes.log.segment.usedBytes).toBe(0);
    const fine = scanned("none");
    expect(bytes.log.append(fine.json, fine.at)).toBe(0);
    expect(readEntry(bytes, 0).slice(0, 3)).toEqual(["n", "u", "1"]);
  });

  it("takes the longest names", () => {
    const bytes = new Bytes();
    const long = (character: string): string => character.repeat(longestNameBytes);
    const at = bytes.log.appendObject(long("k"), long("u"), long("1"), { data: "é" });
    expect(readEntry(bytes, at)).toEqual([long("k"), long("u"), long("1"), { data: "é" }]);
    expect(bytes.log.appendObject(`${long("k")}k`, "", "", {})).toBe(-1);
  });

  it.each([
    ["é/x", "u", "1"],
    ["a/x", "ü", "1"],
    ["a/x", "u", "\n"],
    ["a/\u0000", "u", "1"],
  ])("refuses names that are no plain text: %j, %j, %j", (key, uid, version) => {
    expect(new Bytes().log.appendObject(key, uid, version, {})).toBe(-1);
  });

  it("copies an entry as one about which nothing is decided", () => {
    const bytes = new Bytes();
    bytes.record("a/x", { data: "é", rv: "9" }).hold();
    const copies = new Bytes(bytes.pool);
    const at = copies.log.appendEntry(bytes.log.segment, 0);
    expect(readEntry(copies, at)).toEqual(readEntry(bytes, 0));
    expect([settle(bytes.log.segment.words, 0), settle(copies.log.segment.words, at)]).toEqual([false, true]);
  });

  it("has a segment before anything was written", () => {
    const log = new ObjectLog(new SegmentPool<Thing>(new ObjectReader()));
    expect(log.segment).toBe(log.segment);
    expect(log.segment.usedBytes).toBe(0);
  });
});
