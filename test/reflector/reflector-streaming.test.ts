import { describe, expect, it } from "vitest";
import { pass, reflect, settle, useFakeTime } from "./harness.ts";
import {
  aborted,
  added,
  apiError,
  bookmark,
  corruptFrame,
  deleted,
  errorRecord,
  gone,
  listed,
  marker,
  modified,
  openWatch,
  refusedConnection,
  tooLarge,
  type WatchScript,
  watch,
  watchFails,
} from "./scripted-list-watch.ts";

const hour = 3_600_000;
const whole = openWatch([added("a", "3"), added("b", "4")], [marker("5")]);
const expiring = watch({ chunks: [[added("a", "3"), marker("5")]], openMs: 20_000, error: gone() });

useFakeTime();

describe("a streaming list", () => {
  it("is asked for first, from the newest state, without any paged list (R43)", async () => {
    const { cluster, reports, stop } = reflect({ watches: [whole] });
    await settle();
    expect(cluster.log).toEqual(['stream ""']);
    expect(cluster.watchRequests[0]).toMatchObject({ sendInitialEvents: true, timeoutSeconds: 300 });
    expect(reports("list-started")).toEqual([
      { type: "list-started", reason: "initial", resourceVersion: "", isStreaming: true },
    ]);
    await stop();
  });

  it("writes nothing before its marker, then everything in one replace (R44, R46)", async () => {
    const chunks = [
      [added("a", "1"), added("b", "2"), added("c", "3")],
      [modified("a", "4"), deleted("b", "5")],
      [marker("6")],
    ];
    const { target, reflector, reports, stop } = reflect({
      watches: [watch({ chunks, gapMs: 100, openMs: 9000 })],
    });
    await pass(200);
    expect(target.log).toEqual([]);
    expect(reflector.lastSyncResourceVersion).toBe("");
    await pass(100);
    expect(target.log).toEqual(['replace [a c] at "6"']);
    expect(target.objects).toEqual(
      new Map([
        ["a", "4"],
        ["c", "3"],
      ]),
    );
    expect(reflector.lastSyncResourceVersion).toBe("6");
    expect(reports("listed")).toEqual([
      { type: "listed", resourceVersion: "6", items: 2, isStreaming: true },
    ]);
    await stop();
  });

  it("goes on as a watch on the same stream, also within the marker's chunk (R46)", async () => {
    const { cluster, target, reflector, progress, stop } = reflect({
      watches: [openWatch([added("a", "3"), marker("5"), modified("a", "6")], [deleted("a", "7")])],
    });
    await settle();
    expect(cluster.log).toEqual(['stream ""']);
    expect(target.log).toEqual(['replace [a] at "5"', "apply MODIFIED a", "apply DELETED a"]);
    expect(reflector.lastSyncResourceVersion).toBe("7");
    expect(progress.map(({ type }) => type)).toEqual([
      "list-started",
      "watch-opened",
      "listed",
      "watch-started",
      "bookmark",
      "frames",
      "frames",
    ]);
    await pass(60_000);
    expect(cluster.open).toBe(1);
    await stop();
  });

  it("is resumed by a plain watch when that stream ends (R22, R46)", async () => {
    const { cluster, stop } = reflect({
      watches: [
        watch({ chunks: [[added("a", "3"), marker("5")], [modified("a", "6")]], openMs: 2000 }),
        openWatch(),
      ],
    });
    await pass(2000);
    expect(cluster.log).toEqual(['stream ""', 'watch "6"']);
    await stop();
  });

  it("has the marker's resourceVersion, not that of its last object (R47)", async () => {
    const { target, stop } = reflect({ watches: [openWatch([added("a", "900"), marker("5")])] });
    await settle();
    expect(target.log).toEqual(['replace [a] at "5"']);
    await stop();
  });

  it("is asked for again at a relist, with the last resourceVersion (R2, R43, R52)", async () => {
    const { cluster, stop } = reflect({ watches: [expiring, whole] });
    await pass(20_000);
    expect(cluster.log).toEqual(['stream ""', 'stream "5"']);
    expect(cluster.mostOpen).toBe(1);
    await stop();
  });

  it("is not made twice at once after 410 because it took 12 s itself", async () => {
    const slow = watch({ chunks: [[added("a", "3")], [marker("5")]], gapMs: 6000, error: gone() });
    const { cluster, reports, stop } = reflect({ watches: [slow] });
    await pass(12_000);
    expect([cluster.log.length, reports("waiting").length]).toEqual([2, 0]);
    await pass(12_000);
    expect([cluster.log.length, reports("waiting").length]).toEqual([2, 1]);
    await stop();
  });

  it("is never asked for where it is off (R53)", async () => {
    const { cluster, stop } = reflect({ lists: [listed("5")] }, { streamingList: "off" });
    await settle();
    expect(cluster.log).toEqual(['list ""', 'watch "5"']);
    await stop();
  });

  it("is made anew after back-off when the target does not take it (R9, R33)", async () => {
    const { cluster, target, reports, stop } = reflect(
      { watches: [whole] },
      {
        prepare: (it) => {
          it.before = () => {
            throw new Error("disk full");
          };
        },
      },
    );
    await settle();
    expect([cluster.open, target.objects.size]).toEqual([0, 0]);
    expect(reports("error")).toMatchObject([{ step: "store" }]);
    target.before = () => {};
    await pass(800);
    expect(cluster.log).toEqual(['stream ""', 'stream ""']);
    expect(target.objects.size).toBe(2);
    await stop();
  });
});

