import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { nextLookAt, reduceHealth, type SourceHealth, stateOf, unheard } from "../../src/informer/health.ts";
import type { ReflectorProgress } from "../../src/reflector/progress.ts";
import {
  added,
  apiError,
  bookmark,
  informerOf,
  pass,
  pod,
  Source,
  settle,
  sync,
  useFakeTime,
} from "./source.ts";

useFakeTime();

const refused = new KubeError("CONNECTION_FAILED", "connect ECONNREFUSED");

/** Fold reports, each at its second. */
function history(...reports: readonly (readonly [number, ReflectorProgress])[]): SourceHealth {
  return reports.reduce((health, [at, report]) => reduceHealth(health, report, at * 1_000), unheard);
}

const listed: ReflectorProgress = { type: "listed", resourceVersion: "1", items: 0, isStreaming: false };
const started: ReflectorProgress = { type: "watch-started", resourceVersion: "1", timeoutSeconds: 300 };
const opened: ReflectorProgress = { type: "watch-opened", resourceVersion: "1" };
const marked: ReflectorProgress = { type: "bookmark", resourceVersion: "2" };
const ended: ReflectorProgress = { type: "watch-ended", resourceVersion: "1", events: 0, openMs: 0 };
const failed: ReflectorProgress = { type: "error", step: "watch", error: refused };

