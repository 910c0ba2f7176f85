import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { TransportResponse } from "../../src/transport/port.ts";
import { Watch, type WatchOptions } from "../../src/watch/watch.ts";
import { readWatch } from "../../src/watch/watch-stream.ts";
import { bookmark, change, errorRecord, FakeConnection, frameOf, podOf } from "./frames.ts";
import { type Script, ScriptedServer } from "./scripted-watch.ts";

const coded = (code: string): unknown => expect.objectContaining({ code });
const apiError = (status: number, reason: string, retryAfterMs?: number): ApiError =>
  new ApiError(`${status} ${reason}`, { status, reason, retryAfterMs });
const reset = new KubeError("CONNECTION_FAILED", "reset");
const corrupt = new KubeError("FRAME_CORRUPT", "broken JSON");

interface Followed {
  readonly watch: Watch<KubeObject>;
  readonly server: ScriptedServer;
  /** The resourceVersions that handlers saw. */
  readonly seen: unknown[];
  readonly errors: KubeError[];
  readonly delays: number[];
}

function follow(
  scripts: readonly Script[],
  options: Partial<WatchOptions<KubeObject>> = {},
  always?: Script,
): Followed {
  const server = new ScriptedServer(scripts, always);
  const watch = new Watch({ open: server.open, step: "watch pods", ...options });
  const followed: Followed = { watch, server, seen: [], errors: [], delays: [] };
  for (const type of ["ADDED", "MODIFIED", "DELETED"] as const) {
    watch.on(type, (pod) => followed.seen.push(pod.metadata?.resourceVersion));
  }
  watch.on("ERROR", (error) => followed.errors.push(error));
  watch.on("reconnect", ({ delayMs }) => followed.delays.push(delayMs));
  return followed;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("Watch resumes", () => {
  it("from the last resourceVersion as it came, never compared (R11)", async () => {
    const { watch, server } = follow(
      [{ batches: [[change("MODIFIED", "a", "55"), change("MODIFIED", "b", "32")]], livesMs: 2000 }],
      { resourceVersion: "50" },
    );
    await vi.advanceTimersByTimeAsync(2000);
    expect([server.versions, watch.resourceVersion]).toEqual([["50", "32"], "32"]);
    await watch.stop();
  });

  it("from the last bookmark (R35, R64)", async () => {
    const { watch, server, seen } = follow(
      [{ batches: [[change("ADDED", "a", "51"), bookmark("60")]], livesMs: 2000 }],
      { resourceVersion: "50" },
    );
    await vi.advanceTimersByTimeAsync(2000);
    expect([server.versions, seen]).toEqual([["50", "60"], ["51"]]);
    await watch.stop();
  });

  it("not from an event that was passed over (R31)", async () => {
    const error = new KubeError("BAD_RESPONSE", "a Table");
    const { watch, server, errors } = follow(
      [{ batches: [[change("ADDED", "a", "51"), { type: "SKIPPED", error }]], livesMs: 2000 }],
      { resourceVersion: "50" },
    );
    await vi.advanceTimersByTimeAsync(2000);
    expect([server.versions, errors]).toEqual([["50", "51"], [error]]);
    await watch.stop();
  });

  it.each(["", "0"])(
    "opened at %j, from the first MODIFIED, DELETED or BOOKMARK on only (R12)",
    async (resourceVersion) => {
      for (const [record, version] of [
        [change("MODIFIED", "a", "70"), "70"],
        [change("DELETED", "a", "71"), "71"],
        [bookmark("72"), "72"],
      ] as const) {
        const before = [change("ADDED", "b", "90"), change("ADDED", "a", "12")];
        const server = new ScriptedServer([{ batches: [before, [record]], livesMs: 2000 }]);
        const watch = new Watch({ open: server.open, resourceVersion });
        const versions: string[] = [];
        watch.on("ADDED", () => versions.push(watch.resourceVersion));
        await vi.advanceTimersByTimeAsync(2000);
        expect([versions, server.versions]).toEqual([
          [resourceVersion, resourceVersion],
          [resourceVersion, version],
        ]);
        await watch.stop();
      }
    },
  );

  it("after a clean end at once, without an error, and asks for a new random time-out (R21, R22)", async () => {
    const { watch, server, errors, delays } = follow(
      Array.from({ length: 9 }, () => ({ batches: [[bookmark("60")]], livesMs: 2000 })),
      { resourceVersion: "50", minTimeoutSeconds: 1000 },
    );
    await vi.advanceTimersByTimeAsync(17_000);
    expect([errors, delays]).toEqual([[], Array.from({ length: 8 }, () => 0)]);
    const timeouts = server.requests.map(({ timeoutSeconds }) => timeoutSeconds);
    expect(timeouts.every((seconds) => seconds >= 1000 && seconds <= 2000)).toBe(true);
    expect(new Set(timeouts).size).toBeGreaterThan(1);
    await watch.stop();
  });

  it("after a very short connection without events with back-off (R23)", async () => {
    const { watch, server, delays } = follow([{ livesMs: 900 }], { resourceVersion: "50" });
    await vi.advanceTimersByTimeAsync(900);
    expect([server.versions, delays.length]).toEqual([["50"], 1]);
    expect(delays[0]).toBeGreaterThanOrEqual(800);
    await vi.advanceTimersByTimeAsync(1600);
    expect(server.versions).toEqual(["50", "50"]);
    await watch.stop();
  });

  it("after headers that a proxy held for a second at once (R24)", async () => {
    const { watch, delays } = follow([{ livesMs: 1100 }], { resourceVersion: "50" });
    await vi.advanceTimersByTimeAsync(1100);
    expect(delays).toEqual([0]);
    await watch.stop();
  });

  it.each([
    ["a refused connection", reset],
    ["429", apiError(429, "TooManyRequests")],
    ["500", apiError(500, "InternalError")],
    ["a silent server", new KubeError("TIMEOUT", "silent")],
    ["a proxy's page", new KubeError("BAD_RESPONSE", "HTML")],
    ["an error that is not ours", new TypeError("fetch failed")],
  ])("after %s with back-off, at the same resourceVersion, visibly (R25)", async (_, error) => {
    const refused: Script = { error, isRefused: true };
    const { watch, server, errors, delays } = follow([refused, refused], { resourceVersion: "50" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.versions).toEqual(["50", "50", "50"]);
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject(
      KubeError.is(error) ? { code: error.code } : { code: "CONNECTION_FAILED", cause: error },
    );
    expect(delays.every((delayMs) => delayMs >= 800)).toBe(true);
    await watch.stop();
  });

  it("after an ERROR event other than 410 with back-off, visibly (R27)", async () => {
    const { watch, server, errors, delays } = follow(
      [
        { batches: [[change("ADDED", "a", "51"), errorRecord(500, "InternalError")]] },
        { batches: [[errorRecord(429, "TooManyRequests")]] },
        { batches: [[errorRecord(403, "Forbidden")]] },
      ],
      { resourceVersion: "50" },
    );
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.versions).toEqual(["50", "51", "51", "51"]);
    expect(errors.map((error) => ApiError.is(error) && error.status)).toEqual([500, 429, 403]);
    expect(delays.every((delayMs) => delayMs >= 800)).toBe(true);
    await watch.stop();
  });

  it("no sooner than the server wishes, in a header or in the stream (R30, R66)", async () => {
    const { watch, delays } = follow(
      [
        { error: apiError(429, "TooManyRequests", 20_000), isRefused: true },
        { batches: [[errorRecord(500, "InternalError", 30)]] },
        { error: apiError(503, "ServiceUnavailable", 2 ** 40), isRefused: true },
      ],
      { resourceVersion: "50" },
    );
    await vi.advanceTimersByTimeAsync(60_000);
    // The longest that a timer takes; above it, it would fire at once.
    expect(delays).toEqual([20_000, 30_000, 2 ** 31 - 1]);
    await watch.stop();
  });

  it.each([
    ["at once", [], 0],
    ["after one event each", [[change("MODIFIED", "a", "51")]], 1],
  ])(
    "in growing steps when the server ends each watch %s: about 10 attempts in 60 s (P4)",
    async (_, batches, atOnce) => {
      const { watch, server, delays } = follow([], { resourceVersion: "50" }, { batches });
      await vi.advanceTimersByTimeAsync(60_000);
      expect(server.requests.length).toBeLessThanOrEqual(10);
      expect(server.requests.length).toBeGreaterThanOrEqual(5);
      expect(delays.filter((delayMs) => delayMs === 0)).toHaveLength(atOnce);
      const gaps = delays.slice(atOnce);
      expect(gaps).toEqual(gaps.toSorted((a, b) => a - b));
      await watch.stop();
    },
  );

  it("after a corrupt frame from the last good one, losing nothing (P13)", async () => {
    const frames = [
      frameOf("MODIFIED", podOf("a", "51")),
      '{"type":"MODIF\n',
      frameOf("MODIFIED", podOf("b", "53")),
    ];
    const connections = [
      new FakeConnection().write(frames.join("")),
      new FakeConnection().write(frameOf("MODIFIED", podOf("c", "52")) + frames[2]),
    ];
    const versions: string[] = [];
    const open = async (): Promise<TransportResponse> =>
      connections[versions.length - 1]?.response ?? new FakeConnection().response;
    const watch = new Watch<KubeObject>({
      resourceVersion: "50",
      open: ({ resourceVersion, signal }) => {
        versions.push(resourceVersion);
        return readWatch(open, { step: "watch pods", inactivityMs: 60_000, signal });
      },
    });
    const seen: unknown[] = [];
    watch.on("MODIFIED", (pod) => seen.push(pod.metadata?.resourceVersion));
    await vi.advanceTimersByTimeAsync(5000);
    expect([versions, seen]).toEqual([
      ["50", "51"],
      ["51", "52", "53"],
    ]);
    await watch.stop();
  });

  it("asks for the existing objects once, and not again after the marker", async () => {
    const { watch, server } = follow(
      [
        { error: reset, isRefused: true },
        { batches: [[change("ADDED", "a", "12"), bookmark("60", true)]], livesMs: 2000 },
      ],
      { sendInitialEvents: true },
    );
    await vi.advanceTimersByTimeAsync(5000);
    expect(server.requests.map((request) => [request.resourceVersion, request.sendInitialEvents])).toEqual([
      ["", true],
      ["", true],
      ["60", false],
    ]);
    await watch.stop();
  });
});

describe("Watch ends for good", () => {
  it.each([
    ["as the status of the first open (K3)", [{ error: apiError(410, "Expired"), isRefused: true }], "50"],
    [
      "as the status of a later open (R65)",
      [{ batches: [[change("ADDED", "a", "51")]] }, { error: apiError(410, "Gone"), isRefused: true }],
      "51",
    ],
    [
      "in the stream (R64, R65)",
      [{ batches: [[change("ADDED", "a", "51"), errorRecord(410, "Expired")]] }],
      "51",
    ],
  ])("at 410 %s", async (_, scripts, resourceVersion) => {
    const { watch, server, errors } = follow(scripts, { resourceVersion: "50" });
    const closed = expect(watch.closed).rejects.toEqual(
      expect.objectContaining({
        code: "WATCH_EXPIRED",
        cause: expect.objectContaining({ code: "API", status: 410 }),
      }),
    );
    await vi.advanceTimersByTimeAsync(60_000);
    await closed;
    expect([server.requests.length, server.closes, vi.getTimerCount()]).toEqual([
      scripts.length,
      scripts.length,
      0,
    ]);
    expect([watch.resourceVersion, errors]).toEqual([resourceVersion, [coded("WATCH_EXPIRED")]]);
  });

  it.each([400, 401, 403, 404, 405, 422])(
    "when the server refuses the request with %i (R65)",
    async (status) => {
      const error = apiError(status, "Refused");
      const { watch, server, errors } = follow([{ error, isRefused: true }], { resourceVersion: "50" });
      await expect(watch.closed).rejects.toBe(error);
      expect([server.requests.length, errors]).toEqual([1, [error]]);
    },
  );

  it.each(["INVALID_ARGUMENT", "INVALID_CONFIG"] as const)(
    "when the request cannot be made: %s",
    async (code) => {
      const { watch } = follow([{ error: new KubeError(code, "wrong"), isRefused: true }]);
      await expect(watch.closed).rejects.toEqual(coded(code));
    },
  );

  it.each([
    ["a clean end", undefined],
    ["a break", reset],
  ])("when %s comes before the first safe resourceVersion (R12)", async (_, error) => {
    const { watch, server } = follow([{ batches: [[change("ADDED", "a", "12")]], error }]);
    const closed = expect(watch.closed).rejects.toSatisfy(
      (thrown: KubeError) => thrown.code === "WATCH_NOT_RESUMABLE" && thrown.cause === error,
    );
    await vi.advanceTimersByTimeAsync(60_000);
    await closed;
    expect(server.requests).toHaveLength(1);
  });

  it("not when nothing was handed out before the break: the beginning is still the beginning (R12)", async () => {
    const { watch, server, seen } = follow([
      { error: reset, isRefused: true },
      { livesMs: 5000 },
      { batches: [[change("ADDED", "a", "12")]], livesMs: 60_000 },
    ]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect([server.versions, seen]).toEqual([["", "", ""], ["12"]]);
    await watch.stop();
  });

  it.each(["FRAME_CORRUPT", "FRAME_TOO_LARGE"] as const)(
    "when the same frame is %s twice at one resourceVersion (P13)",
    async (code) => {
      const error = new KubeError(code, "a frame");
      const { watch, server } = follow(
        [{ batches: [[change("ADDED", "a", "51")]], error }, { error: reset, isRefused: true }, { error }],
        { resourceVersion: "50" },
      );
      const closed = expect(watch.closed).rejects.toBe(error);
      await vi.advanceTimersByTimeAsync(60_000);
      await closed;
      expect(server.versions).toEqual(["50", "51", "51"]);
    },
  );

  it("not when two frames break at different places, or with a good connection between (P13)", async () => {
    const { watch, server } = follow(
      [
        { error: corrupt },
        { batches: [[bookmark("60")]], error: corrupt },
        { livesMs: 5000 },
        { error: corrupt },
      ],
      { resourceVersion: "50" },
    );
    await vi.advanceTimersByTimeAsync(120_000);
    expect(server.versions).toEqual(["50", "50", "60", "60", "60"]);
    await watch.stop();
  });

  it("with its literal input, and with what that throws", async () => {
    const throwing = (function* () {
      yield [change("ADDED", "a", "51")];
      throw reset;
    })();
    await expect(new Watch({ open: throwing }).start().closed).rejects.toBe(reset);
    await expect(
      new Watch({ open: [[errorRecord(500, "InternalError")]] }).start().closed,
    ).rejects.toMatchObject({ status: 500 });
    await new Watch({ open: [[change("ADDED", "a", "51")]] }).start().closed;
  });
});
