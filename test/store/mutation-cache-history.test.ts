import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ObjectRecord, ParsedRecord } from "../../src/resource/watch-event.ts";
import { MutationCache } from "../../src/store/mutation-cache.ts";
import { SourceStates } from "../../src/store/source-states.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, type Pod, pod } from "./pods.ts";

const keys = ["a/x", "a/y", "b/x"];
const namespaces = ["a", "b"];

/** One change in the true history; without a record it is a deletion. */
interface Change {
  readonly rv: number;
  readonly key: string;
  readonly uid: string;
  readonly record: ObjectRecord<Pod> | undefined;
  /** The state that the object was in before. */
  readonly before: number;
}

type Step =
  | { readonly type: "write"; readonly isOwn: boolean; readonly key: string; readonly node: string }
  | { readonly type: "delete"; readonly isOwn: boolean; readonly key: string }
  | { readonly type: "answer"; readonly which: number; readonly isTold: boolean }
  | { readonly type: "watch"; readonly namespace: string; readonly count: number }
  | { readonly type: "bookmark"; readonly namespace: string }
  | { readonly type: "list"; readonly namespace: string };

const key = fc.constantFrom(...keys);
const namespace = fc.constantFrom(...namespaces);
const isOwn = fc.boolean();
const node = fc.constantFrom("n1", "n2");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("write" as const), isOwn, key, node }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("delete" as const), isOwn, key }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant("answer" as const), which: fc.nat(9), isTold: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("watch" as const),
      namespace,
      count: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("bookmark" as const), namespace }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("list" as const), namespace }) },
);

/** The server, all that ever happened to it, and a store that follows it at a pace of its own. */
class World {
  readonly history: Change[] = [];
  /** Own writes that are not answered yet. */
  readonly pending: Change[] = [];
  /** The newest of one's own writes that was answered. */
  readonly #answered = new Map<string, number>();
  readonly states: SourceStates | undefined;
  readonly store: Store<Pod, { node: typeof byNode }>;
  readonly cache: MutationCache<Pod, { node: typeof byNode }>;
  /** How far the store is; several sources each. */
  readonly #at = new Map<string, number>(namespaces.map((one) => [one, 1]));
  #rv = 1;

  constructor(isJoined: boolean) {
    this.states = isJoined ? new SourceStates(2, namespaces) : undefined;
    this.store = new Store({ indexers: { node: byNode }, sources: this.states });
    this.store.replace([], "1");
    namespaces.forEach((_, source) => {
      this.states?.listBegan(source, true);
      this.states?.listed(source, "1");
    });
    this.cache = new MutationCache(this.store, {});
  }

