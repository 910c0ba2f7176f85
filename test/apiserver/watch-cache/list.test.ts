import { getEventListeners } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Storage } from "../../../src/apiserver/storage/storage.ts";
import type { ListQuery } from "../../../src/apiserver/watch-cache/query.ts";
import { WatchCache } from "../../../src/apiserver/watch-cache/watch-cache.ts";
import { isTooLargeResourceVersion } from "../../../src/base/api-error.ts";
import { parseFieldSelector } from "../../../src/resource/field-selector.ts";
import { parseLabelSelector } from "../../../src/resource/label-selector.ts";
import { nodeKind, podKind, refusal, TestCluster } from "./cluster.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** A cluster at 1003 with shop/a, shop/b and test/a. */
function cluster(): TestCluster {
  const it = new TestCluster({ freshWaitMs: 3000 });
  it.create("shop/b", { app: "db" }, { nodeName: "n1" });
  it.create("test/a", { app: "web" }, { nodeName: "n2" });
  it.create("shop/a", { app: "web" }, { nodeName: "n1" });
  return it;
}

async function names(from: TestCluster, query: ListQuery): Promise<string[]> {
  const { items } = await from.cache.list(query);
  return items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

describe("what a list contains", () => {
  it("is in key order at the newest revision of any resource", async () => {
    const it = cluster();
    it.storage.create(nodeKind, "n1", { metadata: { name: "n1" } });
    expect(await names(it, {})).toEqual(["shop/a", "shop/b", "test/a"]);
    expect(await it.cache.list()).toMatchObject({ resourceVersion: "1004" });
    expect(it.cache.size).toBe(3);
  });

  it("filters by namespace, labels and fields together (T8)", async () => {
    const it = cluster();
    expect(await names(it, { namespace: "shop" })).toEqual(["shop/a", "shop/b"]);
    expect(await names(it, { namespace: "" })).toHaveLength(3);
    expect(await names(it, { labelSelector: parseLabelSelector("app=web") })).toEqual(["shop/a", "test/a"]);
    const onNode = parseFieldSelector("spec.nodeName=n1");
    expect(await names(it, { fieldSelector: onNode })).toEqual(["shop/a", "shop/b"]);
    expect(
      await names(it, { namespace: "shop", fieldSelector: parseFieldSelector("spec.nodeName!=n1") }),
    ).toEqual([]);
    expect(await names(it, { labelSelector: parseLabelSelector("app=db"), fieldSelector: onNode })).toEqual([
      "shop/b",
    ]);
  });

  it("finds objects by metadata.name and metadata.namespace (T8)", async () => {
    const it = cluster();
    const byName = parseFieldSelector("metadata.name=a");
    expect(await names(it, { fieldSelector: byName })).toEqual(["shop/a", "test/a"]);
    expect(await names(it, { namespace: "shop", fieldSelector: byName })).toEqual(["shop/a"]);
    const byBoth = parseFieldSelector("metadata.namespace=test,metadata.name=a");
    expect(await names(it, { fieldSelector: byBoth })).toEqual(["test/a"]);
    expect(await names(it, { namespace: "shop", fieldSelector: byBoth })).toEqual([]);
    expect(await names(it, { fieldSelector: parseFieldSelector("metadata.namespace=shop") })).toEqual([
      "shop/a",
      "shop/b",
    ]);
  });

  it("finds cluster-scoped objects by name, and reads fields as the kind says", async () => {
    const storage = new Storage();
    storage.create(nodeKind, "n1", { metadata: { name: "n1" } });
    storage.create(nodeKind, "n2", { metadata: { name: "n2" } });
    const readField = (object: object, path: string): string =>
      path === "spec.unschedulable" ? "false" : (Object.values(object)[0]?.name ?? "");
    const cache = new WatchCache(storage, nodeKind, { readField });
    const byName = await cache.list({ fieldSelector: parseFieldSelector("metadata.name=n2") });
    expect(byName.items).toHaveLength(1);
    const schedulable = await cache.list({ fieldSelector: parseFieldSelector("spec.unschedulable=false") });
    expect(schedulable.items).toHaveLength(2);
  });

  it("follows storage until it is closed", async () => {
    const it = cluster();
    it.cache.close();
    it.create("shop/c");
    expect(await names(it, {})).toHaveLength(3);
  });
});

describe("resourceVersion and resourceVersionMatch", () => {
  it("gives the newest state for none, 0 and NotOlderThan, and the past one for Exact (T6)", async () => {
    const it = cluster();
    it.delete("shop/b");
    expect(await names(it, { resourceVersion: "0" })).toEqual(["shop/a", "test/a"]);
    expect(await names(it, { resourceVersion: "1001" })).toEqual(["shop/a", "test/a"]);
    const notOlder = await it.cache.list({ resourceVersion: "1001", resourceVersionMatch: "NotOlderThan" });
    expect(notOlder.resourceVersion).toBe("1004");
    const exact: ListQuery = { resourceVersion: "1002", resourceVersionMatch: "Exact" };
    expect(await names(it, exact)).toEqual(["shop/b", "test/a"]);
    expect((await it.cache.list(exact)).resourceVersion).toBe("1002");
    const now: ListQuery = { resourceVersion: "1004", resourceVersionMatch: "Exact" };
    expect(await names(it, now)).toEqual(["shop/a", "test/a"]);
  });

  it("reads a page at a resourceVersion exactly there, and ignores the limit at 0", async () => {
    const it = cluster();
    it.delete("shop/b");
    expect(await names(it, { resourceVersion: "1002", limit: 5 })).toEqual(["shop/b", "test/a"]);
    expect(await names(it, { resourceVersion: "0", limit: 1 })).toEqual(["shop/a", "test/a"]);
    const page = await it.cache.list({
      resourceVersion: "1001",
      resourceVersionMatch: "NotOlderThan",
      limit: 1,
    });
    expect(page).toMatchObject({ resourceVersion: "1004", remainingItemCount: 1 });
  });

  it("answers 410 for an exact revision before the history", async () => {
    const it = new TestCluster({ windowSize: 1 });
    it.create("shop/a");
    it.create("shop/b");
    expect(await names(it, { resourceVersion: "1001", resourceVersionMatch: "Exact" })).toEqual(["shop/a"]);
    expect(await refusal(it.cache.list({ resourceVersion: "1000", resourceVersionMatch: "Exact" }))).toEqual({
      status: 410,
      reason: "Expired",
      message: "The resourceVersion for the provided list is too old.",
    });
  });

  it.each([
    [
      { resourceVersionMatch: "Exact" },
      "resourceVersionMatch is forbidden unless resourceVersion is provided",
    ],
    [
      { resourceVersionMatch: "Exact", resourceVersion: "0" },
      'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      { resourceVersionMatch: "Exact", resourceVersion: "5", continue: "x" },
      "resourceVersionMatch is forbidden when continue is provided",
    ],
  ])("refuses %j with 422", async (query, why) => {
    expect(await refusal(cluster().cache.list(query))).toEqual({
      status: 422,
      reason: "Invalid",
      message: `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${why}`,
      details: {
        group: "meta.k8s.io",
        kind: "ListOptions",
        causes: [
          { reason: "FieldValueForbidden", message: `Forbidden: ${why}`, field: "resourceVersionMatch" },
        ],
      },
    });
  });

  it("refuses unknown matches and initial events with all their causes", async () => {
    const query = { resourceVersionMatch: "Newest", resourceVersion: "5", sendInitialEvents: true };
    expect(await refusal(cluster().cache.list(query))).toMatchObject({
      status: 422,
      message:
        'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Unsupported value: "Newest": ' +
        'supported values: "Exact", "NotOlderThan", "", ' +
        "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]",
    });
  });

  it("refuses a resourceVersion that is no number: 400 for a list, 500 for one object, as the real one", async () => {
    const why = 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax';
    expect(await refusal(cluster().cache.list({ resourceVersion: "abc" }))).toEqual({
      status: 400,
      reason: "BadRequest",
      message: `invalid resource version: ${why}`,
    });
    expect(await refusal(cluster().cache.get("shop/a", "abc"))).toEqual({
      status: 500,
      reason: "",
      message: why,
    });
  });
});

describe("a resourceVersion of the future", () => {
  it("is waited for, and answered with 504 and its typed cause when it does not come (R7)", async () => {
    vi.useFakeTimers();
    const it = cluster();
    const answer = refusal(it.cache.list({ resourceVersion: "1005" }));
    await vi.advanceTimersByTimeAsync(2999);
    it.create("shop/c");
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toEqual({
      status: 504,
      reason: "Timeout",
      message: "Timeout: Too large resource version: 1005, current: 1004",
      details: {
        causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
        retryAfterSeconds: 1,
      },
    });
    const error = it.cache.get("shop/a", "2000").catch((reason: unknown) => reason);
    await vi.advanceTimersByTimeAsync(3000);
    expect(isTooLargeResourceVersion(await error)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is answered as soon as any write reaches it, also for one object", async () => {
    vi.useFakeTimers();
    const it = cluster();
    const list = it.cache.list({ resourceVersion: "1005" });
    const got = it.cache.get("shop/c", "1005");
    it.create("shop/c");
    it.storage.advance();
    expect((await list).items).toHaveLength(4);
    expect((await got)?.metadata.name).toBe("c");
    expect(await it.cache.get("shop/nobody")).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is no longer waited for after an abort", async () => {
    vi.useFakeTimers();
    const it = cluster();
    const controller = new AbortController();
    const list = it.cache.list({ resourceVersion: "9999" }, controller.signal);
    controller.abort();
    await expect(list).rejects.toMatchObject({ code: "ABORTED" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no listener on the signal once it is answered", async () => {
    const it = cluster();
    const { signal } = new AbortController();
    const list = it.cache.list({ resourceVersion: "1004" }, signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    it.storage.advance();
    await list;
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });
});

describe("the options", () => {
  it("are checked", () => {
    const storage = new Storage();
    expect(() => new WatchCache(storage, podKind, { windowSize: 0 })).toThrow("windowSize");
    expect(() => new WatchCache(storage, podKind, { freshWaitMs: -1 })).toThrow("freshWaitMs");
  });
});
