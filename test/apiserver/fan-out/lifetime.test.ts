import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Watcher } from "../../../src/apiserver/fan-out/watcher.ts";
import { KubeError } from "../../../src/base/errors.ts";
import { parseFieldSelector } from "../../../src/resource/field-selector.ts";
import { parseLabelSelector } from "../../../src/resource/label-selector.ts";
import { parse, WatchedCluster } from "./watching.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const bookmarks = { allowWatchBookmarks: true };

describe("bookmarks", () => {
  it("come every minute to who allows them, at the newest revision of any resource (T10)", async () => {
    const it = new WatchedCluster();
    const [with_, without] = [await it.watch(bookmarks), await it.watch()];
    it.storage.advance();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await with_.next(2)).toEqual(["BOOKMARK! @1000", "BOOKMARK @1001"]);
    expect(without.watcher.queuedEvents).toBe(0);
    await with_.leave();
    expect(vi.getTimerCount()).toBe(0);
    await without.leave();
  });

  it("carry the kind, its fields that are never left out, and only a resourceVersion", async () => {
    const it = new WatchedCluster({ bookmarkIntervalMs: 10 });
    const stream = await it.watch({ ...bookmarks, resourceVersion: "1000" });
    it.storage.advance();
    await vi.advanceTimersByTimeAsync(10);
    expect(parse(await stream.frame()).object).toEqual({
      kind: "Pod",
      apiVersion: "v1",
      metadata: { resourceVersion: "1001" },
      spec: { containers: null },
      status: {},
    });
    await stream.leave();
  });

  it("come only when there is something to tell", async () => {
    const it = new WatchedCluster({ bookmarkIntervalMs: 10 });
    const stream = await it.watch({ ...bookmarks, resourceVersion: "1000" });
    await vi.advanceTimersByTimeAsync(30);
    it.create("shop/a");
    expect(await stream.next(1)).toEqual(["ADDED shop/a @1001"]);
    await vi.advanceTimersByTimeAsync(30);
    it.storage.advance();
    await vi.advanceTimersByTimeAsync(30);
    it.fanOut.close();
    expect(await stream.rest()).toEqual(["BOOKMARK @1002"]);
  });

  it("never end a watch that is behind, and never go before a future start", async () => {
    const it = new WatchedCluster({ bookmarkIntervalMs: 10, queueEvents: 1 });
    const behind = await it.watch({ ...bookmarks, resourceVersion: "1000" });
    const ahead = await it.watch({ ...bookmarks, resourceVersion: "1002" });
    it.create("shop/a");
    await vi.advanceTimersByTimeAsync(30);
    expect(behind.watcher.isEnding).toBe(false);
    expect(ahead.watcher.queuedEvents).toBe(0);
    it.create("shop/b");
    await vi.advanceTimersByTimeAsync(10);
    expect(ahead.watcher.queuedEvents).toBe(0);
    it.storage.advance();
    await vi.advanceTimersByTimeAsync(10);
    expect(await ahead.next(1)).toEqual(["BOOKMARK @1003"]);
    it.fanOut.close();
  });
});