describe("the health of one source", () => {
  it.each([
    ["before anything", history(), 5_000, "syncing"],
    [
      "listed, within the watch's time-out and a margin",
      history([0, listed], [0, started], [0, opened]),
      330,
      "live",
    ],
    ["listed, silent past it", history([0, listed], [0, started], [0, opened]), 331, "stale"],
    [
      "three bookmark gaps",
      history([0, listed], [0, started], [0, opened], [60, marked], [120, marked]),
      300,
      "live",
    ],
    ["past them", history([0, listed], [0, started], [0, opened], [60, marked], [120, marked]), 301, "stale"],
    ["never connected, for 30 s", history([0, listed], [0, started], [0, ended], [0, failed]), 30, "live"],
    ["for longer", history([0, listed], [0, started], [0, ended], [0, failed]), 31, "stale"],
    [
      "a quiet watch that ended in peace after ten minutes",
      history([0, listed], [0, started], [0, opened], [300, ended], [300, started], [300, opened]),
      600,
      "live",
    ],
    [
      "a quiet watch that was cut off",
      history(
        [0, listed],
        [0, started],
        [0, opened],
        [300, ended],
        [300, failed],
        [300, started],
        [300, opened],
      ),
      331,
      "stale",
    ],
    [
      "without a connection, however quiet it was before",
      history([0, listed], [0, started], [0, opened], [300, ended], [300, failed]),
      330,
      "live",
    ],
    [
      "a server that closes what it accepts",
      history([0, listed], [0, started], [0, opened], [0, ended], [29, started], [29, opened], [29, ended]),
      31,
      "stale",
    ],
    [
      "a connection that has lived for a second",
      history([0, listed], [0, started], [0, ended], [0, failed], [60, started], [60, opened]),
      61,
      "live",
    ],
  ] as const)("is by time: %s (stale)", (_what, health, seconds, state) => {
    expect(stateOf(health, seconds * 1_000)).toBe(state);
  });

  it("looks again when time alone may change the state", () => {
    expect(nextLookAt(history([0, started]), 0)).toBe(Number.POSITIVE_INFINITY);
    expect(nextLookAt(history([0, listed], [0, started]), 0)).toBe(330_001);
    expect(nextLookAt(history([0, listed], [0, started], [1, opened]), 1_500)).toBe(2_000);
    expect(nextLookAt(history([0, listed], [0, started], [1, opened]), 400_000)).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  it("forgets an error once the server is heard again, not before", () => {
    const health = history([0, listed], [1, failed]);
    expect(health.lastError).toBe(refused);
    expect(reduceHealth(health, started, 2_000).lastError).toBe(refused);
    expect(
      reduceHealth(health, { type: "frames", count: 1, resourceVersion: "3" }, 2_000).lastError,
    ).toBeUndefined();
    expect(reduceHealth(health, { type: "waiting", delayMs: 5, attempt: 1 }, 2_000)).toBe(health);
  });

  it("is stale once a connection was given up for its silence, until the server is heard (P7)", () => {
    const silent: ReflectorProgress = { ...failed, error: new KubeError("TIMEOUT", "silent for 60000 ms") };
    const given = history(
      [0, listed],
      [0, started],
      [0, opened],
      [60, ended],
      [60, silent],
      [61, started],
      [61, opened],
    );
    expect(stateOf(given, 70_000)).toBe("stale");
    expect(stateOf(reduceHealth(given, marked, 71_000), 72_000)).toBe("live");
    const slow: ReflectorProgress = { ...failed, step: "list", error: new KubeError("TIMEOUT", "no answer") };
    expect(stateOf(history([0, listed], [0, slow]), 10_000)).toBe("live");
  });

  it("takes a source without a proof of life for neither silent nor stale", () => {
    expect(stateOf({ ...unheard, hasListed: true }, 1e9)).toBe("live");
  });

  it("takes an error on an open connection, such as a skipped frame, for no disconnection", () => {
    const health = history([0, listed], [0, started], [0, opened], [5, failed]);
    expect(health.disconnectedAt).toBeUndefined();
    expect(stateOf(health, 60_000)).toBe("live");
  });
});

/** An informer, and its states as "health" told them, with the fake second. */
function watched(source: Source) {
  const informer = informerOf(source, { backoff: { initialMs: 1_000, maxMs: 1_000, jitter: 0 } });
  const states: string[] = [];
  informer.on("health", ({ state }) => states.push(`${state} at ${(Date.now() - 1_000_000) / 1_000}`));
  return { informer, states };
}

describe("an informer's health (P9)", () => {
  it("is syncing, live, stale while the server is down, live again without a restart, stopped (P9)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { informer, states } = watched(source);
    expect(informer.health()).toMatchObject({ state: "syncing", lists: 0, watches: 0, listeners: [] });
    expect(informer.health().lastProgressAt).toBeUndefined();
    await sync(informer);
    await pass(10_000);
    source.isDown = refused;
    source.cut(refused);
    await pass(300_000);
    expect(informer.health()).toMatchObject({ state: "stale", lastError: refused, lists: 1 });
    source.isDown = undefined;
    await pass(5_000);
    source.send(added("a/y", "11"));
    await settle();
    expect(informer.health()).toMatchObject({ state: "live", resourceVersion: "11", lists: 1 });
    expect(informer.health().lastError).toBeUndefined();
    await informer.stop();
    expect(states).toEqual([
      "live at 0",
      "stale at 40.001",
      expect.stringMatching(/^live at 31\d/),
      expect.stringMatching(/^stopped/),
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("goes stale merely by time on a half-open connection, exactly once, and live at the next frame (P7)", async () => {
    const source = new Source();
    const { informer, states } = watched(source);
    await sync(informer);
    source.send(bookmark("11"));
    await pass(40_000);
    source.send(bookmark("12"));
    await pass(120_000);
    expect(states).toEqual(["live at 0"]);
    await pass(500_000);
    expect(states).toEqual(["live at 0", "stale at 160.001"]);
    source.send(bookmark("13"));
    await settle();
    expect(states).toEqual(["live at 0", "stale at 160.001", "live at 660"]);
    expect(informer.health()).toMatchObject({ resourceVersion: "13", lastProgressAt: 1_660_000 });
    await informer.stop();
  });

  it("is failed while it has never listed and is refused, then live; lists on for ever (I41)", async () => {
    const source = new Source();
    const { informer, states } = watched(source);
    source.isDown = apiError(403, "Forbidden");
    informer.start();
    await pass(3_600_000);
    expect(source.log.length).toBeGreaterThan(1_000);
    expect(informer.health()).toMatchObject({ state: "failed", lastError: { status: 403 } });
    source.isDown = undefined;
    await pass(2_000);
    expect(states.map((state) => state.split(" ")[0])).toEqual(["failed", "live"]);
    await informer.stop();
  });

  it("reports every error and all progress as they come", async () => {
    const source = new Source();
    const { informer } = watched(source);
    const log: string[] = [];
    informer.on("error", ({ message }) => log.push(message)).on("progress", ({ type }) => log.push(type));
    source.listErrors = [apiError(500, "InternalError")];
    informer.start();
    await pass(2_000);
    expect(log).toEqual([
      "list-started",
      "error",
      "list pods: 500 InternalError",
      "waiting",
      "list-started",
      "listed",
      "watch-started",
      "watch-opened",
    ]);
    await informer.stop();
  });

  it("survives a watch time-out longer than one timer takes", async () => {
    const source = new Source();
    const informer = informerOf(source, { minWatchTimeoutSeconds: 10_000_000 });
    await sync(informer);
    await pass(1_000);
    expect(informer.health().state).toBe("live");
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
    await informer.stop();
  });
});
