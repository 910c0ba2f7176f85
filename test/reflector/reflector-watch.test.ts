import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { pass, reflect, settle, useFakeTime } from "./harness.ts";
import {
  added,
  apiError,
  bookmark,
  change,
  corruptFrame,
  deleted,
  downFor,
  errorRecord,
  gone,
  listed,
  modified,
  openWatch,
  pause,
  refusedConnection,
  tooLarge,
  type WatchScript,
  watch,
  watchFails,
} from "./scripted-list-watch.ts";

const off = { streamingList: "off" } as const;

useFakeTime();

describe("what a watch brings", () => {
  it("is applied in one call per chunk, in order, and moves the resourceVersion verbatim (R11)", async () => {
    const chunks = [
      [added("a", "55"), modified("a", "56"), bookmark("57")],
      [deleted("a", "58"), added("a", "32")],
    ];
    const { target, reflector, reports, stop } = reflect(
      { lists: [listed("5")], watches: [openWatch(...chunks)] },
      off,
    );
    await settle();
    expect(target.log.slice(1)).toEqual([
      "apply ADDED a, MODIFIED a, BOOKMARK 57",
      "apply DELETED a, ADDED a",
    ]);
    expect(reflector.lastSyncResourceVersion).toBe("32");
    expect(reports("frames")).toEqual([
      { type: "frames", count: 2, resourceVersion: "57" },
      { type: "frames", count: 2, resourceVersion: "32" },
    ]);
    expect(reports("bookmark")).toEqual([{ type: "bookmark", resourceVersion: "57" }]);
    await stop();
  });

  it("resumes from the last bookmark (R35)", async () => {
    const quiet = watch({ chunks: [[bookmark("90")]], openMs: 5000 });
    const { cluster, target, stop } = reflect({ lists: [listed("5")], watches: [quiet, openWatch()] }, off);
    await pass(5000);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'watch "90"']);
    expect(target.objects.size).toBe(0);
    await stop();
  });

  it("keeps its resourceVersion at a record that has none", async () => {
    const { reflector, stop } = reflect(
      { lists: [listed("5")], watches: [openWatch([added("a", "")])] },
      off,
    );
    await settle();
    expect(reflector.lastSyncResourceVersion).toBe("5");
    await stop();
  });

  it("passes over what is no object of its kind, tells it, and does not take its resourceVersion (R31)", async () => {
    const error = new KubeError("BAD_RESPONSE", "a Table");
    const chunk = [added("a", "6"), { type: "SKIPPED", error } as const];
    const { target, reflector, reports, stop } = reflect(
      { lists: [listed("5")], watches: [openWatch(chunk, [{ type: "SKIPPED", error }])] },
      off,
    );
    await settle();
    expect(target.log.slice(1)).toEqual(["apply ADDED a"]);
    expect(reflector.lastSyncResourceVersion).toBe("6");
    expect(reports("error")).toEqual([
      { type: "error", step: "watch", error },
      { type: "error", step: "watch", error },
    ]);
    expect(reports("frames").map(({ count }) => count)).toEqual([2, 1]);
    await stop();
  });

  it("does not count as a position while a watch from nowhere repeats what exists (R12)", async () => {
    const chunks = [[added("b", "40"), added("a", "7")], [modified("a", "41")], [added("c", "42")]];
    const { target, reflector, stop } = reflect(
      { lists: [listed("")], watches: [watch({ chunks, gapMs: 10, openMs: 5000 }), openWatch()] },
      off,
    );
    await pass(10);
    expect(target.log.at(-1)).toBe("apply ADDED b, ADDED a");
    expect(reflector.lastSyncResourceVersion).toBe("");
    await pass(10);
    expect(reflector.lastSyncResourceVersion).toBe("41");
    await pass(10);
    expect(reflector.lastSyncResourceVersion).toBe("42");
    await stop();
  });

  it("is listed anew where such a watch ends without a position, never watched again from nowhere (P8, R12)", async () => {
    const { cluster, reports, stop } = reflect(
      {
        lists: [listed(""), listed("9")],
        watches: [watch({ chunks: [[added("a", "7")]], openMs: 5000 }), openWatch()],
      },
      off,
    );
    await pass(5000);
    expect(cluster.log).toEqual(['list ""', 'watch ""', 'list ""', 'watch "9"']);
    expect(reports("list-started").at(-1)?.reason).toBe("unresumable");
    await stop();
  });

  it("asks for a random time-out between 300 and 600 s, anew each time (R21)", async () => {
    const { cluster, stop } = reflect({ lists: [listed("5")], watches: [watch({ openMs: 1000 })] }, off);
    await settle();
    vi.mocked(Math.random).mockReturnValue(0.999);
    await pass(1000);
    expect(cluster.watchRequests.map(({ timeoutSeconds }) => timeoutSeconds)).toEqual([300, 599]);
    await stop();
  });

  it("asks for the time-out it is given, but never below 300 s (R21)", async () => {
    for (const [min, expected] of [
      [1000, 1000],
      [10, 300],
    ] as const) {
      const { cluster, stop } = reflect({ lists: [listed("5")] }, { ...off, minWatchTimeoutSeconds: min });
      await settle();
      expect(cluster.watchRequests[0]?.timeoutSeconds).toBe(expected);
      await stop();
    }
  });
});

