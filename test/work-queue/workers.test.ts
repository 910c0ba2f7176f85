import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WorkItem } from "../../src/work-queue/work-item.ts";
import { WorkQueue } from "../../src/work-queue/work-queue.ts";
import { settled, takeNow, workOff } from "./taken.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A worker that ends when the test says so. */
function gated(): {
  worker: (item: WorkItem) => Promise<void>;
  running: Map<string, PromiseWithResolvers<void>>;
} {
  const running = new Map<string, PromiseWithResolvers<void>>();
  const worker = async ({ key }: WorkItem): Promise<void> => {
    const gate = Promise.withResolvers<void>();
    running.set(key, gate);
    try {
      await gate.promise;
    } finally {
      running.delete(key);
    }
  };
  return { worker, running };
}

describe("WorkQueue, iterated", () => {
  it("hands out keys until it is shut down and empty, each done when the next is asked for (Q3)", async () => {
    const queue = new WorkQueue();
    for (const key of ["a", "b", "c"]) queue.add(key);
    const seen: string[] = [];
    for await (const { key } of queue) {
      seen.push(`${key} ${queue.processing}`);
      if (key === "a") queue.add("a");
      if (key === "c") queue.shutDown();
    }
    expect(seen).toEqual(["a 1", "b 1", "c 1", "a 1"]);
    expect([queue.processing, queue.length]).toEqual([0, 0]);
  });

  it("says done where the loop is left, by break and by an error", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    queue.add("b");
    for await (const _ of queue) break;
    expect(queue.processing).toBe(0);
    const failing = async (): Promise<void> => {
      for await (const { key } of queue) throw new Error(key);
    };
    await expect(failing()).rejects.toThrow("b");
    expect([queue.processing, queue.length]).toEqual([0, 0]);
  });

  it("does not mind a key that its body has done itself, and that another has taken since (Q2)", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    for await (const { key } of queue) {
      queue.done(key);
      queue.add(key);
      expect(takeNow(queue).key).toBe("a");
      break;
    }
    expect(queue.processing).toBe(1);
  });

  it("ends with its signal, and leaves to others what was handed over too late", async () => {
    const queue = new WorkQueue();
    const stop = new AbortController();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const { key } of queue.items(stop.signal)) seen.push(key);
    })();
    queue.add("a");
    await settled();
    queue.add("b", { priority: 4 });
    stop.abort();
    await loop;
    expect([seen, queue.processing]).toEqual([["a"], 0]);
    expect(takeNow(queue)).toMatchObject({ key: "b", priority: 4 });
  });

  it("shares the keys among several loops (Q2)", async () => {
    const queue = new WorkQueue();
    const seen: string[] = [];
    const loop = async (name: string): Promise<void> => {
      for await (const { key } of queue) seen.push(`${name} ${key}`);
    };
    const loops = [loop("first"), loop("second")];
    await settled();
    queue.add("a");
    queue.add("b");
    queue.shutDown();
    await Promise.all(loops);
    expect(seen).toEqual(["first a", "second b"]);
  });
});