describe("a streaming list that ends before its marker", () => {
  it("leaves nothing behind: the next begins empty, at once (K1, R48)", async () => {
    const { cluster, target, reports, stop } = reflect({
      watches: [watch({ chunks: [[added("ghost", "1")]], openMs: 2000 }), whole],
    });
    await pass(2000);
    expect(cluster.log).toEqual(['stream ""', 'stream ""']);
    expect(target.log).toEqual(['replace [a b] at "5"']);
    expect(reports("waiting")).toEqual([]);
    await stop();
  });

  it("again and again backs off, and after five gives way to a remembered paged list (R48)", async () => {
    const { cluster, reports, stop } = reflect({
      lists: [listed("5")],
      watches: [...Array.from({ length: 5 }, () => watch({ chunks: [[added("a", "1")]] })), openWatch()],
    });
    await pass(20_000);
    expect(cluster.log).toEqual([...Array.from({ length: 5 }, () => 'stream ""'), 'list ""', 'watch "5"']);
    expect(reports("waiting").map(({ delayMs }) => delayMs)).toEqual([800, 1600, 3200]);
    expect(reports("streaming-unsupported")).toHaveLength(1);
    await stop();
  });

  it.each([
    ["429 as a status", watchFails(apiError(429, "TooManyRequests", { retryAfterMs: 4000 })), 4000],
    [
      "429 in the stream",
      watch({ chunks: [[added("ghost", "1"), errorRecord(429, "TooManyRequests", 4)]] }),
      4000,
    ],
    ["a refused connection", watchFails(refusedConnection()), 800],
  ])("by %s is made again after back-off, without a paged list (R30, R49)", async (_, script, delayMs) => {
    const { cluster, target, stop } = reflect({ watches: [script, whole] });
    await pass(delayMs - 1);
    expect(cluster.log).toEqual(['stream ""']);
    await pass(1);
    expect(cluster.log).toEqual(['stream ""', 'stream ""']);
    expect(target.log).toEqual(['replace [a b] at "5"']);
    await stop();
  });

  it.each([
    ["410 as a status", watchFails(gone())],
    ["410 in the stream", watch({ chunks: [[errorRecord(410, "Expired")]] })],
    ["too large", watchFails(tooLarge())],
  ])("by %s is made again at once from the newest state (R50, P8)", async (_, script) => {
    const { cluster, reports, stop } = reflect({ watches: [expiring, script, whole] });
    await pass(20_000);
    expect(cluster.log).toEqual(['stream ""', 'stream "5"', 'stream ""']);
    expect(reports("waiting")).toEqual([]);
    await stop();
  });

  it.each([
    ["400", watchFails(apiError(400, "BadRequest")), 1],
    ["422", watchFails(apiError(422, "Invalid")), 1],
    ["500 in the stream", watch({ chunks: [[added("ghost", "1"), errorRecord(500, "InternalError")]] }), 0],
    ["a break in the middle", watch({ chunks: [[added("ghost", "1")]], error: refusedConnection() }), 0],
    ["a broken frame", watch({ chunks: [[added("ghost", "1")]], error: corruptFrame() }), 0],
    ["a very short, empty stream", watch({}), 0],
  ])(
    "by %s gives way to a paged list at once, with its stream closed (K1, P1, R51)",
    async (_, script, remembered) => {
      const { cluster, target, reports, stop } = reflect({
        lists: [listed("5", "a")],
        watches: [script, openWatch()],
      });
      await settle();
      expect(cluster.log).toEqual(['stream ""', 'list ""', 'watch "5"']);
      expect(target.log).toEqual(['replace [a] at "5"']);
      expect(cluster.mostOpen).toBe(1);
      expect(reports("streaming-unsupported")).toHaveLength(remembered);
      await stop();
    },
  );
});

