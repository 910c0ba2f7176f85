import { afterEach, describe, expect, it, vi } from "vitest";
import { FanOut } from "../../../src/apiserver/fan-out/fan-out.ts";
import { parseFieldSelector } from "../../../src/resource/field-selector.ts";
import { parseLabelSelector } from "../../../src/resource/label-selector.ts";
import { refusal } from "../watch-cache/cluster.ts";
import { parse, WatchedCluster } from "./watching.ts";

afterEach(() => {
  vi.useRealTimers();
});

const bookmarks = { allowWatchBookmarks: true };
const initialEvents = { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };

/** Two objects, at 1002. */
function cluster(options: ConstructorParameters<typeof WatchedCluster>[0] = {}): WatchedCluster {
  const it = new WatchedCluster(options);
  it.create("shop/b");
  it.create("shop/a");
  return it;
}

describe("where a watch begins", () => {
  it.each(["", "0", undefined])(
    "sends the state as ADDED, then what happens, from %j",
    async (resourceVersion) => {
      const it = cluster();
      const stream = await it.watch({ resourceVersion });
      it.put("shop/a", { app: "web" });
      expect(await stream.next(3)).toEqual([
        "ADDED shop/a @1002",
        "ADDED shop/b @1001",
        "MODIFIED shop/a @1003",
      ]);
      await stream.leave();
    },
  );

  it("sends what happened after a resourceVersion, each as what it was (T5, T6)", async () => {
    const it = cluster();
    it.put("shop/a", { app: "web" });
    it.delete("shop/b");
    const stream = await it.watch({ resourceVersion: "1001" });
    it.create("shop/c");
    expect(await stream.next(4)).toEqual([
      "ADDED shop/a @1002",
      "MODIFIED shop/a @1003",
      "DELETED shop/b @1004",
      "ADDED shop/c @1005",
    ]);
    await stream.leave();
  });

  it("deletes with the last state and the deletion's resourceVersion (I6)", async () => {
    const it = new WatchedCluster();
    it.create("shop/a", { app: "web" });
    const stream = await it.watch({ resourceVersion: "1001" });
    it.delete("shop/a");
    const { type, object } = parse(await stream.frame());
    expect(type).toBe("DELETED");
    expect(object.metadata).toMatchObject({ labels: { app: "web" }, resourceVersion: "1002" });
    await stream.leave();
  });

  it("sends initial events and their end marker, then what happens (T10)", async () => {
    const it = cluster();
    const stream = await it.watch({ ...initialEvents, ...bookmarks });
    it.delete("shop/a");
    expect(await stream.next(2)).toEqual(["ADDED shop/a @1002", "ADDED shop/b @1001"]);
    expect(parse(await stream.frame())).toEqual({
      type: "BOOKMARK",
      object: {
        kind: "Pod",
        apiVersion: "v1",
        metadata: { resourceVersion: "1002", annotations: { "k8s.io/initial-events-end": "true" } },
        spec: { containers: null },
        status: {},
      },
    });
    expect(await stream.next(1)).toEqual(["DELETED shop/a @1003"]);
    await stream.leave();
  });

  it("sends only what happens from now on when initial events are not wanted", async () => {
    const it = cluster();
    const stream = await it.watch({ ...initialEvents, sendInitialEvents: false, ...bookmarks });
    it.create("shop/c");
    expect(await stream.next(1)).toEqual(["ADDED shop/c @1003"]);
    await stream.leave();
  });

  it("sends only what comes after a resourceVersion of the future", async () => {
    const it = cluster();
    const stream = await it.watch({ resourceVersion: "1004" });
    it.create("shop/c");
    it.create("shop/d");
    it.create("shop/e");
    expect(await stream.next(1)).toEqual(["ADDED shop/e @1005"]);
    await stream.leave();
  });

  it("waits for a state of the future, and says so when it does not come (R7, T10)", async () => {
    vi.useFakeTimers();
    const it = cluster({ freshWaitMs: 3000 });
    const early = it.watch({ ...initialEvents, ...bookmarks, resourceVersion: "1003" });
    const late = it.watch({ ...initialEvents, ...bookmarks, resourceVersion: "1099" });
    it.create("shop/c");
    expect(await (await early).next(4)).toContain("BOOKMARK! @1003");
    await vi.advanceTimersByTimeAsync(3000);
    const { object } = parse(await (await late).frame());
    expect(object).toMatchObject({ code: 504, details: { causes: [{ reason: "ResourceVersionTooLarge" }] } });
  });
});