describe("the end of a watch", () => {
  it("comes cleanly after timeoutSeconds, with a bookmark two seconds before it (T10)", async () => {
    const it = new WatchedCluster();
    const stream = await it.watch({ ...bookmarks, resourceVersion: "1000", timeoutSeconds: 5 });
    const plain = await it.watch({ resourceVersion: "1000", timeoutSeconds: 5 });
    const short = await it.watch({ ...bookmarks, resourceVersion: "1000", timeoutSeconds: 2 });
    it.storage.advance();
    await vi.advanceTimersByTimeAsync(2999);
    expect(stream.watcher.queuedEvents).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    it.create("shop/a");
    expect(it.fanOut.size).toBe(3);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await stream.rest()).toEqual(["BOOKMARK @1001", "ADDED shop/a @1002"]);
    expect(await plain.rest()).toEqual(["ADDED shop/a @1002"]);
    expect(await short.rest()).toEqual([]);
    expect(it.fanOut.size).toBe(0);
  });

  it("is there at once for a negative time-out, before anything is told", async () => {
    const it = new WatchedCluster();
    it.create("shop/a");
    const stream = await it.watch({ timeoutSeconds: -5 });
    expect(await stream.rest()).toEqual([]);
    expect(it.fanOut.size).toBe(0);
  });

  it("claims nothing about a future it did not reach", async () => {
    const it = new WatchedCluster();
    const stream = await it.watch({ ...bookmarks, resourceVersion: "2000", timeoutSeconds: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await stream.rest()).toEqual([]);
  });

  it("comes with the reader's leaving, and with the signal", async () => {
    const it = new WatchedCluster();
    const controller = new AbortController();
    const left = await it.watch({ timeoutSeconds: 60, ...bookmarks }, controller.signal);
    const aborted = await it.watch({ timeoutSeconds: 60 }, controller.signal);
    await left.next(1);
    await left.leave();
    expect(it.fanOut.size).toBe(1);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    const rest = aborted.rest();
    controller.abort();
    expect(await rest).toEqual([]);
    expect(it.fanOut.size).toBe(0);
    const late = await it.watch({ timeoutSeconds: 60 }, controller.signal);
    expect(await late.rest()).toEqual([]);
  });

  it("is there at once when all is closed", async () => {
    const it = new WatchedCluster();
    it.create("shop/a");
    it.fanOut.close();
    const stream = await it.watch({ timeoutSeconds: 60, ...bookmarks });
    expect(await stream.rest()).toEqual(["ADDED shop/a @1001", "BOOKMARK! @1001"]);
    expect(it.fanOut.size).toBe(0);
  });
});

describe("a slow watcher", () => {
  it("is ended when its queue is full, gets what was queued, and delays nobody (T8)", async () => {
    const it = new WatchedCluster({ queueEvents: 2 });
    const slow = await it.watch({ resourceVersion: "1000" });
    const fast = await it.watch({ resourceVersion: "1000" });
    const seen: string[] = [];
    for (let n = 1; n <= 5; n += 1) {
      it.create(`shop/p${n}`);
      seen.push(...(await fast.next(1)));
    }
    expect(seen).toHaveLength(5);
    expect(await slow.rest()).toEqual(["ADDED shop/p1 @1001", "ADDED shop/p2 @1002"]);
    const resumed = await it.watch({ resourceVersion: "1002" });
    expect(await resumed.next(3)).toEqual(seen.slice(2));
    it.fanOut.close();
  });

  it("is bound by bytes too, but one frame always fits", async () => {
    const it = new WatchedCluster({ queueBytes: 200 });
    const stream = await it.watch({ resourceVersion: "1000" });
    it.create("shop/a", { long: "x".repeat(50) });
    expect(stream.watcher.queuedBytes).toBeGreaterThan(200);
    expect(stream.watcher.isEnding).toBe(false);
    it.create("shop/b");
    expect(await stream.rest()).toEqual(["ADDED shop/a @1001"]);
  });
});

describe("encoding", () => {
  it("happens once per event: all its watchers get the same bytes", async () => {
    const it = new WatchedCluster();
    const stringify = vi.spyOn(JSON, "stringify");
    const web = parseLabelSelector("app=web");
    const streams = [
      await it.watch({ resourceVersion: "1000" }),
      await it.watch({ resourceVersion: "1000", namespace: "shop" }),
      await it.watch({ resourceVersion: "1000", fieldSelector: parseFieldSelector("metadata.name=a") }),
    ];
    const selecting = [
      await it.watch({ resourceVersion: "1000", labelSelector: web }),
      await it.watch({ resourceVersion: "1000", labelSelector: web }),
    ];
    it.create("shop/a");
    it.put("shop/a", { app: "web" });
    expect(stringify).toHaveBeenCalledTimes(2);
    it.put("shop/a", { app: "db" });
    // The third write is MODIFIED for most, and DELETED, with its previous state, for the selecting.
    expect(stringify).toHaveBeenCalledTimes(4);
    const late = await it.watch({ resourceVersion: "1000" });
    for (let n = 0; n < 3; n += 1) {
      const [first, ...others] = await Promise.all([...streams, late].map((stream) => stream.frame()));
      for (const other of others) expect(other).toBe(first);
    }
    for (let n = 0; n < 2; n += 1) {
      const [first, second] = await Promise.all(selecting.map((stream) => stream.frame()));
      expect(second).toBe(first);
    }
    expect(stringify).toHaveBeenCalledTimes(4);
    stringify.mockRestore();
    it.fanOut.close();
  });

  it("does not happen for changes that nobody watches", () => {
    const it = new WatchedCluster();
    const stringify = vi.spyOn(JSON, "stringify");
    it.create("shop/a");
    expect(stringify).not.toHaveBeenCalled();
    stringify.mockRestore();
  });
});

