import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/resource/object.ts";
import type { ParsedRecord } from "../../src/resource/watch-event.ts";
import type { SharedReads } from "../../src/shared-store/shared-reads.ts";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, byZone, type Pod, pod } from "../store/pods.ts";

const keys = ["a/x", "a/y", "b/x", "b/y", "c/z", "lone", "ü/☃", "a/长", "d/0", "d/1", "d/2", "d/3"];
const nodes = ["n1", "n2", "n☃"];
const zones = ["z1", "z2", "z3"];
const indexers = { node: byNode, zone: byZone };
type Indexed = Store<Pod, typeof indexers>;

const record: fc.Arbitrary<ParsedRecord<Pod>> = fc
  .record({
    key: fc.constantFrom(...keys),
    version: fc.integer({ min: 1, max: 999 }),
    node: fc.option(fc.constantFrom(...nodes), { nil: undefined }),
    zones: fc.uniqueArray(fc.constantFrom(...zones), { maxLength: 3 }),
    label: fc.option(fc.string({ unit: "binary", maxLength: 40 }), { nil: undefined }),
  })
  .map(({ key, version, node, label, ...fields }) =>
    pod(key, String(version), {
      ...fields,
      ...(node !== undefined && { node }),
      ...(label !== undefined && { labels: { label } }),
    }),
  );

const version = fc.integer({ min: 1, max: 999 }).map(String);
type Step =
  | { readonly type: "upsert"; readonly record: ParsedRecord<Pod> }
  | { readonly type: "delete"; readonly key: string; readonly version: string }
  | { readonly type: "bookmark"; readonly version: string }
  | { readonly type: "replace"; readonly records: ParsedRecord<Pod>[]; readonly version: string };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("upsert" as const), record }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("delete" as const), key: fc.constantFrom(...keys), version }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("bookmark" as const), version }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("replace" as const),
      records: fc.array(record, { maxLength: 12 }),
      version,
    }),
  },
);

function take(store: Indexed, change: Step): void {
  if (change.type === "replace") store.replace(change.records, change.version);
  else if (change.type === "upsert") store.upsert(change.record);
  else if (change.type === "delete") store.delete(change.key, change.version);
  else store.setResourceVersion(change.version);
}

const byKey = (objects: Iterable<KubeObject>): unknown[] => {
  // As JSON: what a text holds that UTF-8 cannot, readers see as U+FFFD.
  const texts = Array.from(objects, (object) => Buffer.from(JSON.stringify(object)).toString());
  return texts.sort();
};

/** Everything that can be read, in one value. */
function all(reads: Pick<SharedReads<Pod>, keyof SharedReads<Pod>> | Indexed): unknown {
  const under = <R>(read: (name: "node" | "zone" | "namespace", value: string) => R): R[] => [
    ...nodes.map((value) => read("node", value)),
    ...zones.map((value) => read("zone", value)),
    ...["a", "b", "c", "d", "ü", "none"].map((value) => read("namespace", value)),
  ];
  return {
    version: reads.resourceVersion,
    size: reads.size,
    keys: reads.keys().sort(),
    gets: keys.map((key) => byKey([reads.get(key)].filter((one) => one !== undefined))),
    has: keys.map((key) => reads.has(key)),
    list: byKey(reads.list()),
    listed: ["a", "d", "none", ""].map((namespace) => byKey(reads.list({ namespace }))),
    labelled: byKey(reads.list({ labels: "!label" })),
    under: under((name, value) => byKey(reads.byIndex(name, value))),
    underMany: byKey(reads.byIndex("zone", zones)),
    indexKeys: under((name, value) => reads.indexKeys(name, value)),
  };
}

/** Compares with a plain store; `where` says what is special about the place. */
export function modelSuite(where: string, runs: number): void {
  describe(`SharedStore against a Store, ${where}`, () => {
    it("reads the same after any sequence of writes, and snapshots stay as they were (S4, S5, S6, S8, S9, S11, S18)", () => {
      fc.assert(
        fc.property(
          fc.array(step, { maxLength: 8 }),
          fc.array(step, { maxLength: 40 }),
          fc.nat(40),
          (before, after, heldAt) => {
            const store: Indexed = new Store({ indexers });
            store.replace([], "1");
            for (const change of before) take(store, change);
            using shared = new SharedStore<Pod>(store);
            using reader = SharedStore.attach<Pod>(shared.handle);
            expect(all(reader)).toEqual(all(store));
            let held = reader.snapshot();
            let heldState = all(store);
            after.forEach((change, at) => {
              take(store, change);
              expect(all(reader)).toEqual(all(store));
              expect(byKey(reader)).toEqual(byKey(store.list()));
              if (at !== heldAt) return;
              expect(all(held)).toEqual(heldState);
              held.release();
              held = reader.snapshot();
              heldState = all(store);
            });
            expect(all(held)).toEqual(heldState);
            held.release();
            expect(shared.stats().problem).toBeUndefined();
          },
        ),
        { numRuns: runs },
      );
    });
  });
}
