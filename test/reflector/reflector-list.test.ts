import { describe, expect, it, vi } from "vitest";
import { pass, reflect, settle, useFakeTime } from "./harness.ts";
import {
  added,
  apiError,
  downFor,
  gone,
  item,
  listed,
  listFails,
  openWatch,
  parts,
  pause,
  refusedConnection,
  tooLarge,
  watch,
  watchFails,
} from "./scripted-list-watch.ts";

const off = { streamingList: "off" } as const;

useFakeTime();

describe("the first list", () => {
  it("asks for the newest state, replaces everything at its resourceVersion and watches from there (R9, R14)", async () => {
    const { cluster, target, reflector, progress, stop } = reflect({ lists: [listed("5", "a", "b")] }, off);
    expect(reflector.lastSyncResourceVersion).toBe("");
    await settle();
    expect(cluster.log).toEqual(['list ""', 'watch "5"']);
    expect(target.log).toEqual(['replace [a b] at "5"']);
    expect(reflector.lastSyncResourceVersion).toBe("5");
    expect(progress).toEqual([
      { type: "list-started", reason: "initial", resourceVersion: "", isStreaming: false },
      { type: "listed", resourceVersion: "5", items: 2, isStreaming: false },
      { type: "watch-started", resourceVersion: "5", timeoutSeconds: 300 },
      { type: "watch-opened", resourceVersion: "5" },
    ]);
    await stop();
    expect(progress.at(-1)).toEqual({ type: "stopped" });
  });

  it("asks for any state where that is wanted (R1)", async () => {
    const { cluster, stop } = reflect({ lists: [listed("5")] }, { ...off, initialResourceVersion: "0" });
    await settle();
    expect(cluster.log[0]).toBe('list "0"');
    await stop();
  });

  it("takes the resourceVersion of its first part that has one (R15)", async () => {
    const list = parts([
      { items: [item("a", "1")] },
      { items: [item("b", "2")], resourceVersion: "7" },
      { items: [item("c", "3")], resourceVersion: "8" },
    ]);
    const { target, stop } = reflect({ lists: [list] }, off);
    await settle();
    expect(target.log).toEqual(['replace [a b c] at "7"']);
    await stop();
  });

  it("voids everything before a part that restarts it, as after 410 on a continue token (R16, P8, P12)", async () => {
    const list = parts([
      { items: [item("dead", "1")], resourceVersion: "7" },
      { items: [item("a", "9")], resourceVersion: "9", isRestart: true },
      { items: [item("b", "9")] },
    ]);
    const { target, stop } = reflect({ lists: [list] }, off);
    await settle();
    expect(target.log).toEqual(['replace [a b] at "9"']);
    await stop();
  });

  it("leaves the target untouched when it breaks in the middle (R9)", async () => {
    const broken = parts([{ items: [item("a", "5")], resourceVersion: "5" }], refusedConnection());
    const { target, reflector, reports, stop } = reflect({ lists: [broken, listed("6", "b")] }, off);
    await settle();
    expect(target.log).toEqual([]);
    expect(reflector.lastSyncResourceVersion).toBe("");
    expect(reports("error")).toMatchObject([{ step: "list", error: { code: "CONNECTION_FAILED" } }]);
    await pass(800);
    expect(target.log).toEqual(['replace [b] at "6"']);
    await stop();
  });

  it("backs off ever longer while it fails, and one page more does not shorten that (K2, R38)", async () => {
    const broken = parts([{ items: [item("a", "5")], resourceVersion: "5" }], refusedConnection());
    const { cluster, reports, stop } = reflect({ lists: [broken] }, off);
    await pass(60_000);
    expect(reports("waiting").map(({ delayMs }) => delayMs)).toEqual([
      800, 1600, 3200, 6400, 12_800, 25_600, 30_000,
    ]);
    expect(cluster.log).toEqual(Array.from({ length: 7 }, () => 'list ""'));
    await stop();
  });

  it("backs off ever longer also where each list takes 3 minutes to fail (K2)", async () => {
    const slow = async function* ({ signal }: { signal: AbortSignal }) {
      yield { items: [] };
      await pause(180_000, signal);
      throw refusedConnection();
    };
    const { reports, stop } = reflect({ lists: [slow] }, off);
    await pass(700_000);
    expect(reports("waiting").map(({ delayMs }) => delayMs)).toEqual([800, 1600, 3200]);
    await stop();
  });

  it("jitters its delays (R38)", async () => {
    vi.mocked(Math.random).mockReturnValue(0.5);
    const { reports, stop } = reflect({ lists: [listFails(refusedConnection())] }, off);
    await settle();
    expect(reports("waiting")).toEqual([{ type: "waiting", delayMs: 1200, attempt: 1 }]);
    await stop();
  });

  it("takes the delays it is given (R41)", async () => {
    const backoff = { initialMs: 10, maxMs: 20 };
    const { reports, stop } = reflect({ lists: [listFails(refusedConnection())] }, { ...off, backoff });
    await pass(35);
    expect(reports("waiting").map(({ delayMs }) => delayMs)).toEqual([10, 20, 20]);
    await stop();
  });

  it("tells an error of another kind as BAD_RESPONSE, with the step and the name", async () => {
    const { reports, stop } = reflect({ lists: [listFails(new TypeError("x is undefined"))] }, off);
    await settle();
    expect(reports("error")).toMatchObject([
      { step: "list", error: { code: "BAD_RESPONSE", message: "List pods: x is undefined" } },
    ]);
    await stop();
  });
});