describe("a watch that ends", () => {
  it("is resumed at once after a clean end with events, without a list (R22, P3)", async () => {
    const script = watch({ chunks: [[added("a", "6")]], openMs: 2000 });
    const { cluster, reports, stop } = reflect({ lists: [listed("5")], watches: [script] }, off);
    await pass(10_000);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', ...Array.from({ length: 5 }, () => 'watch "6"')]);
    expect(reports("waiting")).toEqual([]);
    expect(reports("error")).toEqual([]);
    expect(reports("watch-ended")[0]).toEqual({
      type: "watch-ended",
      resourceVersion: "6",
      events: 1,
      openMs: 2000,
    });
    await stop();
  });

  it("counts its time from before the request, as proxies hold headers back (R24)", async () => {
    const held: WatchScript = async function* ({ signal, onOpen }) {
      await pause(2000, signal);
      onOpen();
      yield [];
    };
    const { cluster, reports, stop } = reflect({ lists: [listed("5")], watches: [held, openWatch()] }, off);
    await pass(2000);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'watch "5"']);
    expect(reports("watch-ended")).toMatchObject([{ events: 0, openMs: 2000 }]);
    expect(reports("waiting")).toEqual([]);
    await stop();
  });

  it("has exactly one iterator open through 25 idle reconnects (P3)", async () => {
    const { cluster, stop } = reflect({ lists: [listed("5")], watches: [watch({ openMs: 1000 })] }, off);
    await pass(25_500);
    expect(cluster.log.filter((line) => line === 'watch "5"')).toHaveLength(26);
    expect([cluster.open, cluster.mostOpen]).toEqual([1, 1]);
    await stop();
    expect(cluster.open).toBe(0);
  });

  it.each([
    ["empty (R23)", watch({})],
    ["with an event each time (R22)", watch({ chunks: [[modified("a", "6")]] })],
    ["with a bookmark each time", watch({ chunks: [[bookmark("6")]] })],
    ["with an error in the stream each time (R27)", watch({ chunks: [[errorRecord(500, "InternalError")]] })],
    ["with a 500 each time (R26)", watchFails(apiError(500, "InternalError"))],
    ["refused each time (R25)", watchFails(refusedConnection())],
  ])(
    "at once, %s, is resumed about 10 times in 60 s, with growing gaps and no list (P4, R22, R23, R25, R26, R27)",
    async (_, script) => {
      const { cluster, reports, stop } = reflect({ lists: [listed("5")], watches: [script] }, off);
      await pass(60_000);
      const watches = cluster.log.filter((line) => line.startsWith("watch"));
      expect(watches.length).toBeGreaterThan(5);
      expect(watches.length).toBeLessThanOrEqual(10);
      expect(cluster.log.filter((line) => line.startsWith("list"))).toHaveLength(1);
      const gaps = reports("waiting").map(({ delayMs }) => delayMs);
      expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
      await stop();
    },
  );

  it.each([
    [
      "429 with Retry-After as a status",
      watchFails(apiError(429, "TooManyRequests", { retryAfterMs: 12_000 })),
    ],
    ["429 with Retry-After in the stream", watch({ chunks: [[errorRecord(429, "TooManyRequests", 12)]] })],
  ])("with %s is resumed after it (R25, R27, R30, P8)", async (_, script) => {
    const { cluster, reports, stop } = reflect({ lists: [listed("5")], watches: [script, openWatch()] }, off);
    await pass(11_999);
    expect(cluster.log).toEqual(['list ""', 'watch "5"']);
    await pass(1);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'watch "5"']);
    expect(reports("error")).toMatchObject([{ step: "watch", error: { status: 429 } }]);
    await stop();
  });

  it("with an error in the stream tells it, after the good records before it (R27)", async () => {
    const chunk = [added("a", "6"), errorRecord(500, "InternalError"), added("never", "7")];
    const { cluster, target, reports, stop } = reflect(
      { lists: [listed("5")], watches: [watch({ chunks: [chunk] }), openWatch()] },
      off,
    );
    await pass(800);
    expect(target.log.slice(1)).toEqual(["apply ADDED a"]);
    expect(cluster.log.at(-1)).toBe('watch "6"');
    expect(reports("error")).toMatchObject([{ step: "watch", error: { code: "API", status: 500 } }]);
    expect(reports("error")[0]?.error.message).toBe("Watch pods: internal error: told in the stream (500)");
    await stop();
  });

  it("in the middle is resumed by one stream, with one delivery (P5)", async () => {
    const broken = watch({ chunks: [[added("a", "6")]], openMs: 3000, error: refusedConnection() });
    const { cluster, target, stop } = reflect(
      { lists: [listed("5")], watches: [broken, openWatch([added("b", "7")])] },
      off,
    );
    await pass(3000);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'watch "6"']);
    expect(target.log.slice(1)).toEqual(["apply ADDED a", "apply ADDED b"]);
    expect(cluster.mostOpen).toBe(1);
    await stop();
  });

  it("recovers when the server was down for 5 minutes, with at most 16 attempts and no list (P9)", async () => {
    const script = downFor(300_000, watchFails(refusedConnection()), openWatch([added("a", "6")]));
    const { cluster, target, stop } = reflect({ lists: [listed("5")], watches: [script] }, off);
    await pass(360_000);
    expect(target.log.at(-1)).toBe("apply ADDED a");
    expect(cluster.log.length).toBeLessThanOrEqual(17);
    expect(cluster.log.filter((line) => line.startsWith("list"))).toHaveLength(1);
    await stop();
  });

  it("begins its delays anew after 2 minutes without trouble (R39)", async () => {
    const down = watchFails(refusedConnection());
    const up = watch({ openMs: 130_000 });
    const { reports, stop } = reflect(
      { lists: [listed("5")], watches: [down, down, up, down, openWatch()] },
      off,
    );
    await pass(140_000);
    expect(reports("waiting").map(({ delayMs }) => delayMs)).toEqual([800, 1600, 800]);
    await stop();
  });
});