describe("the controls for tests", () => {
  it("cut all watches: cleanly, or with an error", async () => {
    const it = new WatchedCluster();
    const [one, two] = [await it.watch(), await it.watch({ timeoutSeconds: 60 })];
    const waiting = one.rest();
    it.create("shop/lost-on-the-wire");
    expect(it.fanOut.cut()).toBe(2);
    expect([await waiting, await two.rest(), it.fanOut.size]).toEqual([[], [], 0]);
    const three = await it.watch();
    const error = new KubeError("CONNECTION_FAILED", "the wire was cut");
    const told: unknown[] = [];
    three.watcher.onCut((reason) => told.push(reason));
    it.fanOut.cut(error);
    three.watcher.cut();
    three.watcher.onCut((reason) => told.push(reason));
    expect(told).toEqual([error, error]);
    await expect(three.rest()).rejects.toBe(error);
  });

  it("stall all watches without closing them, later ones too, and resume", async () => {
    const it = new WatchedCluster();
    const before = await it.watch();
    it.fanOut.stall();
    const after = await it.watch({ timeoutSeconds: 1 });
    it.create("shop/a");
    const heard: string[] = [];
    const reading = Promise.all([before, after].map(async (stream) => heard.push(...(await stream.next(1)))));
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard).toEqual([]);
    it.fanOut.resume();
    await reading;
    expect(heard).toEqual(["ADDED shop/a @1001", "ADDED shop/a @1001"]);
    expect(await after.rest()).toEqual([]);
    expect(it.fanOut.size).toBe(1);
    it.fanOut.cut();
  });

  it("reach streams that ended but were not read to the end: cut, stall and the signal", async () => {
    const it = new WatchedCluster();
    it.create("shop/a");
    const controller = new AbortController();
    const [one, two] = [
      await it.watch({ timeoutSeconds: 1 }),
      await it.watch({ resourceVersion: "1" }, controller.signal),
    ];
    await vi.advanceTimersByTimeAsync(1000);
    expect(it.fanOut.size).toBe(2);
    controller.abort();
    expect(await two.rest()).toEqual([]);
    expect(it.fanOut.cut()).toBe(1);
    expect(await one.rest()).toEqual([]);
    expect(it.fanOut.size).toBe(0);
  });

  it("expire the history: resumes get 410, open watches live on, are told, or end (T12)", async () => {
    const it = new WatchedCluster();
    const kept = await it.watch({ resourceVersion: "1000" });
    it.fanOut.expire();
    it.create("shop/a");
    expect(await kept.next(1)).toEqual(["ADDED shop/a @1002"]);
    expect(await (await it.watch({ resourceVersion: "1000" })).rest()).toEqual(["ERROR 410 Expired"]);
    it.fanOut.expire({ open: "error-event" });
    expect(await kept.rest()).toEqual(["ERROR 410 Expired"]);
    const ended = await it.watch({ resourceVersion: "1003" });
    it.fanOut.expire({ open: "end" });
    expect([await ended.rest(), it.fanOut.size]).toEqual([[], 0]);
  });
});

describe("a watcher", () => {
  it("is read once", async () => {
    const watcher = new Watcher();
    watcher.end();
    watcher.end();
    expect(watcher.push(new Uint8Array(1))).toBe(false);
    expect(await watcher[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    await expect(watcher[Symbol.asyncIterator]().next()).rejects.toThrow("it is read already");
  });
});
