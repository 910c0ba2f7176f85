import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { entryLength } from "../../src/bytes/entry.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { Segment } from "../../src/bytes/segment.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { type ObjectRecord, ParsedRecord } from "../../src/resource/watch-event.ts";
import { ByteRecords } from "../../src/store/byte-records.ts";
import { ObjectRecords } from "../../src/store/object-records.ts";
import { Store } from "../../src/store/store.ts";
import { Bytes, jsonOf, type Thing } from "../bytes/entries.ts";

/** The last ones are names that no server would take; they are kept all the same. */
const keys = ["a/x", "a/y", "b/x", "b/y", "c", "d", "ab/x", "é/x", "a/ü", "日本"];

interface Written {
  readonly key: string;
  readonly rv: string;
  readonly uid: string;
  readonly data: { readonly group: string; readonly text: string };
  readonly isParsed: boolean;
}

const written: fc.Arbitrary<Written> = fc.record({
  key: fc.constantFrom(...keys),
  rv: fc.integer({ min: 1, max: 9999 }).map(String),
  // An odd uid as well: then the key is plain, and the entry is not.
  uid: fc.constantFrom("u1", "u2", "û"),
  data: fc.record({
    group: fc.constantFrom("g1", "g2", "g3"),
    text: fc.string({ unit: "binary", maxLength: 300 }),
  }),
  isParsed: fc.boolean(),
});

type Step =
  | { readonly type: "upsert"; readonly one: Written }
  | { readonly type: "again" | "delete" | "read"; readonly key: string }
  | { readonly type: "replace"; readonly all: readonly Written[]; readonly keepsSome: boolean }
  | { readonly type: "list" | "recycle" | "index" };

const key = fc.constantFrom(...keys);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ type: fc.constant("upsert" as const), one: written }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom("again" as const, "delete" as const, "read" as const),
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("replace" as const),
      all: fc.array(written, { maxLength: 12 }),
      keepsSome: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom("list" as const, "recycle" as const) }) },
  { weight: 1, arbitrary: fc.constant({ type: "index" as const }) },
);

/** Gives out small segments, and remembers all of them. */
class SmallPool extends SegmentPool<Thing> {
  readonly all: Segment<Thing>[] = [];
  readonly retired = new Set<Segment<Thing>>();
  readonly #bytes: number;

  constructor(bytes: number) {
    super(new ObjectReader());
    this.#bytes = bytes;
  }

