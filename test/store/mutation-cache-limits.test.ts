import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SourceStates } from "../../src/store/source-states.ts";
import { key, world } from "./mutation-world.ts";
import { pod } from "./pods.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("MutationCache, limits", () => {
  it("forgets after five minutes, and after what it was told, whatever the store has (S23)", () => {
    const { cache, read, write } = world();
    write("15");
    vi.advanceTimersByTime(299_999);
    expect(read()).toBe("15");
    vi.advanceTimersByTime(1);
    expect(read()).toBe("10");
    cache.deleted({ key, uid: "u1" });
    vi.advanceTimersByTime(300_000);
    expect(read()).toBe("10");
    const short = world({ ttlMs: 10 });
    short.write("15");
    vi.advanceTimersByTime(10);
    expect(short.read()).toBe("10");
    // What has expired refuses nothing either.
    short.write("12");
    expect(short.read()).toBe("12");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("forgets the oldest write above its number: its key reads as the store has it", () => {
    const { cache, read, write } = world({ maxWrites: 2 });
    write("15");
    write("16", { uid: "a" }, "shop/a");
    write("17");
    write("18", { uid: "b" }, "shop/b");
    // Written again, the first was the newer of the two.
    expect([read(), read("shop/a"), read("shop/b"), cache.size]).toEqual(["17", "", "18", 2]);
    cache.deleted({ key: "shop/c", uid: "c", resourceVersion: "19" });
    expect(read()).toBe("10");
  });

  it("looks at the store's writes only while it holds something", () => {
    const { store, write, read } = world();
    const left = vi.fn();
    const original = store.observe.bind(store);
    const observe = vi.spyOn(store, "observe").mockImplementation((observer) => {
      const leave = original(observer);
      return () => {
        left();
        leave();
      };
    });
    write("15");
    write("16");
    expect([observe.mock.calls.length, left.mock.calls.length]).toEqual([1, 0]);
    store.upsert(pod(key, "16", { uid: "u1" }));
    expect(left).toHaveBeenCalledTimes(1);
    write("20");
    write("21", { uid: "n" }, "shop/new");
    store.replace([pod(key, "20", { uid: "u1" })], "21");
    expect([observe.mock.calls.length, left.mock.calls.length]).toEqual([2, 2]);
    write("22");
    expect([observe.mock.calls.length, left.mock.calls.length, read()]).toEqual([3, 2, "22"]);
  });

  it("forgets what nobody reads, two at each write", () => {
    const { store, cache, write } = world();
    const leave = vi.fn();
    vi.spyOn(store, "observe").mockReturnValue(leave);
    for (const name of ["a", "b", "c", "d"]) write("15", { uid: name }, `shop/${name}`);
    store.setResourceVersion("15");
    cache.deleted({ key: "shop/x", uid: "x", resourceVersion: "3" });
    expect(leave).not.toHaveBeenCalled();
    cache.deleted({ key: "shop/x", uid: "x", resourceVersion: "3" });
    expect(leave).toHaveBeenCalledTimes(1);
  });
});

describe("MutationCache where states have no order", () => {
  it("shows a write until the store has shown exactly it, seen at the moment itself (S23)", () => {
    const { store, read, write } = world();
    write("x");
    store.upsert(pod(key, "w", { uid: "u1" }));
    expect(read()).toBe("x");
    store.upsert(pod(key, "x", { uid: "u1" }));
    store.upsert(pod(key, "y", { uid: "u1" }));
    expect(read()).toBe("y");
  });

  it("takes the answer that came later, except for an object that was deleted (S24, S25)", () => {
    const { cache, read, write } = world();
    write("x");
    write("w");
    expect(read()).toBe("w");
    cache.deleted({ key, uid: "u1" });
    write("v");
    expect(read()).toBe("");
    write("t", { uid: "u2" });
    write("s");
    write("r", { uid: "u2" });
    write("q");
    expect(read()).toBe("r");
  });

  it("shows another object that took the name of a deleted one, and still refuses the old one (S25)", () => {
    const { cache, store, read, write } = world();
    write("x");
    cache.deleted({ key, uid: "u1" });
    store.upsert(pod(key, "k", { uid: "u2" }));
    expect(read()).toBe("k");
    write("v");
    expect([read(), cache.size]).toEqual(["k", 1]);
  });

  it("forgets once a list that began after the write is in the store (S23)", () => {
    const states = new SourceStates(1);
    const { store, cache, read, write } = world({}, states);
    const list = (began: () => void): void => {
      states.listBegan(0, true);
      began();
      store.replace([pod(key, "k", { uid: "u1" })], "k");
      states.listed(0, "k");
    };
    list(() => write("x"));
    expect(read()).toBe("x");
    list(() => {});
    expect(read()).toBe("k");
    list(() => cache.deleted({ key, uid: "u1" }));
    expect(read()).toBe("");
    list(() => {});
    expect(read()).toBe("k");
  });

  it("forgets by such a list too where the numbers of a restored etcd went back (S23)", () => {
    const states = new SourceStates(1);
    const { store, read, write } = world({}, states);
    states.listed(0, "10");
    write("1000");
    states.listBegan(0, true);
    store.replace([pod(key, "5", { uid: "u1" })], "6");
    states.listed(0, "6");
    expect(read()).toBe("5");
  });
});
