import { describe, expect, it, vi } from "vitest";
import { type ListStyle, useScript } from "./script.ts";
import type { Exchange, ScriptedApi } from "./scripted-api.ts";
import { errorFrame, status } from "./scripted-pods.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped } from "./witness.ts";

const current = useScript();

interface Refusal {
  /** The server's wish, in milliseconds. */
  readonly wishMs: number;
  answer(exchange: Exchange): void;
}

const html = "<html><head><title>503 Service Unavailable</title></head></html>";
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();

const refusals: Record<string, Refusal> = {
  "429 with a text body, Retry-After in seconds": {
    wishMs: 45_000,
    answer: (exchange) =>
      exchange.answer(429, "slow down", { "content-type": "text/plain", "retry-after": "45" }),
  },
  "429 with a JSON Status, retryAfterSeconds in its details": {
    wishMs: 40_000,
    answer: (exchange) => exchange.answer(429, status(429, "TooManyRequests", 40)),
  },
  "429 with a JSON Status, Retry-After as a date": {
    wishMs: 49_000,
    answer: (exchange) =>
      exchange.answer(429, status(429, "TooManyRequests"), { "retry-after": inSeconds(50) }),
  },
  "429 without a wish": {
    wishMs: 0,
    answer: (exchange) => exchange.answer(429, status(429, "TooManyRequests")),
  },
  "503 with HTML, Retry-After as a date": {
    wishMs: 69_000,
    answer: (exchange) =>
      exchange.answer(503, html, { "content-type": "text/html", "retry-after": inSeconds(70) }),
  },
  "503 with HTML": {
    wishMs: 0,
    answer: (exchange) => exchange.answer(503, html, { "content-type": "text/html" }),
  },
  "500 with a JSON Status": {
    wishMs: 0,
    answer: (exchange) => exchange.answer(500, status(500, "InternalError")),
  },
  "a reset connection": { wishMs: 0, answer: (exchange) => exchange.reset() },
};

/** The longest that the client may wait by itself: 30 s and as much jitter. */
const longestMs = 60_000;

/** What holds however the server fails: one request at a time, none that could skip what happened. */
function expectCareful(api: ScriptedApi): void {
  expect(api.mostOpen).toBe(1);
  for (const watch of api.watches) {
    if (!watch.isStreamingList)
      expect(Number(watch.resourceVersion), "a watch's resourceVersion").toBeGreaterThan(0);
  }
}

/** The delays before each of these, after the one before it. */
function expectDelays(exchanges: readonly Exchange[], { wishMs }: Refusal): void {
  for (const [index, { at }] of exchanges.slice(1).entries()) {
    const delayMs = at - (exchanges[index]?.at ?? 0);
    expect(delayMs).toBeGreaterThanOrEqual(Math.max(wishMs, Math.min(30_000, 800 * 2 ** index) - 1));
    expect(delayMs).toBeLessThanOrEqual(Math.max(wishMs + 1000, longestMs));
  }
}

async function expire(watch: Exchange): Promise<void> {
  watch.send(errorFrame(410, "Expired")).end();
  await settle();
}

describe.each(Object.entries(refusals))("%s", (_name, refusal) => {
  it("P8: refuses the first list four times: backs off as asked, opens no watch, then recovers", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    const synced = informer.synced({ timeoutMs: 600_000 });
    for (let attempt = 0; attempt < 4; attempt += 1) refusal.answer(await script.next("list", 90_000));
    expect(api.watches).toEqual([]);
    expect(informer.health().state).toBe("syncing");
    expect(informer.health().lastError).toBeDefined();
    await script.sync("paged", 90_000);
    await synced;
    expectDelays(api.lists, refusal);
    expect(api.lists).toHaveLength(5);
    expect(witness.lines).toEqual(["ADDED web 1001!"]);
    expectSame(informer, pods, witness);
    expectCareful(api);
    await expectStopped(informer, api, witness);
  });

  it("P8: refuses a relist four times: the store stays readable, no watch without a resourceVersion, then recovers", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    await expire(await script.sync());
    const changed = pods.modify("web");
    for (let attempt = 0; attempt < 4; attempt += 1) refusal.answer(await script.next("list", 90_000));
    expect(informer.store.list()).toHaveLength(1);
    expect(api.watches).toHaveLength(1);
    expect(changed.type).toBe("MODIFIED");
    await script.sync("paged", 90_000);
    await settle();
    expectDelays(api.lists.slice(1), refusal);
    expect(witness.lines).toEqual(["ADDED web 1001!", "MODIFIED web 1002"]);
    expectSame(informer, pods, witness);
    expect(informer.health()).toMatchObject({ state: "live", lastError: undefined });
    expectCareful(api);
    await expectStopped(informer, api, witness);
  });

  it("P8: refuses a watch four times: it is resumed with back-off at its resourceVersion, without a LIST", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    (await script.next("list")).answer(200, pods.list());
    for (let attempt = 0; attempt < 4; attempt += 1) refusal.answer(await script.next("watch", 90_000));
    (await script.next("watch", 90_000)).send(pods.modify("web"));
    await settle();
    expectDelays(api.watches, refusal);
    expect(api.watches.map(({ resourceVersion }) => resourceVersion)).toEqual(Array(5).fill("1001"));
    expect(api.lists).toHaveLength(1);
    witness.expectComplete(pods);
    expectSame(informer, pods, witness);
    expectCareful(api);
    await expectStopped(informer, api, witness);
  });

  it("P8: refuses streaming lists, and paged ones as well, for 5 minutes: bounded attempts, then recovers", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    api.always("watch", (exchange) => refusal.answer(exchange));
    api.always("list", (exchange) => refusal.answer(exchange));
    const startedAt = Date.now();
    const informer = script.follow("streaming");
    await vi.advanceTimersByTimeAsync(300_000);
    // A refused streaming list may be followed by one paged attempt at once; then comes the delay.
    const attempts = new Set(api.exchanges.map(({ at }) => Math.round((at - startedAt) / 100))).size;
    expect(attempts).toBeLessThanOrEqual(refusal.wishMs === 0 ? 14 : 300_000 / refusal.wishMs + 1);
    expect(api.exchanges.length).toBeLessThanOrEqual(2 * attempts);
    expect(witness.lines).toEqual([]);
    api.always("list", (exchange) => exchange.answer(200, pods.list()));
    api.always("watch", (exchange) => exchange.send(...(exchange.isStreamingList ? pods.stream() : [])));
    await until(() => informer.health().state === "live", 90_000);
    expectSame(informer, pods, witness);
    expectCareful(api);
    await expectStopped(informer, api, witness);
  });
});

