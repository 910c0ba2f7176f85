import { describe, expect, it, vi } from "vitest";
import type { MutationCacheOptions } from "../../src/store/mutation-cache.ts";
import { SourceStates } from "../../src/store/source-states.ts";
import { key, world as makeWorld, type World } from "./mutation-world.ts";
import { type Pod, pod } from "./pods.ts";

type Overtaken = NonNullable<MutationCacheOptions<Pod>["onOvertaken"]>;

/** A store, one's own writes, and what was said to be overtaken. */
function world(sources?: SourceStates): World & { readonly overtaken: string[] } {
  const overtaken: string[] = [];
  const onOvertaken: Overtaken = ({ metadata }) => {
    overtaken.push(`${metadata?.namespace}/${metadata?.name}@${metadata?.resourceVersion}`);
  };
  return { ...makeWorld({ onOvertaken }, sources), overtaken };
}

const fresh = "shop/new";

describe("MutationCache, overtaken writes", () => {
  it("tells of none that the store shows as it was written, nor of one that another own write replaced", () => {
    const { store, read, write, overtaken } = world();
    write("15");
    write("16");
    store.upsert(pod(key, "15", { uid: "u1" }));
    store.upsert(pod(key, "16", { uid: "u1" }));
    store.upsert(pod(key, "18", { uid: "u1" }));
    write("20", { uid: "n" }, fresh);
    store.replace([pod(fresh, "20", { uid: "n" })], "25");
    expect([read(), read(fresh), overtaken]).toEqual(["", "20", []]);
  });

  it("tells once of one that a relist has passed: the object is another now, or gone", () => {
    const { store, write, overtaken } = world();
    write("15");
    write("16", { uid: "n" }, fresh);
    write("17", { uid: "o" }, "shop/old");
    store.replace([pod(key, "18", { uid: "u1" }), pod("shop/old", "19", { uid: "p" })], "20");
    store.replace([], "30");
    expect(overtaken).toEqual([`${key}@15`, `${fresh}@16`, "shop/old@17"]);
  });

  it("tells of an answer that comes when the store has passed it already", () => {
    const { store, write, overtaken } = world();
    store.setResourceVersion("20");
    write("16", { uid: "n" }, fresh);
    expect(overtaken).toEqual([`${fresh}@16`]);
  });

  it("tells without being read, of several sources as soon as the one of the key is known to be as far", () => {
    const sources = new SourceStates(2, ["shop", "test"]);
    const { store, write, overtaken } = world(sources);
    write("16", { uid: "n" }, fresh);
    sources.listBegan(0, false);
    store.replace([pod("test/other", "40")], "40");
    sources.moved(1, "40");
    expect(overtaken).toEqual([]);
    sources.listed(0, "41");
    expect(overtaken).toEqual([`${fresh}@16`]);
  });

  it("looks at some of very many each time the store moves, and at all of them in the end", () => {
    const sources = new SourceStates(2, ["shop", "test"]);
    const { write, overtaken } = world(sources);
    for (let index = 0; index < 1000; index++)
      write(`${100 + index}`, { uid: `n${index}` }, `shop/p-${index}`);
    sources.moved(0, "2000");
    expect(overtaken.length).toBeLessThan(1000);
    for (let count = 0; count < 5; count++) sources.moved(0, "2000");
    expect(overtaken).toHaveLength(1000);
  });

  it("tells nothing of deletions, of what a write took out of the selection, nor after the time is over", () => {
    vi.useFakeTimers();
    const overtaken: Pod[] = [];
    const { cache, store, write } = makeWorld({
      ttlMs: 1000,
      matches: (one) => one.metadata?.labels?.app !== "db",
      onOvertaken: (one) => void overtaken.push(one),
    });
    cache.deleted({ key, uid: "u1" });
    write("15", { uid: "n", labels: { app: "db" } }, fresh);
    store.replace([], "20");
    write("25", { uid: "o" }, fresh);
    vi.advanceTimersByTime(1000);
    expect([cache.has(fresh), overtaken]).toEqual([false, []]);
    vi.useRealTimers();
  });
});

describe("MutationCache, deletions of what may come back", () => {
  it("hides a deleted object that leaves the selection and comes back to it, in states before its deletion (S25)", () => {
    const { cache, store, read } = makeWorld({ mayReturn: true });
    cache.deleted({ key, uid: "u1" });
    // A label was taken away and given back: to the watch the object went and came.
    store.delete(key, "12");
    store.upsert(pod(key, "13", { uid: "u1" }));
    expect([read(), cache.size, cache.list()]).toEqual(["", 0, []]);
    store.delete(key, "15");
    expect(read()).toBe("");
    store.upsert(pod(key, "16", { uid: "u2" }));
    expect([read(), cache.size]).toEqual(["16", 1]);
  });

  it("forgets the deletion with a newer list, and when the time is over", () => {
    vi.useFakeTimers();
    const sources = new SourceStates(1);
    const { cache, store, read } = makeWorld({ mayReturn: true, ttlMs: 1000 }, sources);
    cache.deleted({ key, uid: "u1" });
    sources.listBegan(0, true);
    store.replace([pod(key, "30", { uid: "u1" })], "30");
    sources.listed(0, "30");
    expect(read()).toBe("30");
    cache.deleted({ key, uid: "u1" });
    store.delete(key, "31");
    vi.advanceTimersByTime(1000);
    store.upsert(pod(key, "32", { uid: "u1" }));
    expect(read()).toBe("32");
    vi.useRealTimers();
  });
});