describe("WorkQueue, its workers", () => {
  it("lets as many run at once as it is told, never two on one key, until shut down and empty (Q2, Q3)", async () => {
    const queue = new WorkQueue();
    const { worker, running } = gated();
    const ended = vi.fn();
    void queue.work(2, worker).then(ended);
    for (const key of ["a", "b", "c"]) queue.add(key);
    await settled();
    queue.add("a");
    expect([...running.keys()]).toEqual(["a", "b"]);
    running.get("b")?.resolve();
    await settled();
    expect([...running.keys()]).toEqual(["a", "c"]);
    queue.shutDown();
    running.get("c")?.resolve();
    await settled();
    expect([...running.keys()]).toEqual(["a"]);
    running.get("a")?.resolve();
    await settled();
    expect([...running.keys(), ended.mock.calls.length]).toEqual(["a", 0]);
    running.get("a")?.resolve();
    await settled();
    expect([queue.processing, ended.mock.calls.length]).toEqual([0, 1]);
  });

  it("takes nothing further once the signal aborts, and waits for those that run", async () => {
    const queue = new WorkQueue();
    const { worker, running } = gated();
    const stop = new AbortController();
    const ended = vi.fn();
    void queue.work(2, worker, { signal: stop.signal }).then(ended);
    queue.add("a");
    await settled();
    queue.add("late", { priority: 3 });
    stop.abort();
    await settled();
    expect([[...running.keys()], ended.mock.calls.length]).toEqual([["a"], 0]);
    running.get("a")?.resolve();
    await settled();
    expect([ended.mock.calls.length, queue.processing, queue.length]).toEqual([1, 0, 1]);
    expect(takeNow(queue)).toMatchObject({ key: "late", priority: 3 });
    await queue.work(1, worker, { signal: stop.signal });
  });

  it("tells onError what a worker threw, waits for it, and goes on", async () => {
    const queue = new WorkQueue();
    const told: string[] = [];
    const works: string[] = [];
    const work = queue.work(
      1,
      ({ key, retries }) => {
        works.push(`${key} ${retries}`);
        if (key === "bad" && retries < 2) throw new Error("no");
      },
      {
        async onError(error, { key }) {
          told.push(`${key} ${error instanceof Error && error.message} ${queue.processing}`);
          await Promise.resolve();
          queue.addRateLimited(key);
        },
      },
    );
    queue.add("bad");
    queue.add("good");
    await vi.advanceTimersByTimeAsync(100);
    queue.shutDown();
    await work;
    expect(told).toEqual(["bad no 1", "bad no 1"]);
    expect(works).toEqual(["bad 0", "good 0", "bad 1", "bad 2"]);
  });

  it("rejects with what a worker threw where nobody is told, after the others have ended", async () => {
    const queue = new WorkQueue();
    const { worker, running } = gated();
    const work = queue.work(3, worker);
    const ended = vi.fn();
    work.catch(ended);
    for (const key of ["a", "b", "c", "d"]) queue.add(key);
    await settled();
    running.get("a")?.reject(new Error("no"));
    await settled();
    expect([[...running.keys()], ended.mock.calls.length]).toEqual([["b", "c"], 0]);
    running.get("b")?.resolve();
    running.get("c")?.resolve();
    await expect(work).rejects.toThrow("no");
    expect([queue.processing, workOff(queue)]).toEqual([0, ["d"]]);
  });

  it("rejects with all of them where several were thrown", async () => {
    const queue = new WorkQueue();
    const { worker, running } = gated();
    const work = queue.work(2, worker);
    work.catch(() => {});
    queue.add("a");
    queue.add("b");
    await settled();
    running.get("a")?.reject("first");
    running.get("b")?.reject("second");
    await expect(work).rejects.toMatchObject({ errors: ["first", "second"] });
  });

  it("rejects with what onError throws", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    const onError = async (): Promise<void> => {
      throw new Error("nor can I tell");
    };
    const work = queue.work(1, () => Promise.reject(new Error("no")), { onError });
    await expect(work).rejects.toThrow("nor can I tell");
    expect(queue.processing).toBe(0);
  });

  it("lets the event loop turn while workers never wait for anything", async () => {
    const queue = new WorkQueue();
    for (let key = 0; key < 10; key++) queue.add(`key-${key}`);
    const turn = vi.fn();
    setImmediate(turn);
    let now = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    const seen: number[] = [];
    const work = queue.work(2, () => {
      now += 4;
      seen.push(turn.mock.calls.length);
    });
    await settled();
    const before = seen.length;
    expect(before).toBeLessThan(6);
    await vi.advanceTimersByTimeAsync(1);
    queue.shutDown();
    await vi.advanceTimersByTimeAsync(1);
    await work;
    expect(seen).toEqual([...Array(before).fill(0), ...Array(10 - before).fill(1)]);
    clock.mockRestore();
  });

  it("does not wait for a turn of the event loop once the signal aborts", async () => {
    const queue = new WorkQueue();
    queue.add("a");
    queue.add("b");
    let now = performance.now();
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    const stop = new AbortController();
    const work = queue.work(1, () => (now += 100), { signal: stop.signal });
    await settled();
    stop.abort();
    await work;
    expect([queue.length, vi.getTimerCount()]).toEqual([1, 0]);
    clock.mockRestore();
  });

  it("listens to a signal no longer than it needs to", async () => {
    const queue = new WorkQueue();
    const { signal } = new AbortController();
    const ended = [queue.work(2, () => {}, { signal }), queue.take(signal), queue.drain(signal)];
    await Promise.all(ended);
    queue.add("dropped");
    const left = new WorkQueue();
    const waiting = left.take(signal);
    left.add("a");
    await waiting;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("refuses what it cannot work with", async () => {
    const queue = new WorkQueue();
    const worker = (): void => {};
    const wrong = [
      () => queue.work(0, worker),
      () => queue.work(1.5, worker),
      () => queue.work(Object([])[0], worker),
      () => queue.work(1, Object([])[0]),
      () => queue.work(1, Object("no")),
      () => queue.work(1, worker, Object([])),
      () => queue.work(1, worker, { signal: Object(new AbortController()) }),
      () => queue.work(1, worker, { onError: Object("no") }),
    ];
    for (const call of wrong) await expect(call()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