describe("a server that ignores sendInitialEvents", () => {
  /** A plain watch from the newest state: what exists, then silence. */
  const ignoring = openWatch([added("a", "3")]);

  it("is found out after 10 s without an event, and listed in pages (P17, R55)", async () => {
    const { cluster, target, reports, stop } = reflect({
      lists: [listed("5", "a")],
      watches: [ignoring, openWatch()],
    });
    await pass(9999);
    expect([cluster.log, cluster.open]).toEqual([['stream ""'], 1]);
    await pass(1);
    expect(cluster.log).toEqual(['stream ""', 'list ""', 'watch "5"']);
    expect(cluster.mostOpen).toBe(1);
    expect(target.log).toEqual(['replace [a] at "5"']);
    expect(reports("streaming-unsupported")).toEqual([
      { type: "streaming-unsupported", why: "no event for 10000 ms before the marker" },
    ]);
    expect(reports("error")).toEqual([]);
    await stop();
  });

  it("is found out also when it never answers at all (R55)", async () => {
    const silent: WatchScript = async function* ({ signal }) {
      await aborted(signal);
      yield [];
    };
    const { cluster, stop } = reflect({ lists: [listed("5")], watches: [silent, openWatch()] });
    await pass(10_000);
    expect(cluster.log).toEqual(['stream ""', 'list ""', 'watch "5"']);
    await stop();
  });

  it("counts its 10 s from the last event (R55)", async () => {
    const chunks = [[added("a", "1")], [added("b", "2")], [marker("5")]];
    const { cluster, target, stop } = reflect({ watches: [watch({ chunks, gapMs: 9000, openMs: 60_000 })] });
    await pass(27_000);
    expect(cluster.log).toEqual(['stream ""']);
    expect(target.log).toEqual(['replace [a b] at "5"']);
    await pass(30_000);
    expect(cluster.log).toEqual(['stream ""']);
    await stop();
  });

  it("is found out as early as markerDeadlineMs says (R55)", async () => {
    const { cluster, stop } = reflect(
      { lists: [listed("5")], watches: [ignoring, openWatch()] },
      { markerDeadlineMs: 50 },
    );
    await pass(50);
    expect(cluster.log).toEqual(['stream ""', 'list ""', 'watch "5"']);
    await stop();
  });

  it("is found out when the total has passed, however busy the stream (R55)", async () => {
    const busy = watch({
      chunks: Array.from({ length: 100 }, (_, n) => [modified("a", String(n + 1))]),
      gapMs: 1000,
    });
    const { cluster, reports, stop } = reflect(
      { lists: [listed("5")], watches: [busy, openWatch()] },
      { streamingListMaxMs: 30_000 },
    );
    await pass(30_000);
    expect(cluster.log).toEqual(['stream ""', 'list ""', 'watch "5"']);
    expect(reports("streaming-unsupported")).toEqual([
      { type: "streaming-unsupported", why: "no marker within 30000 ms" },
    ]);
    await stop();
  });

  it("is found out at once by a bookmark without the annotation (R45, R55)", async () => {
    const script = openWatch([added("ghost", "3")], [bookmark("4"), marker("5")]);
    const { cluster, target, stop } = reflect({ lists: [listed("5", "a")], watches: [script, openWatch()] });
    await settle();
    expect(cluster.log).toEqual(['stream ""', 'list ""', 'watch "5"']);
    expect(target.log).toEqual(['replace [a] at "5"']);
    await stop();
  });

  it("is remembered: the next relist goes in pages, one after an hour asks again (R52)", async () => {
    const short = watch({ openMs: 20_000, error: gone() });
    const long = watch({ openMs: hour, error: gone() });
    const { cluster, stop } = reflect({
      lists: [listed("5"), listed("6")],
      watches: [watchFails(apiError(422, "Invalid")), short, long, whole],
    });
    await pass(20_000);
    expect(cluster.log).toEqual(['stream ""', 'list ""', 'watch "5"', 'list "5"', 'watch "6"']);
    await pass(hour);
    expect(cluster.log.slice(5)).toEqual(['stream "6"']);
    await stop();
  });
});