describe("410", () => {
  it.each([
    ["as the status of the watch (K3, P8)", watchFails(gone())],
    ["in the stream (R27, P8)", watch({ chunks: [[errorRecord(410, "Expired")]] })],
  ])(
    "%s leads to a list at once, at the last resourceVersion, with the watch closed before it (P1, R10)",
    async (_, script) => {
      const { cluster, reports, stop } = reflect(
        { lists: [listed("5", "a"), listed("9", "b")], watches: [script, openWatch()] },
        off,
      );
      await settle();
      expect(cluster.log).toEqual(['list ""', 'watch "5"', 'list "5"', 'watch "9"']);
      expect(cluster.mostOpen).toBe(1);
      expect(reports("list-started").at(-1)).toMatchObject({ reason: "expired", isStreaming: false });
      expect(reports("waiting")).toEqual([]);
      await stop();
    },
  );

  it("after each list makes no hot loop: about 10 lists in 60 s", async () => {
    const { cluster, stop } = reflect({ lists: [listed("5")], watches: [watchFails(gone())] }, off);
    await pass(60_000);
    const lists = cluster.log.filter((line) => line.startsWith("list"));
    expect(lists.length).toBeLessThanOrEqual(10);
    expect(lists.length).toBeGreaterThan(4);
    await stop();
  });
});

