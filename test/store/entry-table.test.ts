import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment } from "../../src/bytes/segment.ts";
import { EntryTable, namespaceOf } from "../../src/store/entry-table.ts";
import { Bytes, jsonOf, type Thing } from "../bytes/entries.ts";

interface Place {
  readonly segment: Segment<Thing>;
  readonly at: number;
}

/** An entry of its own for a key. */
function place(bytes: Bytes, key: string): Place {
  const at = bytes.append(jsonOf(key, { uid: "" }));
  return { segment: bytes.log.segment, at };
}

/** Everything that a table tells, against what was written to it. */
function expectSame(
  table: EntryTable<Thing>,
  model: ReadonlyMap<string, Place>,
  absent: readonly string[],
): void {
  expect(table.size).toBe(model.size);
  for (const [key, { segment, at }] of model) {
    const slot = table.find(key);
    expect([key, table.at(slot), table.key(slot)]).toEqual([key, at, key]);
    expect(table.segment(slot)).toBe(segment);
  }
  for (const key of absent) expect([key, model.has(key) || table.find(key) === -1]).toEqual([key, true]);
  const keys = [...table.slots()].map((slot) => table.key(slot));
  expect(keys.sort()).toEqual([...model.keys()].sort());
  const namespaces = new Set(Array.from(model.keys(), namespaceOf));
  expect(table.namespaces().sort()).toEqual([...namespaces].sort());
  for (const namespace of [...namespaces, "none"]) {
    const inside = [...table.slotsIn(namespace)].map((slot) => table.key(slot));
    expect(inside.sort()).toEqual([...model.keys()].filter((key) => namespaceOf(key) === namespace).sort());
  }
}