describe("a list that the server refuses", () => {
  it.each([
    ["429 with a text body", apiError(429, "Unknown", { retryAfterMs: 20_000 }), 20_000],
    ["429 JSON", apiError(429, "TooManyRequests", { retryAfterMs: 20_000 }), 20_000],
    ["503 HTML", apiError(503, "Unknown"), 800],
    ["403", apiError(403, "Forbidden"), 800],
  ])(
    "is made again after %s, never sooner than Retry-After, and no watch before it (P8, R30)",
    async (_, error, delayMs) => {
      const { cluster, stop } = reflect({ lists: [listFails(error), listed("5")] }, off);
      await pass(delayMs - 1);
      expect(cluster.log).toEqual(['list ""']);
      await pass(1);
      expect(cluster.log).toEqual(['list ""', 'list ""', 'watch "5"']);
      await stop();
    },
  );

  it("recovers when the server was down for 5 minutes, with at most 16 attempts (P9)", async () => {
    const list = downFor(300_000, listFails(refusedConnection()), listed("5", "a"));
    const { cluster, target, stop } = reflect({ lists: [list] }, off);
    await pass(360_000);
    expect(target.log).toEqual(['replace [a] at "5"']);
    expect(cluster.log.filter((line) => line === 'list ""').length).toBeLessThanOrEqual(16);
    await stop();
  });

  it("backs off where the newest state is said to be expired again and again", async () => {
    const { cluster, stop } = reflect({ lists: [listFails(gone())] }, off);
    await pass(60_000);
    expect(cluster.log).toHaveLength(7);
    await stop();
  });
});

describe("a relist", () => {
  const followed = watch({ chunks: [[added("b", "6")]], openMs: 30_000, error: gone() });

  it("asks for at least the last resourceVersion (R2, R10)", async () => {
    const { cluster, target, stop } = reflect(
      { lists: [listed("5", "a"), listed("9", "b")], watches: [followed, openWatch()] },
      off,
    );
    await pass(30_000);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'list "6"', 'watch "9"']);
    expect(target.log.at(-1)).toBe('replace [b] at "9"');
    await stop();
  });

  it.each([
    ["expired", gone(), "expired"],
    ["gone", apiError(410, "Gone"), "expired"],
    ["too large, by its cause", tooLarge(), "too-large"],
    [
      "too large, by a cause's message",
      apiError(504, "Timeout", { details: { causes: [{ message: "Too large resource version" }] } }),
      "too-large",
    ],
  ])(
    "asks for the newest state at once where that one is %s, and goes back to it later (R6, R7, R8, P8)",
    async (_, error, reason) => {
      const { cluster, reports, stop } = reflect(
        {
          lists: [
            listed("5"),
            listFails(error),
            listFails(apiError(500, "InternalError")),
            listed("7"),
            listed("8"),
          ],
          watches: [followed, followed, openWatch()],
        },
        off,
      );
      await pass(30_000);
      expect(cluster.log.slice(2)).toEqual(['list "6"', 'list ""']);
      await pass(800);
      expect(cluster.log.slice(4)).toEqual(['list ""', 'watch "7"']);
      expect(reports("list-started").map((report) => report.reason)).toEqual([
        "initial",
        "expired",
        reason,
        reason,
      ]);
      await pass(30_000);
      expect(cluster.log.slice(6)).toEqual(['list "6"', 'watch "8"']);
      await stop();
    },
  );

  it("replaces also with lower resourceVersions, as they come (P11)", async () => {
    const { target, reflector, stop } = reflect(
      {
        lists: [listed("500", "a"), listed("20", "a")],
        watches: [watchFails(gone()), openWatch([added("c", "21")])],
      },
      off,
    );
    await settle();
    expect(target.log).toEqual(['replace [a] at "500"', 'replace [a] at "20"', "apply ADDED c"]);
    expect(reflector.lastSyncResourceVersion).toBe("21");
    await stop();
  });

  it("keeps the old resourceVersion where the target does not take it (R9, R33)", async () => {
    const { cluster, target, reflector, reports, stop } = reflect(
      { lists: [listed("5"), listed("9")], watches: [followed, openWatch()] },
      off,
    );
    await pass(29_999);
    target.before = () => {
      throw new Error("disk full");
    };
    await pass(1);
    expect(reflector.lastSyncResourceVersion).toBe("6");
    expect(reports("error").at(-1)).toMatchObject({ step: "store", error: { code: "STORE_FAILED" } });
    target.before = () => {};
    await pass(800);
    expect(cluster.log.slice(2)).toEqual(['list "6"', 'list "6"', 'watch "9"']);
    await stop();
  });
});