it("lists the newest state, as the server wishes, when a watch is too large (R7, R30)", async () => {
  const { cluster, reports, stop } = reflect(
    { lists: [listed("500"), listed("7")], watches: [watchFails(tooLarge()), openWatch()] },
    off,
  );
  await pass(800);
  expect(cluster.log).toEqual(['list ""', 'watch "500"', 'list ""', 'watch "7"']);
  expect(reports("list-started").at(-1)?.reason).toBe("too-large");
  await stop();
});

describe("a broken frame", () => {
  it("is read again from the last good resourceVersion, after the good records before it (P13)", async () => {
    const broken = watch({ chunks: [[added("a", "6")]], error: corruptFrame() });
    const { cluster, target, stop } = reflect(
      { lists: [listed("5")], watches: [broken, openWatch([added("b", "7")])] },
      off,
    );
    await settle();
    expect(target.log.slice(1)).toEqual(["apply ADDED a", "apply ADDED b"]);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'watch "6"']);
    await stop();
  });

  it("at one resourceVersion twice leads to a list (P13)", async () => {
    const { cluster, reports, stop } = reflect(
      {
        lists: [listed("5"), listed("8")],
        watches: [watch({ error: corruptFrame() }), watch({ error: corruptFrame() }), openWatch()],
      },
      off,
    );
    await pass(2400);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'watch "5"', 'list "5"', 'watch "8"']);
    expect(reports("list-started").at(-1)?.reason).toBe("unresumable");
    await stop();
  });
});

describe("a change that the target does not take", () => {
  it.each([
    [
      "throws",
      () => {
        throw new Error("disk full");
      },
    ],
    ["rejects", () => Promise.reject(new Error("disk full"))],
  ])("because it %s is told, the stream closed, and a list made after back-off (R33)", async (_, fail) => {
    const script = openWatch([added("a", "6")], [change("MODIFIED", "bad", "7")], [added("never", "8")]);
    const { cluster, target, reflector, reports, stop } = reflect(
      { lists: [listed("5"), listed("9", "a")], watches: [script, openWatch()] },
      {
        ...off,
        prepare: (it) => {
          it.before = (call) => (call.includes("bad") ? fail() : undefined);
        },
      },
    );
    await settle();
    expect(reflector.lastSyncResourceVersion).toBe("6");
    expect(cluster.open).toBe(0);
    expect(reports("error")).toMatchObject([{ step: "store", error: { code: "STORE_FAILED" } }]);
    await pass(800);
    expect(cluster.log).toEqual(['list ""', 'watch "5"', 'list "6"', 'watch "9"']);
    expect(target.log).toEqual([
      'replace [] at "5"',
      "apply ADDED a",
      "apply MODIFIED bad",
      'replace [a] at "9"',
    ]);
    await stop();
  });

  it("makes no hot loop when it fails each time (R33)", async () => {
    const { cluster, stop } = reflect(
      { lists: [listed("5")], watches: [openWatch([added("bad", "6")])] },
      {
        ...off,
        prepare: (it) => {
          it.before = (call) => {
            if (call.includes("bad")) throw new Error("no");
          };
        },
      },
    );
    await pass(60_000);
    expect(cluster.log.filter((line) => line.startsWith("list")).length).toBeLessThanOrEqual(8);
    await stop();
  });
});
