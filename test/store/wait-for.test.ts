import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Lister } from "../../src/store/lister.ts";
import { SourceStates } from "../../src/store/source-states.ts";
import { Store } from "../../src/store/store.ts";
import { type Pod, pod } from "./pods.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function filled(resourceVersion: string): { store: Store<Pod>; lister: Lister<Pod> } {
  const store = new Store<Pod>();
  store.replace([pod("shop/web-0", "7")], resourceVersion);
  return { store, lister: new Lister(store) };
}

/** Whether a wait has ended, and how. */
function outcome(wait: Promise<void>): { now: () => Promise<string> } {
  let state = "waiting";
  wait.then(
    () => {
      state = "reached";
    },
    (error: unknown) => {
      state = KubeError.is(error) ? error.code : String(error);
    },
  );
  return {
    now: async () => {
      await vi.advanceTimersByTimeAsync(0);
      return state;
    },
  };
}

describe("waitFor", () => {
  it("resolves at once where the state is there, the same or a newer, and leaves no timer (S19)", async () => {
    const { lister } = filled("1000");
    await lister.waitFor("1000");
    await lister.waitFor("999");
    await lister.waitFor("7");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("resolves with the write that brings the state, of whatever kind, when reads include it (S19)", async () => {
    const { store, lister } = filled("9");
    const waits = ["10", "11", "12", "13"].map((one) => outcome(lister.waitFor(one)));
    const states = (): Promise<string[]> => Promise.all(waits.map((one) => one.now()));
    store.upsert(pod("shop/web-1", "10"));
    expect(await states()).toEqual(["reached", "waiting", "waiting", "waiting"]);
    store.delete("shop/web-1", "11");
    expect((await states())[1]).toBe("reached");
    store.setResourceVersion("12");
    expect((await states())[2]).toBe("reached");
    store.replace([], "20");
    expect((await states())[3]).toBe("reached");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("compares numbers of any length, not texts, and not floating points", async () => {
    const { store, lister } = filled("9");
    const wait = outcome(lister.waitFor("99999999999999999999"));
    store.setResourceVersion("99999999999999999998");
    expect(await wait.now()).toBe("waiting");
    store.setResourceVersion("100000000000000000000");
    expect(await wait.now()).toBe("reached");
  });

  it("waits before the first list too, which it does not ask for", async () => {
    const store = new Store<Pod>();
    const wait = outcome(new Lister(store).waitFor("5"));
    store.setResourceVersion("6");
    expect(await wait.now()).toBe("waiting");
    store.replace([], "6");
    expect(await wait.now()).toBe("reached");
  });

  it("looks at where the store is, never at where it was: the numbers of a restored etcd go back (S18)", async () => {
    const { store, lister } = filled("1000");
    store.replace([], "500");
    const wait = outcome(lister.waitFor("900"));
    expect(await wait.now()).toBe("waiting");
    store.upsert(pod("shop/web-1", "899"));
    expect(await wait.now()).toBe("waiting");
    store.upsert(pod("shop/web-1", "901"));
    expect(await wait.now()).toBe("reached");
  });

  it("waits for the very state where there is no order, and is not misled by another", async () => {
    for (const [from, to] of [
      ["x1", "x2"],
      ["10", "x2"],
      ["x1", "10"],
      // A number with a zero in front is none that a server counts by.
      ["9", "010"],
    ] as const) {
      const { store, lister } = filled(from);
      const wait = outcome(lister.waitFor(to));
      store.upsert(pod("shop/web-1", "z"));
      expect(await wait.now()).toBe("waiting");
      store.upsert(pod("shop/web-1", to));
      store.upsert(pod("shop/web-1", "other"));
      expect(await wait.now()).toBe("reached");
    }
  });

  it("rejects with TIMEOUT, naming both states and what to do, by default after two bookmarks' time", async () => {
    const { store, lister } = filled("1042");
    const wait = lister.waitFor("1050", { timeoutMs: 5000 });
    const refused = expect(wait).rejects.toMatchObject({
      code: "TIMEOUT",
      message:
        "Wait until the store has reached resourceVersion 1050: it is at 1043 after 5000 ms. A watch on which " +
        "nothing happens moves about once a minute only: wait longer, or read from the server itself",
    });
    store.upsert(pod("shop/web-1", "1043"));
    await vi.advanceTimersByTimeAsync(5000);
    await refused;
    const patient = outcome(lister.waitFor("1050"));
    await vi.advanceTimersByTimeAsync(119_999);
    expect(await patient.now()).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1);
    expect(await patient.now()).toBe("TIMEOUT");
    const unlisted = expect(new Lister(new Store<Pod>()).waitFor("5", { timeoutMs: 1 })).rejects.toThrow(
      "nothing is listed yet after 1 ms",
    );
    await vi.advanceTimersByTimeAsync(1);
    await unlisted;
  });

  it("rejects with ABORTED by its signal, before and while it waits", async () => {
    const { lister } = filled("1");
    const controller = new AbortController();
    const wait = lister.waitFor("2", { signal: controller.signal });
    controller.abort();
    await expect(wait).rejects.toMatchObject({ code: "ABORTED" });
    await expect(lister.waitFor("2", { signal: controller.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with STOPPED when nothing more will come, but not for a state that is there", async () => {
    const store = new Store<Pod>();
    store.replace([], "5");
    const stopped = new AbortController();
    const lister = new Lister(store, [stopped.signal]);
    const wait = lister.waitFor("6");
    stopped.abort();
    await expect(wait).rejects.toMatchObject({ code: "STOPPED" });
    await expect(lister.waitFor("6")).rejects.toMatchObject({ code: "STOPPED" });
    await lister.waitFor("5");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("refuses what is no resourceVersion, and options that are none", async () => {
    const { lister } = filled("1");
    const calls: unknown[][] = [
      [""],
      [undefined],
      [5],
      ["5", 5],
      ["5", { timeoutMs: -1 }],
      ["5", { signal: {} }],
    ];
    for (const given of calls) {
      await expect(Reflect.apply(lister.waitFor, lister, given)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
      });
    }
  });

  it("is told of no write while nobody waits", async () => {
    const { store, lister } = filled("1");
    const seen: string[] = [];
    const leave = store.observe({ wrote: (key) => void seen.push(key) });
    store.upsert(pod("shop/a", "2"));
    leave();
    leave();
    store.upsert(pod("shop/b", "3"));
    await lister.waitFor("3");
    const looks = vi.spyOn(store, "hasReached");
    const wait = lister.waitFor("4");
    store.upsert(pod("shop/c", "4"));
    await wait;
    store.upsert(pod("shop/d", "5"));
    expect([seen, looks.mock.calls.length]).toEqual([["shop/a"], 2]);
  });

  it("is offered by a store alone as well", async () => {
    const { store } = filled("1");
    const wait = outcome(store.waitFor("2"));
    store.setResourceVersion("2");
    expect(await wait.now()).toBe("reached");
  });
});

describe("waitFor where an informer says how far its sources are", () => {
  function joined(): { states: SourceStates; store: Store<Pod> } {
    const states = new SourceStates(2, ["a", "b"]);
    const store = new Store<Pod>({ sources: states });
    states.listed(0, "10");
    store.replace([], "10");
    states.listed(1, "10");
    return { states, store };
  }

  it("takes a state for reached when every source has it, whichever wrote last", async () => {
    const { states, store } = joined();
    const wait = outcome(store.waitFor("15"));
    store.upsert(pod("a/x", "20"));
    states.moved(0, "20");
    expect([store.resourceVersion, await wait.now()]).toEqual(["20", "waiting"]);
    expect([store.hasReached("15"), store.hasReached("15", { key: "a/x" })]).toEqual([false, true]);
    expect([store.hasReached("15", { key: "b/x" }), store.hasReached("15", { key: "c/x" })]).toEqual([
      false,
      false,
    ]);
    const refused = expect(store.waitFor("15", { timeoutMs: 1 })).rejects.toThrow("it is at 10 after 1 ms");
    await vi.advanceTimersByTimeAsync(1);
    await refused;
    states.moved(1, "15");
    expect(await wait.now()).toBe("reached");
  });

  it("takes nothing for reached after changes were lost, until everything is exchanged", async () => {
    const { states, store } = joined();
    for (const source of [0, 1]) {
      states.listBegan(source, true);
      states.listed(source, "10");
    }
    expect(store.hasListedSince(0, "a/x")).toBe(true);
    states.lost();
    states.moved(0, "30");
    states.moved(1, "30");
    expect([store.hasReached("20"), store.hasListedSince(0, "a/x")]).toEqual([false, false]);
    const wait = outcome(store.waitFor("20"));
    expect(await wait.now()).toBe("waiting");
    states.restored();
    store.replace([], "30");
    expect(await wait.now()).toBe("reached");
  });

  it("counts a list of the newest state that began after the call where there is no order", async () => {
    const states = new SourceStates(1);
    const store = new Store<Pod>({ sources: states });
    const list = (isNewest: boolean, resourceVersion: string): void => {
      states.listBegan(0, isNewest);
      store.replace([], resourceVersion);
      states.listed(0, resourceVersion);
    };
    list(true, "x");
    states.listBegan(0, true);
    const wait = outcome(store.waitFor("y"));
    states.listed(0, "z");
    expect(await wait.now()).toBe("waiting");
    // One that failed, then one that may be answered from a cache.
    states.listBegan(0, true);
    list(false, "z");
    expect(await wait.now()).toBe("waiting");
    list(true, "zz");
    expect(await wait.now()).toBe("reached");
    // Between numbers there is an order, and a list may be of a state before it.
    list(true, "5");
    const ordered = outcome(store.waitFor("6"));
    list(true, "5");
    expect(await ordered.now()).toBe("waiting");
  });

  it("takes nothing for a state that comes in no order: a stream that began at no resourceVersion (R12)", async () => {
    const states = new SourceStates(1);
    const store = new Store<Pod>({ sources: states });
    store.replace([], "0");
    states.listed(0, "0");
    store.upsert(pod("a/x", "50"));
    states.moved(0, "0");
    expect(store.hasReached("30")).toBe(false);
    store.upsert(pod("a/y", "30"));
    store.upsert(pod("a/y", "60"));
    states.moved(0, "60");
    expect(store.hasReached("30")).toBe(true);
  });
});