/** A generator of numbers that is the same each time. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) % below;
  };
}

describe("EntryTable", () => {
  it("equals a Map after any operations", () => {
    const keys = ["a/x", "a/y", "b/x", "b/y", "c", "d", "a", "b/z", "a/xx", "ab/x"];
    const operation = fc.record({ isRemoval: fc.boolean(), key: fc.constantFrom(...keys) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 80, size: "max" }), (operations) => {
        const bytes = new Bytes();
        const table = new EntryTable<Thing>();
        const model = new Map<string, Place>();
        for (const { isRemoval, key } of operations) {
          const slot = table.find(key);
          expect(slot === -1).toBe(!model.has(key));
          if (!isRemoval) {
            const next = place(bytes, key);
            expect(table.set(key, next.segment, next.at)).toBe(slot === -1 ? table.find(key) : slot);
            model.set(key, next);
          } else if (slot !== -1) {
            table.remove(slot);
            model.delete(key);
          }
          expectSame(table, model, keys);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("finds everything where probing wraps around and deletions move entries up, over 600,000 operations", () => {
    const bytes = new Bytes();
    const next = chance(7);
    // Tables of 16 to 4,096 slots, held between a quarter and nearly full.
    for (const slots of [16, 64, 512, 4096]) {
      const table = new EntryTable<Thing>();
      const model = new Map<string, Place>();
      const keys = Array.from({ length: slots }, (_, index) => `n${index % 7}/k${index}`);
      const places = new Map(keys.map((key) => [key, place(bytes, key)]));
      const operations = 600_000 / 4;
      for (let step = 0; step < operations; step++) {
        const key = keys[next(slots)] ?? "";
        const slot = table.find(key);
        if ((slot === -1) === model.has(key)) throw new Error(`${key} at ${slot}, step ${step}`);
        // Waves, so that it is full at times and nearly empty at others.
        const share = Math.sin((step / operations) * 40) * 0.4 + 0.5;
        if (next(1000) / 1000 > share) {
          if (slot !== -1) table.remove(slot);
          model.delete(key);
        } else {
          const { segment, at } = places.get(key) ?? place(bytes, key);
          table.set(key, segment, at);
          model.set(key, { segment, at });
        }
        if (step % (operations / 20) === 0) expectSame(table, model, keys);
      }
      expectSame(table, model, keys);
      // No more slots than were ever used at once.
      expect(Math.max(-1, ...table.slots())).toBeLessThan(slots);
    }
  }, 60_000);

  it("tells keys apart whose hashes are the same, of which there are some among 300,000", () => {
    const bytes = new Bytes();
    const table = new EntryTable<Thing>();
    const next = chance(11);
    const word = (): string =>
      next(2 ** 24)
        .toString(36)
        .padStart(5, "0");
    const keys = [...new Set(Array.from({ length: 300_000 }, () => `${word()}/${word()}`))];
    for (const key of keys) {
      const written = bytes.log.appendObject(key, "", "1", {});
      table.set(key, bytes.log.segment, written);
    }
    expect(table.size).toBe(keys.length);
    expect(keys.every((key) => table.key(table.find(key)) === key)).toBe(true);
    expect(table.find("none")).toBe(-1);
  }, 30_000);

  it("keeps a key's slot while it is there, and uses free ones again", () => {
    const bytes = new Bytes();
    const table = new EntryTable<Thing>();
    const slots = ["a/x", "a/y", "a/z"].map((key) => {
      const { segment, at } = place(bytes, key);
      return table.set(key, segment, at);
    });
    expect(slots).toEqual([0, 1, 2]);
    table.remove(1);
    const again = place(bytes, "b/new");
    expect(table.set("b/new", again.segment, again.at)).toBe(1);
    const moved = place(bytes, "a/x");
    table.move(0, moved.segment, moved.at);
    expect([table.find("a/x"), table.at(0)]).toEqual([0, moved.at]);
    table.remove(0);
    expect(() => table.segment(0)).toThrow(RangeError);
  });

  it("tells the keys of a namespace while it is changed by writing", () => {
    const bytes = new Bytes();
    const table = new EntryTable<Thing>();
    const write = (key: string): number => {
      const { segment, at } = place(bytes, key);
      return table.set(key, segment, at);
    };
    for (const key of ["a/1", "a/2", "a/3"]) write(key);
    const seen: string[] = [];
    for (const slot of table.slotsIn("a")) {
      seen.push(table.key(slot));
      write(table.key(slot));
      if (seen.length < 3) table.remove(slot);
    }
    expect(seen.sort()).toEqual(["a/1", "a/2", "a/3"]);
    expect(table.size).toBe(1);
  });

  it("counts what it points at as kept, exactly", () => {
    const bytes = new Bytes();
    const table = new EntryTable<Thing>();
    const model = new Map<string, Place>();
    const next = chance(3);
    for (let step = 0; step < 20_000; step++) {
      const key = `n/${next(50)}`;
      const slot = table.find(key);
      if (next(3) > 0) {
        const { segment, at } = place(bytes, key);
        table.set(key, segment, at);
        model.set(key, { segment, at });
      } else if (slot !== -1) {
        table.remove(slot);
        model.delete(key);
      }
    }
    expect([...bytes.segments].reduce((sum, { liveBytes }) => sum + liveBytes, 0)).toBe(
      [...model.values()].length * 12 +
        [...model].reduce((sum, [key, { segment, at }]) => sum + lengthOf(key, segment, at), 0),
    );
    for (const _step of table.release());
    for (const { liveBytes } of bytes.segments) expect(liveBytes).toBe(0);
  });

  it("does not give up what it is told to keep again", () => {
    const bytes = new Bytes();
    const table = new EntryTable<Thing>();
    const { segment, at } = place(bytes, "a/x");
    table.set("a/x", segment, at);
    segment.close();
    table.set("a/x", segment, at);
    expect(bytes.pool.hasRetired).toBe(false);
    table.move(table.find("a/x"), segment, at);
    expect(bytes.pool.hasRetired).toBe(false);
    table.remove(0);
    expect(bytes.pool.hasRetired).toBe(true);
  });

  it.each([
    ["a/x", "a"],
    ["x", ""],
    ["a/x/y", "a"],
    ["/x", ""],
  ])("takes the namespace of %j to be %j", (key, namespace) => {
    expect(namespaceOf(key)).toBe(namespace);
  });
});

function lengthOf(key: string, segment: Segment<Thing>, at: number): number {
  const json = segment.words[at >>> 2] ?? 0;
  // No uid, and the resourceVersion is "1".
  return ((12 + key.length + 1 + json + 3) & ~3) - 12;
}
