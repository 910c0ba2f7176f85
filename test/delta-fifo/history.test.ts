import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changesOf } from "../../src/delta-fifo/changes.ts";
import type { Notification } from "../../src/delta-fifo/notification.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { Store } from "../../src/store/store.ts";
import { change, listenerQueue, record } from "./entries.ts";

interface Write {
  readonly type: "write" | "remove" | "recreate";
  readonly key: string;
  /** The stream is broken: from here to the next list nothing is heard. */
  readonly isUnheard: boolean;
}

type Step = Write | { readonly type: "relist" } | { readonly type: "pop"; readonly count: number };

const keys = ["a", "b", "c"];

function write(type: Write["type"]): fc.Arbitrary<Step> {
  const isUnheard = fc.integer({ min: 0, max: 4 }).map((dice) => dice === 0);
  return fc.record({ type: fc.constant(type), key: fc.constantFrom(...keys), isUnheard });
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: write("write") },
  { weight: 3, arbitrary: write("remove") },
  { weight: 2, arbitrary: write("recreate") },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("relist" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("pop" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
);

type Told = Notification<KubeObject>;

const state = ({ uid, resourceVersion }: Told["record"]): string => `${uid}@${resourceVersion}`;

/** A server, a store that follows it, and a listener behind a queue. */
class Run {
  /** What exists, as `uid@version` by key. */
  readonly server = new Map<string, string>();
  /** Everything that the store went through, as it was queued. */
  readonly queued: Told[] = [];
  readonly told: Told[] = [];
  readonly #store = new Store<KubeObject>();
  readonly #queue: ReturnType<typeof listenerQueue>;
  #version = 0;
  #isDeaf = false;

  constructor(queue: ReturnType<typeof listenerQueue>) {
    this.#queue = queue;
    this.#store.replace([], "0");
  }

  take(one: Step): void {
    if (one.type === "pop") for (let left = one.count; left > 0; left--) this.#pop();
    else if (one.type === "relist") this.#relist();
    else this.#write(one);
  }

  finish(): void {
    this.#relist();
    while (this.#queue.length > 0) this.#pop();
  }

  #write({ type, key, isUnheard }: Write): void {
    const version = ++this.#version;
    this.#isDeaf ||= isUnheard;
    const before = this.server.get(key)?.split("@")[0];
    if (type === "remove") {
      if (before === undefined) return;
      this.server.delete(key);
      if (this.#isDeaf) return;
      this.#tell(changesOf(change("DELETED", `${key}@${version}`, before), this.#store));
      this.#store.delete(key, String(version));
      return;
    }
    const uid = type === "write" && before !== undefined ? before : `u${version}`;
    this.server.set(key, `${uid}@${version}`);
    if (this.#isDeaf) return;
    const delta = change("MODIFIED", `${key}@${version}`, uid);
    this.#tell(changesOf(delta, this.#store));
    this.#store.upsert(delta);
  }

  #relist(): void {
    const records = Array.from(this.server, ([key, known]) => {
      const [uid, version] = known.split("@");
      return record(`${key}@${version}`, uid);
    });
    this.#tell(changesOf({ type: "REPLACED", records, resourceVersion: "0", isFirst: false }, this.#store));
    this.#store.replace(records, "0");
    this.#isDeaf = false;
  }

  #tell(notifications: readonly Told[]): void {
    for (const notification of notifications) {
      this.queued.push(notification);
      this.#queue.push(notification);
    }
  }

  #pop(): void {
    const entry = this.#queue.pop();
    if (entry !== undefined && entry.type !== "SYNCED") this.told.push(entry);
  }
}

const identity = ({ type, record: one }: Told): string =>
  `${type === "DELETED" ? "DELETED" : "STATE"} ${state(one)}`;

/** The listener was told, per key, an ordered subsequence that ends in the newest state, and every deletion. */
function expectSubsequence({ queued, told }: Run, key: string): void {
  const truth = queued.filter((one) => one.key === key).map(identity);
  const heard = told.filter((one) => one.key === key).map(identity);
  let from = 0;
  for (const one of heard) {
    const at = truth.indexOf(one, from);
    expect(at, `${one} in ${truth.slice(from)}`).toBeGreaterThanOrEqual(0);
    from = at + 1;
  }
  expect(heard.at(-1)).toBe(truth.at(-1));
  const deletions = (all: readonly string[]): string[] => all.filter((one) => one.startsWith("DELETED"));
  expect(deletions(heard)).toEqual(deletions(truth));
}

/**
 * What each entry claims fits what was told before it, and the sum is the server's state.
 *
 * No MODIFIED of the unknown, the right `previous`, no object deleted twice, none left over.
 */
function expectConsistent({ told, server }: Run): void {
  const known = new Map<string, string>();
  const deleted = new Set<string>();
  for (const one of told) {
    const before = known.get(one.key);
    if (one.type === "ADDED") expect(before).toBe(undefined);
    if (one.type === "MODIFIED") expect(state(one.previous)).toBe(before);
    if (one.type === "DELETED") {
      const life = `${one.key} ${one.record.uid}`;
      expect(deleted.has(life), `${life} is deleted once`).toBe(false);
      deleted.add(life);
      known.delete(one.key);
    } else {
      known.set(one.key, state(one.record));
    }
  }
  expect(known).toEqual(server);
}

describe("a listener's queue against the true history", () => {
  const modes = [
    { name: "always coalescing", options: { coalesce: "always" } },
    { name: "coalescing above its mark", options: { coalesce: "above-high-water", highWaterMark: 3 } },
    { name: "delivering every event", options: { coalesce: "never" } },
  ] as const;

  for (const { name, options } of modes) {
    it(`tells, ${name}, an ordered subsequence up to the newest state and each deletion once (I3, P6, K4, D14)`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const run = new Run(listenerQueue(options));
          for (const one of steps) run.take(one);
          run.finish();
          for (const key of keys) expectSubsequence(run, key);
          expectConsistent(run);
          if (options.coalesce === "never") expect(run.told).toEqual(run.queued);
        }),
        { numRuns: 300 },
      );
    });
  }
});