describe("410, wherever it comes", () => {
  const gone: Record<string, (watch: Exchange) => unknown> = {
    "in the stream": (watch) => watch.send(errorFrame(410, "Expired")).end(),
    "in the stream, held open after it": (watch) => watch.send(errorFrame(410, "Gone")),
    "as the watch's status": (watch) => watch.answer(410, status(410, "Expired")),
    "as the watch's status with a text body": (watch) =>
      watch.answer(410, "gone", { "content-type": "text/plain" }),
  };
  const cases = Object.keys(gone).flatMap((where) =>
    (["paged", "streaming"] as const).map((style): [string, ListStyle] => [where, style]),
  );

  it.each(cases)("P8: lists again at once after a 410 %s (%s list)", async (where, style) => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("kept");
    pods.create("doomed");
    const informer = script.follow(style);
    let watch = await script.sync(style);
    await settle();
    if (where.startsWith("as")) {
      await vi.advanceTimersByTimeAsync(2000);
      watch.end();
      watch = await script.next("watch");
    }
    const at = Date.now();
    pods.delete("doomed");
    pods.create("born");
    gone[where]?.(watch);
    await script.sync(style);
    expect(Date.now()).toBe(at);
    await settle();
    // The last known state of a deletion that was not seen, and only then what is new.
    expect(witness.lines.slice(2)).toEqual(["DELETED doomed 1002!", "ADDED born 1004"]);
    expectSame(informer, pods, witness);
    expect(informer.health()).toMatchObject({ state: "live", lists: 2 });
    const relist = style === "paged" ? api.lists[1] : api.watches.at(-1);
    // At the last resourceVersion, which the server's cache has; "" would burden etcd.
    expect(relist?.resourceVersion).toBe("1002");
    expectCareful(api);
    await expectStopped(informer, api, witness);
  });

  it("P8: asks at once for the newest state after a 410 on the list itself", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    await expire(await script.sync());
    const at = Date.now();
    (await script.next("list")).answer(410, status(410, "Expired"));
    await script.sync();
    expect(Date.now()).toBe(at);
    expect(api.lists.map(({ resourceVersion }) => resourceVersion)).toEqual([null, "1001", null]);
    expectSame(informer, pods, witness);
    expectCareful(api);
    await expectStopped(informer, api, witness);
  });

  it("P8: backs off when every list ends in a 410, and when every watch does", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    await script.sync();
    api.always("list", (exchange) => exchange.answer(410, status(410, "Expired")));
    api.watches[0]?.send(errorFrame(410, "Expired")).end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(api.lists.length).toBeLessThanOrEqual(11);
    api.always("list", (exchange) => exchange.answer(200, pods.list()));
    api.always("watch", (exchange) => exchange.answer(410, status(410, "Expired")));
    const lists = api.lists.length;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(api.lists.length).toBeLessThanOrEqual(lists + 10);
    api.always("watch", (exchange) => exchange.open());
    await until(() => api.openWatches === 1, 90_000);
    expectSame(informer, pods, witness);
    expectCareful(api);
    await expectStopped(informer, api, witness);
  });

  it("P8: begins the list anew, once and unpaged, after a 410 on a continue token", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    pods.create("doomed");
    const informer = script.follow();
    const [web, doomed] = pods.items;
    (await script.next("list")).answer(200, pods.list([web ?? {}], { continue: "page-2" }));
    const second = await script.next("list");
    expect(second.query.get("continue")).toBe("page-2");
    expect(second.resourceVersion).toBeNull();
    pods.delete(doomed?.metadata.name ?? "");
    second.answer(410, status(410, "Expired"));
    await script.sync();
    await settle();
    expect(api.lists.map(({ query }) => query.get("limit"))).toEqual(["500", "500", null]);
    expect(witness.lines).toEqual(["ADDED web 1001!"]);
    expect(informer.health().resourceVersion).toBe("1003");
    expectSame(informer, pods, witness);
    expectCareful(api);
    await expectStopped(informer, api, witness);
  });
});
