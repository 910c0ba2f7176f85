import { on, once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { Store } from "../../src/store/store.ts";
import { type Pod, pod } from "../store/pods.ts";

function shared() {
  const store = new Store<Pod>();
  store.replace([pod("shop/a", "1")], "10");
  const writer = new SharedStore<Pod>(store);
  return { store, writer, reader: SharedStore.attach<Pod>(writer.handle) };
}

/** A thread that reads a shared store; `told` gives its messages one by one. */
async function thread(writer: SharedStore<Pod>) {
  const worker = new Worker(new URL("./waiting-thread.ts", import.meta.url), {
    workerData: { handle: writer.handle },
  });
  onTestFinished(async () => void (await worker.terminate()));
  const messages = on(worker, "message");
  const told = async (): Promise<unknown> => (await messages.next()).value?.[0];
  expect(await told()).toBe("ready");
  return { worker, told };
}

describe("SharedReader.waitFor", () => {
  it("wakes a thread when the state is there, compared as decimal numbers (S19)", async () => {
    const { store, writer } = shared();
    const { worker, told } = await thread(writer);
    worker.postMessage("100");
    expect(await told()).toBe("waits");
    // Texts would say that these are newer.
    store.upsert(pod("shop/b", "11"));
    store.upsert(pod("shop/c", "99"));
    await new Promise(setImmediate);
    store.upsert(pod("shop/d", "101"));
    expect(await told()).toEqual(["101", ["shop/a", "shop/b", "shop/c", "shop/d"]]);
    worker.postMessage("7");
    expect([await told(), await told()]).toEqual(["waits", ["101", expect.anything()]]);
  });

  it("wakes a thread by a replace, by a bookmark, and by the first list", async () => {
    const store = new Store<Pod>();
    const writer = new SharedStore<Pod>(store);
    const { worker, told } = await thread(writer);
    worker.postMessage("1");
    expect(await told()).toBe("waits");
    store.replace([pod("shop/a", "1")], "10");
    expect(await told()).toEqual(["10", ["shop/a"]]);
    worker.postMessage("15");
    expect(await told()).toBe("waits");
    store.replace([], "20");
    expect(await told()).toEqual(["20", []]);
    worker.postMessage("25");
    expect(await told()).toBe("waits");
    store.setResourceVersion("30");
    expect(await told()).toEqual(["30", []]);
  });

  it("rejects in all threads with STOPPED when the writer closes, and where it has closed already", async () => {
    const { store, writer, reader } = shared();
    const { worker, told } = await thread(writer);
    worker.postMessage("100");
    expect(await told()).toBe("waits");
    const here = expect(reader.waitFor("100")).rejects.toMatchObject({ code: "STOPPED" });
    writer.close();
    expect(await told()).toBe("STOPPED");
    await here;
    store.upsert(pod("shop/b", "200"));
    worker.postMessage("100");
    expect([await told(), await told()]).toEqual(["waits", "STOPPED"]);
    await expect(reader.waitFor("10")).resolves.toBeUndefined();
    expect(reader.keys()).toEqual(["shop/a"]);
  });

  it("waits for a state that is no number until it is the very one", async () => {
    const { store, reader } = shared();
    store.upsert(pod("shop/b", "x-1"));
    await reader.waitFor("x-1");
    let isThere = false;
    const waits = reader.waitFor("x-2").then(() => {
      isThere = true;
    });
    store.upsert(pod("shop/b", "x-3"));
    await new Promise(setImmediate);
    expect(isThere).toBe(false);
    store.upsert(pod("shop/b", "x-2"));
    await waits;
  });

  it("rejects with TIMEOUT, ABORTED, and STOPPED when it detaches", async () => {
    const { reader } = shared();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const late = reader.waitFor("100", { timeoutMs: 5_000 });
    const timeout = expect(late).rejects.toMatchObject({ code: "TIMEOUT" });
    await vi.advanceTimersByTimeAsync(5_000);
    await timeout;
    const controller = new AbortController();
    const waits = reader.waitFor("100", { signal: controller.signal });
    controller.abort();
    await expect(waits).rejects.toMatchObject({ code: "ABORTED" });
    const detached = reader.waitFor("100");
    reader.detach();
    await expect(detached).rejects.toMatchObject({ code: "STOPPED" });
    await expect(reader.waitFor("1")).rejects.toMatchObject({ code: "STOPPED" });
    const other = shared().reader;
    await expect(other.waitFor("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("is woken once for all writes of a turn, and costs a write nothing where nobody waits", async () => {
    const { store, reader } = shared();
    const notified = vi.spyOn(Atomics, "notify");
    const waited = vi.spyOn(Atomics, "waitAsync");
    onTestFinished(() => {
      notified.mockRestore();
      waited.mockRestore();
    });
    for (let count = 0; count < 100; count++) store.upsert(pod("shop/b", String(100 + count)));
    await new Promise(setImmediate);
    expect(notified).not.toHaveBeenCalled();
    const waits = reader.waitFor("1000");
    for (let count = 0; count < 100; count++) store.upsert(pod("shop/b", String(200 + count)));
    await new Promise(setImmediate);
    expect(notified).toHaveBeenCalledTimes(1);
    store.upsert(pod("shop/b", "1000"));
    await waits;
    expect(notified).toHaveBeenCalledTimes(2);
    expect(waited.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it("gives back what a thread held that died in the middle of a read", async () => {
    const time = { now: 1_000 };
    const spied = vi.spyOn(performance, "now").mockImplementation(() => time.now);
    onTestFinished(() => spied.mockRestore());
    const store = new Store<Pod>();
    store.replace([pod("shop/a", "1")], "10");
    const writer = new SharedStore<Pod>(store, { maxBytes: 2 ** 22, longestReadMs: 1_000 });
    const { worker, told } = await thread(writer);
    worker.postMessage("pin");
    expect(await told()).toEqual(["pinned", 1]);
    const exits = once(worker, "exit");
    void worker.terminate();
    await exits;
    const node = "n".repeat(10_000);
    const write = (from: number): void => {
      for (let count = from; count < from + 100; count++) {
        store.upsert(pod("shop/b", String(count), { node }));
      }
    };
    write(100);
    expect(writer.stats()).toMatchObject({ reads: 1, problem: undefined });
    expect(writer.stats().waitingBytes).toBeGreaterThan(900_000);
    time.now += 1_000;
    write(200);
    expect(writer.stats()).toMatchObject({ reads: 0, problem: undefined });
    expect(writer.stats().waitingBytes).toBeLessThan(700_000);
    for (let from = 300; from < 3_000; from += 100) write(from);
    expect(writer.stats()).toMatchObject({ resourceVersion: "2999", problem: undefined });
  });
});
