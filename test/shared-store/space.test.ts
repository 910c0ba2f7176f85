import { describe, expect, it } from "vitest";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, type Pod } from "../store/pods.ts";
import { sized } from "./sized-pods.ts";
import { untilSettled } from "./until-settled.ts";

/** A sequence of numbers below 1 that looks random. */
function numbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) / 2 ** 24;
  };
}

const sum = (sizes: Iterable<number>): number => Array.from(sizes).reduce((total, size) => total + size, 0);

describe("SharedStore, space", () => {
  it("uses freed space anew: many overwrites of changing sizes take no more than 1.4 times what is stored", () => {
    const store = new Store<Pod>();
    store.replace([], "1");
    const shared = new SharedStore<Pod>(store);
    const random = numbers();
    const sizes = new Map<string, number>();
    let version = 1;
    const write = (): void => {
      const key = `ns-${version % 5}/p${Math.floor(random() * 400)}`;
      const bytes = 300 + Math.floor(random() * 3_700);
      sizes.set(key, bytes);
      store.upsert(sized(key, String(++version), bytes));
    };
    for (let count = 0; count < 200_000; count++) {
      write();
      if (count % 20_000 !== 19_999) continue;
      const { bytes, problem } = shared.stats();
      // Memory comes in steps of 1 MiB at least.
      expect(bytes).toBeLessThan(1.4 * sum(sizes.values()) + 2 ** 20);
      expect(problem).toBeUndefined();
    }
  }, 30_000);

  it("moves objects together where what is free lies between them, and shows them all the while", async () => {
    const store = new Store<Pod, { node: typeof byNode }>({ indexers: { node: byNode } });
    const count = 20_000;
    const small = (index: number) => sized(`ns-${index % 7}/p${index}`, String(index + 1), 330);
    store.replace(
      Array.from({ length: count }, (_, index) => small(index)),
      "1",
    );
    const shared = new SharedStore<Pod>(store, { indexers: [] });
    await untilSettled(shared);
    const reader = SharedStore.attach<Pod>(shared.handle);
    const isKept = (index: number): boolean => index % 8 === 1;
    for (let index = 0; index < count; index++) {
      if (!isKept(index)) store.delete(`ns-${index % 7}/p${index}`, "2");
    }
    const before = shared.stats();
    expect(before.freeBytes).toBeGreaterThan(0.8 * before.bytes);
    // None of these fits between those that were kept; together they need less than is free.
    const big = 1_000;
    for (let index = 0; index < big; index++) store.upsert(sized(`big/b${index}`, String(index + 1), 6_000));
    const after = shared.stats();
    expect(after.bytes).toBeLessThan(before.bytes + 3.5 * 2 ** 20);
    expect(after.problem).toBeUndefined();
    expect(reader.size).toBe(count / 8 + big);
    expect(new Set(reader.keys())).toEqual(new Set(store.keys()));
    for (let index = 0; index < count; index++) {
      if (!isKept(index)) continue;
      const object = reader.get(`ns-${index % 7}/p${index}`);
      if (object?.metadata?.resourceVersion !== String(index + 1)) throw new Error(`lost p${index}`);
    }
    expect(reader.indexKeys("namespace", "ns-3")).toEqual(store.indexKeys("namespace", "ns-3"));
  });

  it("grows while it is read, and gives everything back when all is deleted", () => {
    const store = new Store<Pod>();
    store.replace([], "1");
    const shared = new SharedStore<Pod>(store);
    const reader = SharedStore.attach<Pod>(shared.handle);
    const empty = shared.stats();
    const early = reader.snapshot();
    for (let index = 0; index < 3_000; index++) {
      store.upsert(sized(`shop/p${index}`, String(index + 2), 5_000));
      if (index % 100 === 0) expect(reader.get(`shop/p${index}`)).toBeDefined();
    }
    expect(shared.stats().bytes).toBeGreaterThan(15_000_000);
    expect([early.size, early.keys()]).toEqual([0, []]);
    early.release();
    const key = "shop/p17";
    expect(JSON.stringify(reader.get(key))).toBe(JSON.stringify(store.get(key)));
    for (let index = 0; index < 3_000; index++) store.delete(`shop/p${index}`, "9999");
    // Chunks of small blocks keep a 256th of themselves, here of what the snapshot held up.
    expect(shared.stats().usedBytes - empty.usedBytes).toBeLessThan(15_000);
    expect(shared.stats().waitingBytes).toBeLessThan(2 ** 19);
  });
});
