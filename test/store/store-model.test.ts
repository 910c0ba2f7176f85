import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParsedRecord } from "../../src/resource/watch-event.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, byZone, type Pod, pod } from "./pods.ts";

const keys = ["a/x", "a/y", "b/x", "b/y", "c/z"];
const nodes = ["n1", "n2", "n3"];

const record: fc.Arbitrary<ParsedRecord<Pod>> = fc
  .record({
    key: fc.constantFrom(...keys),
    version: fc.integer({ min: 1, max: 999 }),
    node: fc.option(fc.constantFrom(...nodes), { nil: undefined }),
    zones: fc.array(fc.constantFrom("z1", "z2", "z3"), { maxLength: 3 }),
  })
  .map(({ key, version, node, zones }) =>
    pod(key, String(version), { zones, ...(node !== undefined && { node }) }),
  );

type Step =
  | { readonly type: "upsert"; readonly record: ParsedRecord<Pod> }
  | { readonly type: "delete"; readonly key: string; readonly version: string }
  | { readonly type: "replace"; readonly records: ParsedRecord<Pod>[]; readonly version: string };

const version = fc.integer({ min: 1, max: 999 }).map(String);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("upsert" as const), record }),
  fc.record({ type: fc.constant("delete" as const), key: fc.constantFrom(...keys), version }),
  fc.record({ type: fc.constant("replace" as const), records: fc.array(record, { maxLength: 6 }), version }),
);

/** Looks at every object for every question. */
class NaiveStore {
  records = new Map<string, ParsedRecord<Pod>>();
  resourceVersion = "";

  take(change: Step): void {
    if (change.type === "replace") this.records = new Map();
    const written =
      change.type === "replace" ? change.records : change.type === "upsert" ? [change.record] : [];
    for (const one of written) this.records.set(one.key, one);
    if (change.type === "delete") this.records.delete(change.key);
    this.resourceVersion = change.type === "upsert" ? change.record.resourceVersion : change.version;
  }

  keysWhere(holds: (object: Pod, key: string) => boolean): string[] {
    const found = [...this.records.values()].filter(({ object, key }) => holds(object, key));
    return found.map(({ key }) => key).sort();
  }
}

function take(store: Store<Pod>, change: Step): void {
  if (change.type === "replace") store.replace(change.records, change.version);
  else if (change.type === "upsert") store.upsert(change.record);
  else store.delete(change.key, change.version);
}

describe("Store against a naive model", () => {
  it("equals it after any sequence of writes, indices included (S4, S5, S6, S8, S9, S11, S14, S18)", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (steps, indexedAt) => {
        const store = new Store<Pod>();
        const indexed = store.addIndexers({ node: byNode });
        const late = indexed.addIndexers({});
        const model = new NaiveStore();
        store.replace([], "1");
        model.take({ type: "replace", records: [], version: "1" });
        steps.forEach((change, at) => {
          if (at === Math.min(indexedAt, steps.length - 1)) store.addIndexers({ zone: byZone });
          take(store, change);
          model.take(change);
          expect(store.keys().sort()).toEqual(model.keysWhere(() => true));
          expect(store.resourceVersion).toBe(model.resourceVersion);
          for (const [key, one] of model.records) expect(store.record(key)).toBe(one);
          for (const node of nodes) {
            expect(late.indexKeys("node", node)).toEqual(
              model.keysWhere((object) => byNode(object) === node),
            );
          }
          for (const namespace of ["a", "b", "c"]) {
            const expected = model.keysWhere((_, key) => key.startsWith(`${namespace}/`));
            expect(store.indexKeys("namespace", namespace)).toEqual(expected);
            expect(store.list({ namespace }).length).toBe(expected.length);
          }
        });
        if (steps.length === 0) return;
        const zoned: Store<Pod, { zone: typeof byZone }> = store;
        const zones = new Set([...model.records.values()].flatMap(({ object }) => byZone(object)));
        expect(zoned.indexValues("zone").sort()).toEqual([...zones].sort());
        for (const zone of zones) {
          expect(zoned.indexKeys("zone", zone)).toEqual(
            model.keysWhere((object) => byZone(object).includes(zone)),
          );
        }
      }),
    );
  });
});
