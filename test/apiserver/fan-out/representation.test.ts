import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Representation } from "../../../src/apiserver/fan-out/representation.ts";
import { parse, Stream, WatchedCluster } from "./watching.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const v1: Representation = "meta.k8s.io/v1";

async function watch(it: WatchedCluster, as: Representation, query: object = {}): Promise<Stream> {
  return new Stream(await it.fanOut.watch(query, undefined, as));
}

describe("metadata alone", () => {
  it("is encoded once per version for all who watch it, beside the objects (H15)", async () => {
    const it = new WatchedCluster();
    const streams = await Promise.all(
      (["object", "object", v1, v1, "meta.k8s.io/v1beta1"] as const).map((as) => watch(it, as)),
    );
    const stringify = vi.spyOn(JSON, "stringify");
    it.create("shop/a");
    const frames = await Promise.all(streams.map((stream) => stream.frame()));
    const late = await watch(it, v1, { resourceVersion: "1000" });
    const replayed = await late.frame();
    expect(stringify).toHaveBeenCalledTimes(3);
    expect(frames[1]).toBe(frames[0]);
    expect(frames[3]).toBe(frames[2]);
    expect(replayed).toBe(frames[2]);
    expect(frames.slice(2).map((frame) => parse(frame).object.apiVersion)).toEqual([
      v1,
      v1,
      "meta.k8s.io/v1beta1",
    ]);
    for (const stream of [...streams, late]) await stream.leave();
  });

  it("costs nothing where nobody watches it", async () => {
    const it = new WatchedCluster();
    const stream = await watch(it, "object");
    const stringify = vi.spyOn(JSON, "stringify");
    it.create("shop/a");
    it.put("shop/a", { x: "1" });
    it.delete("shop/a");
    expect(stringify).toHaveBeenCalledTimes(3);
    await stream.leave();
  });

  it("is what bookmarks have too, without the fields of their kind (H15)", async () => {
    const it = new WatchedCluster({ bookmarkIntervalMs: 10 });
    const stream = await watch(it, v1, { allowWatchBookmarks: true, resourceVersion: "1000" });
    it.storage.advance();
    await vi.advanceTimersByTimeAsync(10);
    expect(parse(await stream.frame()).object).toEqual({
      kind: "PartialObjectMetadata",
      apiVersion: v1,
      metadata: { resourceVersion: "1001" },
    });
    await stream.leave();
  });
});