  override take(entryBytes: number): Segment<Thing> {
    const segment = new Segment<Thing>(Buffer.alloc(Math.max(entryBytes, this.#bytes)), this);
    this.all.push(segment);
    return segment;
  }

  override retire(segment: Segment<Thing>): void {
    // Once only, and never while something in it is needed.
    expect([this.retired.has(segment), segment.liveBytes]).toEqual([false, 0]);
    this.retired.add(segment);
    super.retire(segment);
  }

  override recycle(): void {
    super.recycle();
    for (const segment of this.retired) if (segment.bytes.length > 0) segment.surrender().fill(0x21);
  }
}

const objectOf = ({ key, rv, uid, data }: Written): Thing => JSON.parse(jsonOf(key, { rv, uid, data }));
const isPlain = ({ key, uid }: Written): boolean => /^[ -~]*$/.test(key + uid);
const group = (object: Thing): string => (object.data as Written["data"]).group;
const texts = (object: Thing): string[] => [...(object.data as Written["data"]).text].slice(0, 3);

const kinds: [string, (pool: SegmentPool<Thing>) => ByteRecords<Thing> | ObjectRecords<Thing>][] = [
  ["ByteRecords", (pool) => new ByteRecords<Thing>(pool)],
  ["ObjectRecords", (pool) => new ObjectRecords<Thing>(pool)],
];

describe.each(kinds)("Store with %s", (name, make) => {
  it("equals a Map after any writes, reads and recycling, and keeps exactly what it needs (S4, S5, S6, S8, S9, S11, S14)", () => {
    const setting = fc.record({
      steps: fc.array(step, { maxLength: 80, size: "max" }),
      segmentBytes: fc.constantFrom(300, 1000, 4096),
      isIndexed: fc.boolean(),
    });
    let recycled = 0;
    fc.assert(
      fc.property(setting, ({ steps, segmentBytes, isIndexed }) => {
        const pool = new SmallPool(segmentBytes);
        const bytes = new Bytes(pool);
        const store: Store<Thing, { group: typeof group; texts: typeof texts }> = new Store<Thing>({
          records: make(pool),
        }).addIndexers({}) as never;
        const index = (): void => void (store as Store<Thing>).addIndexers({ group, texts });
        let hasIndex = isIndexed;
        if (hasIndex) index();
        const model = new Map<string, Written>();
        const recordOf = (one: Written): ObjectRecord<Thing> =>
          one.isParsed || !isPlain(one)
            ? new ParsedRecord(one.key, one.uid, one.rv, objectOf(one))
            : bytes.record(one.key, one);
        store.replace([], "1");
        for (const now of steps) {
          switch (now.type) {
            case "upsert":
              store.upsert(recordOf(now.one));
              model.set(now.one.key, now.one);
              break;
            case "again": {
              // The very record that is there already.
              const record = store.record(now.key);
              if (record !== undefined) store.upsert(record);
              break;
            }
            case "delete":
              store.delete(now.key);
              model.delete(now.key);
              break;
            case "replace": {
              const kept = now.keepsSome ? [...store.records()].slice(0, 3) : [];
              const before = kept.map((record) => model.get(record.key));
              store.replace([...kept, ...now.all.map(recordOf)], "7");
              model.clear();
              for (const one of [...before, ...now.all]) if (one !== undefined) model.set(one.key, one);
              break;
            }
            case "read": {
              const expected = model.get(now.key);
              expect(store.get(now.key)).toEqual(expected && objectOf(expected));
              break;
            }
            case "list":
              expect(store.list().length).toBe(model.size);
              break;
            case "recycle":
              recycled += pool.retired.size;
              pool.recycle();
              break;
            case "index":
              if (!hasIndex) index();
              hasIndex = true;
              break;
          }
          expect([store.size, store.keys().sort()]).toEqual([model.size, [...model.keys()].sort()]);
          for (const one of keys) {
            const record = store.record(one);
            const expected = model.get(one);
            expect([store.has(one), record?.key, record?.uid, record?.resourceVersion]).toEqual(
              expected === undefined
                ? [false, undefined, undefined, undefined]
                : [true, one, expected.uid, expected.rv],
            );
          }
          for (const namespace of ["a", "b", "ab", "é", "none"]) {
            const inside = [...model.keys()].filter((one) => one.startsWith(`${namespace}/`)).sort();
            expect(store.indexKeys("namespace", namespace)).toEqual(inside);
          }
          const namespaces = new Set(
            [...model.keys()].filter((one) => one.includes("/")).map((one) => one.split("/")[0]),
          );
          expect(store.indexValues("namespace").sort()).toEqual([...namespaces].sort());
          expectCounted(pool, [...store.records()], name === "ByteRecords");
        }
        // Everything that is left can be read.
        pool.recycle();
        const contents = new Map([...store.records()].map(({ key, object }) => [key, object]));
        expect(contents).toEqual(new Map([...model].map(([one, state]) => [one, objectOf(state)])));
        if (!hasIndex) return;
        for (const value of ["g1", "g2", "g3"]) {
          const found = [...model.values()].filter(({ data }) => data.group === value).map((one) => one.key);
          expect(store.indexKeys("group", value)).toEqual(found.sort());
          expect(store.byIndex("group", value).length).toBe(found.length);
        }
      }),
      { numRuns: 120 },
    );
    expect(recycled).toBeGreaterThan(100);
  }, 60_000);

  it("has the namespace of keys that have one, whatever they are", () => {
    const store = new Store<Thing>({ records: make(new SegmentPool(new ObjectReader())) });
    const names = ["a/x", "b", "é/x"];
    store.replace(
      names.map((one) => new ParsedRecord<Thing>(one, "u", "1", { metadata: { name: one } })),
      "1",
    );
    expect(store.indexValues("namespace").sort()).toEqual(["a", "é"]);
    expect([store.list({ namespace: "é" }).length, store.list({ namespace: "" }).length]).toEqual([1, 3]);
    expect(store.byIndex("namespace", "")).toEqual([]);
  });

  it("parses nothing that is not read, and an object that is read again not again", () => {
    const bytes = new Bytes();
    const store = new Store<Thing>({ records: make(bytes.pool) });
    const parse = vi.spyOn(JSON, "parse");
    store.replace([], "1");
    for (let rv = 1; rv <= 50; rv++) store.upsert(bytes.record(`a/${rv % 5}`, { rv: String(rv) }));
    store.delete("a/0");
    store.replace([...store.records(), bytes.record("a/9")], "99");
    expect([
      store.size,
      store.has("a/9"),
      store.keys().length,
      store.indexKeys("namespace", "a").length,
    ]).toEqual([5, true, 5, 5]);
    expect(parse).toHaveBeenCalledTimes(0);
    expect(store.get("a/1")).toBe(store.get("a/1"));
    expect(parse).toHaveBeenCalledTimes(1);
    expect(store.list().length).toBe(5);
    expect(parse).toHaveBeenCalledTimes(5);
    store.list();
    expect(parse).toHaveBeenCalledTimes(5);
    parse.mockRestore();
  });
});

/** What is counted as needed is what the store's records are in. */
function expectCounted(pool: SmallPool, records: readonly ObjectRecord<Thing>[], holdsAll: boolean): void {
  const expected = new Map<Segment<Thing>, number>();
  for (const record of records) {
    const place =
      "place" in record ? (record.place as { segment: Segment<Thing>; at: number } | undefined) : undefined;
    if (place === undefined) continue;
    const { segment, at } = place;
    expect(pool.retired.has(segment)).toBe(false);
    expected.set(segment, (expected.get(segment) ?? 0) + entryLength(segment.words, at));
  }
  for (const segment of pool.all) expect(segment.liveBytes).toBe(expected.get(segment) ?? 0);
  if (holdsAll)
    expect(records.filter((record) => !("place" in record)).length).toBeLessThanOrEqual(keys.length);
}