describe("what is refused", () => {
  it("is history that is gone: 410 in the stream, or as status if so wished", async () => {
    const it = cluster({ windowSize: 1 });
    expect(await (await it.watch({ resourceVersion: "1001" })).next(1)).toEqual(["ADDED shop/a @1002"]);
    const old = await it.watch({ resourceVersion: "1" });
    expect(parse(await old.frame())).toEqual({
      type: "ERROR",
      object: {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: "too old resource version: 1 (1001)",
        reason: "Expired",
        code: 410,
      },
    });
    expect(await old.rest()).toEqual([]);
    it.fanOut.refuseBy = "status";
    expect(await refusal(it.watch({ resourceVersion: "1" }))).toEqual({
      status: 410,
      reason: "Expired",
      message: "too old resource version: 1 (1001)",
    });
  });

  it.each([
    [{ sendInitialEvents: true }, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"],
    [
      { resourceVersionMatch: "NotOlderThan" },
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
    ],
    [{ ...initialEvents, continue: "x" }, "resourceVersionMatch is forbidden when continue is provided"],
  ])("is %j: 422", async (query, why) => {
    expect(await refusal(cluster().watch(query))).toMatchObject({
      status: 422,
      reason: "Invalid",
      message: `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${why}`,
    });
  });

  it("is an unknown match: 422 with every cause", async () => {
    const answer = await refusal(cluster().watch({ sendInitialEvents: true, resourceVersionMatch: "Exact" }));
    expect(answer).toMatchObject({
      status: 422,
      details: { causes: [{}, { reason: "FieldValueNotSupported" }] },
    });
  });

  it("is a resourceVersion that is no number: 500, as the real one answers", async () => {
    expect(await refusal(cluster().watch({ resourceVersion: "-1" }))).toMatchObject({
      status: 500,
      reason: "",
    });
  });

  it("is an option that is no bound", () => {
    const { cache } = cluster();
    expect(() => new FanOut(cache, { queueEvents: 0 })).toThrow("queueEvents");
    expect(() => new FanOut(cache, { queueBytes: 0.5 })).toThrow("queueBytes");
    expect(() => new FanOut(cache, { bookmarkIntervalMs: -1 })).toThrow("bookmarkIntervalMs");
  });
});

describe("selectors on a watch", () => {
  it("turn entering into ADDED and leaving into DELETED with the previous state (T8)", async () => {
    const it = new WatchedCluster();
    it.create("shop/a", { app: "web" });
    const stream = await it.watch({ resourceVersion: "1001", labelSelector: parseLabelSelector("app=web") });
    it.put("shop/a", { app: "db" });
    it.put("shop/a", { app: "cache" });
    it.put("shop/a", { app: "web", tier: "1" });
    it.put("shop/a", { app: "web", tier: "2" });
    it.delete("shop/a");
    it.create("shop/b");
    const left = parse(await stream.frame());
    expect(left.type).toBe("DELETED");
    expect(left.object.metadata).toMatchObject({ labels: { app: "web" }, resourceVersion: "1002" });
    expect(await stream.next(3)).toEqual([
      "ADDED shop/a @1004",
      "MODIFIED shop/a @1005",
      "DELETED shop/a @1006",
    ]);
    await stream.leave();
  });

  it("follow a field that moves: nodes see their pods come and go (T8)", async () => {
    const it = new WatchedCluster();
    const onNode = (name: string) => it.watch({ fieldSelector: parseFieldSelector(`spec.nodeName=${name}`) });
    const [n1, n2] = [await onNode("n1"), await onNode("n2")];
    it.create("shop/a");
    it.put("shop/a", {}, { nodeName: "n1" });
    it.put("shop/a", {}, { nodeName: "n2" });
    it.delete("shop/a");
    expect(await n1.next(2)).toEqual(["ADDED shop/a @1002", "DELETED shop/a @1003"]);
    expect(await n2.next(2)).toEqual(["ADDED shop/a @1003", "DELETED shop/a @1004"]);
    it.fanOut.close();
    expect([await n1.rest(), await n2.rest()]).toEqual([[], []]);
  });

  it("keep namespaces and names apart, also in the initial events", async () => {
    const it = cluster();
    it.create("test/a");
    const inTest = await it.watch({ namespace: "test" });
    const named = await it.watch({ namespace: "shop", fieldSelector: parseFieldSelector("metadata.name=a") });
    const notShop = await it.watch({ fieldSelector: parseFieldSelector("metadata.namespace!=shop") });
    it.delete("shop/a");
    it.delete("shop/b");
    it.delete("test/a");
    it.fanOut.close();
    expect(await inTest.rest()).toEqual(["ADDED test/a @1003", "DELETED test/a @1006"]);
    expect(await named.rest()).toEqual(["ADDED shop/a @1002", "DELETED shop/a @1004"]);
    expect(await notShop.rest()).toEqual(["ADDED test/a @1003", "DELETED test/a @1006"]);
  });
});