  #truth(key: string, rv: number): Change | undefined {
    const change = this.history.findLast((one) => one.key === key && one.rv <= rv);
    return change?.record === undefined ? undefined : change;
  }

  take(step: Step): void {
    if (step.type === "answer") this.#answer(step);
    else if (step.type === "write" || step.type === "delete") this.#change(step);
    else this.#follow(step);
  }

  #change(step: Step & { readonly type: "write" | "delete" }): void {
    const current = this.#truth(step.key, this.#rv);
    if (step.type === "delete" && current === undefined) return;
    this.#rv += 1;
    const uid = current?.uid ?? `uid-${this.#rv}`;
    const fields = step.type === "write" ? { uid, node: step.node } : undefined;
    const change: Change = {
      rv: this.#rv,
      key: step.key,
      uid,
      record: fields && pod(step.key, String(this.#rv), fields),
      before: current?.rv ?? 0,
    };
    this.history.push(change);
    if (step.isOwn) this.pending.push(change);
  }

  #answer({ which, isTold }: Step & { readonly type: "answer" }): void {
    const [change] = this.pending.splice(which % Math.max(1, this.pending.length), 1);
    if (change === undefined) return;
    const { key, uid, rv, record, before } = change;
    this.#answered.set(key, Math.max(rv, this.#answered.get(key) ?? 0));
    // Where the object was seen here, its state is known without being told.
    const isSeen = this.store.record(key)?.uid === uid || this.cache.get(key)?.metadata?.uid === uid;
    if (record !== undefined) this.cache.written(record.object);
    else this.cache.deleted({ key, uid, ...(isTold || !isSeen ? { resourceVersion: String(before) } : {}) });
  }

  #follow({ type, namespace, ...step }: Step & { readonly type: "watch" | "bookmark" | "list" }): void {
    const followed = this.states === undefined ? namespaces : [namespace];
    const at = this.#at.get(namespace) ?? 0;
    const missing = this.history.filter(({ key, rv }) => followed.includes(key.slice(0, 1)) && rv > at);
    let reached = this.#rv;
    if (type === "list") {
      const others = [...this.store.records()].filter(({ key }) => !followed.includes(key.slice(0, 1)));
      const listed = keys.filter((key) => followed.includes(key.slice(0, 1)));
      const records = listed.map((key) => this.#truth(key, this.#rv)?.record);
      this.store.replace([...others, ...records.filter((one) => one !== undefined)], String(reached));
    } else if (type === "bookmark") {
      if (missing.length > 0) return;
      this.store.setResourceVersion(String(reached));
    } else {
      const changes = missing.slice(0, "count" in step ? Number(step.count) : 0);
      for (const { record, key, rv } of changes) {
        if (record === undefined) this.store.delete(key, String(rv));
        else this.store.upsert(record);
        // In the middle of a chunk the source is not known to be as far yet.
        for (const one of followed) this.#at.set(one, rv);
        this.check();
      }
      reached = changes.at(-1)?.rv ?? at;
    }
    for (const one of followed) this.#at.set(one, reached);
    if (type === "list") this.states?.listed(namespaces.indexOf(namespace), String(reached));
    else this.states?.moved(namespaces.indexOf(namespace), String(reached));
  }

  /** Every read is at the newer of two states: the store's, and that of one's own last write. */
  check(): void {
    const { cache, store } = this;
    const expected = keys.map((one) => {
      const at = this.#at.get(one.slice(0, 1)) ?? 0;
      const change = this.#truth(one, Math.max(at, this.#answered.get(one) ?? 0));
      return change && { key: one, rv: String(change.rv), node: change.record?.object.spec?.nodeName };
    });
    const shown = expected.filter((one) => one !== undefined);
    const rvOf = (object: Pod | undefined): string | undefined => object?.metadata?.resourceVersion;
    const rvsOf = (objects: readonly Pod[]): (string | undefined)[] => objects.map(rvOf).sort();
    const rvs = (of: typeof shown): string[] => of.map(({ rv }) => rv).sort();
    expect(keys.map((one) => rvOf(cache.get(one)))).toEqual(expected.map((one) => one?.rv));
    expect(keys.map((one) => cache.has(one))).toEqual(expected.map((one) => one !== undefined));
    expect(cache.size).toBe(shown.length);
    expect(cache.keys().sort()).toEqual(shown.map((one) => one.key));
    expect(rvsOf(cache.list())).toEqual(rvs(shown));
    expect(rvsOf(cache.list({ namespace: "a" }))).toEqual(rvs(shown.filter((one) => one.key < "b")));
    expect(rvsOf(cache.byIndex("node", "n1"))).toEqual(rvs(shown.filter((one) => one.node === "n1")));
    expect(rvsOf(cache.byIndex("node", ["n1", "n2"]))).toEqual(rvs(shown));
    expect(rvsOf(cache.byIndex("namespace", "b"))).toEqual(rvs(shown.filter((one) => one.key > "b")));
    expect(cache.resourceVersion).toBe(store.resourceVersion);
  }
}

describe.each([
  ["one source", false],
  ["a source per namespace", true],
])("MutationCache against the true history, of %s", (_, isJoined) => {
  it("shows the newest of its own last write and the store, whatever overtakes what (S23, S24, S25)", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const world = new World(isJoined);
        for (const one of steps) {
          world.take(one);
          world.check();
        }
        // Once the watch has caught up and all is answered, it is the store again, and pays for nothing.
        for (const one of namespaces) {
          world.take({ type: "watch", namespace: one, count: 99 });
          world.take({ type: "bookmark", namespace: one });
        }
        while (world.pending.length > 0) world.take({ type: "answer", which: 0, isTold: false });
        world.check();
        const stored = [...world.store.records()].map(({ object }) => object);
        expect(new Set(world.cache.list())).toEqual(new Set(stored));
        for (const object of world.cache.list()) expect(stored).toContain(object);
      }),
      { numRuns: 400 },
    );
  });
});

describe("MutationCache where states have no order", () => {
  it("is the store again after a list that began after its last write, whatever came before (S23, S25)", () => {
    const name = fc.constantFrom("p", "q", "r", "s", "t");
    const told = fc.record({
      type: fc.constantFrom("written", "deleted", "upsert", "delete"),
      key,
      uid: fc.constantFrom("1", "2"),
      version: name,
    });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 20, size: "max" }), (steps) => {
        const states = new SourceStates(1);
        const store = new Store<Pod>({ sources: states });
        const cache = new MutationCache<Pod>(store);
        states.listBegan(0, true);
        store.replace([], "x");
        states.listed(0, "x");
        for (const { type, key: at, uid, version } of steps) {
          if (type === "written") cache.written(pod(at, version, { uid }).object);
          else if (type === "deleted") cache.deleted({ key: at, uid });
          else if (type === "delete") store.delete(at, version);
          else store.upsert(new ParsedRecord(at, uid, version, pod(at, version, { uid }).object));
        }
        const listed = [...store.records()];
        states.listBegan(0, true);
        store.replace(listed, "y");
        states.listed(0, "y");
        expect(cache.list()).toEqual(listed.map(({ object }) => object));
        expect(cache.keys()).toEqual(listed.map((one) => one.key));
      }),
    );
  });
});
