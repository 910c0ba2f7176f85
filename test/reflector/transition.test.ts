import { describe, expect, it } from "vitest";
import { initialState, type Outcome, type ReflectorState } from "../../src/reflector/state.ts";
import { transition } from "../../src/reflector/transition.ts";
import {
  at,
  end,
  failed,
  listed,
  markerReached,
  paged,
  refused,
  storeFailed,
  takeAll,
  watching,
  words,
} from "./outcomes.ts";
import { apiError, gone, refusedConnection, tooLarge } from "./scripted-list-watch.ts";

const hour = 3_600_000;

describe("the first step", () => {
  it.each([
    [
      "streams the initial list from the newest state, never from 0 (R43)",
      initialState(),
      "streaming-list",
      "",
    ],
    ["lists the newest state where streaming is off", paged(), "list", ""],
    ["lists any state where that is asked for (R1)", paged({ initialResourceVersion: "0" }), "list", "0"],
    ["never streams from 0 (R43)", initialState({ initialResourceVersion: "0" }), "streaming-list", ""],
  ])("%s", (_, state, type, resourceVersion) => {
    expect(state.step).toEqual({ type, resourceVersion, reason: "initial" });
  });
});

describe("a paged list", () => {
  const relisting = takeAll(watching, end({ error: gone() })).state;
  it.each<[string, ReflectorState, Outcome[], string]>([
    ["is followed by a watch at its resourceVersion", paged(), [listed], 'watch "5" now'],
    [
      "is made again after back-off when it fails (K2)",
      paged(),
      [failed(apiError(500, "InternalError"))],
      'list "" initial after backoff',
    ],
    [
      "waits as long as the server wishes after 429 (R30, P8)",
      paged(),
      [failed(apiError(429, "TooManyRequests", { retryAfterMs: 7000 }))],
      'list "" initial after backoff of 7000',
    ],
    [
      "waits no longer than an hour, whatever the server wishes (R30)",
      paged(),
      [failed(apiError(503, "Unknown", { retryAfterMs: 86_400_000 }))],
      'list "" initial after backoff of 3600000',
    ],
    [
      "keeps its first resourceVersion when the connection breaks",
      paged({ initialResourceVersion: "0" }),
      [failed(refusedConnection())],
      'list "0" initial after backoff',
    ],
    [
      "is retried at once at the newest state when 0 is expired (R6)",
      paged({ initialResourceVersion: "0" }),
      [failed(gone())],
      'list "" expired now',
    ],
    [
      "is retried at once at the newest state when the last one is expired (R6)",
      relisting,
      [failed(gone())],
      'list "" expired now',
    ],
    [
      "takes the reason Gone like Expired (R6)",
      relisting,
      [failed(apiError(410, "Gone"))],
      'list "" expired now',
    ],
    [
      "is retried at once at the newest state when it is too large (R6, R7)",
      relisting,
      [failed(tooLarge())],
      'list "" too-large now',
    ],
    [
      "is retried at once only once (R6)",
      relisting,
      [failed(gone()), failed(gone())],
      'list "" expired after backoff',
    ],
    [
      "backs off when the newest state is said to be expired",
      paged(),
      [failed(gone())],
      'list "" expired after backoff',
    ],
    [
      "stays at the newest state until one succeeds (R8)",
      relisting,
      [failed(tooLarge()), failed(apiError(500, "InternalError"))],
      'list "" too-large after backoff',
    ],
    [
      "forgets that once one succeeds (R8)",
      relisting,
      [failed(tooLarge()), { ...listed, resourceVersion: "9" }, end({ resourceVersion: "9", error: gone() })],
      'list "9" expired after backoff',
    ],
    [
      "comes after back-off at the last resourceVersion when the store fails (R9, R33)",
      relisting,
      [storeFailed],
      'list "5" store-failed after backoff',
    ],
  ])("%s", (_, state, outcomes, expected) => {
    expect(words(takeAll(state, ...outcomes))).toBe(expected);
  });
});

describe("back-off", () => {
  it("starts over after 2 minutes of following, added up over connections (R39)", () => {
    const half = end({ events: 1, openMs: 61_000, followedMs: 61_000 });
    const refusedWatch = end({ error: refusedConnection(), followedMs: 0 });
    expect(takeAll(watching, half, refusedWatch).wait).toMatchObject({ isFresh: false });
    expect(takeAll(watching, half, half, refusedWatch).wait).toMatchObject({ isFresh: true });
    expect(takeAll(watching, half, refusedWatch, half, refusedWatch).wait).toMatchObject({ isFresh: false });
  });

  it("starts over as early as it is told to (R41)", () => {
    const state = takeAll(
      paged({ backoffResetAfterMs: 1000 }),
      listed,
      end({ openMs: 2000, followedMs: 2000 }),
    ).state;
    expect(takeAll(state, end({ error: refusedConnection(), followedMs: 0 })).wait).toMatchObject({
      isFresh: true,
    });
  });

  it("never starts over because a failing list took long (K2)", () => {
    const slow = (count: number): Outcome[] =>
      Array.from({ length: count }, (_, index) => ({
        ...failed(apiError(500, "InternalError")),
        at: at + index * hour,
      }));
    for (let count = 1; count < 5; count += 1) {
      expect(takeAll(paged(), ...slow(count)).wait).toEqual({
        type: "backoff",
        atLeastMs: 0,
        isFresh: false,
      });
    }
  });
});

it("never changes a state it is given", () => {
  const frozen = Object.freeze({ ...watching });
  for (const outcome of [listed, failed(gone()), markerReached, refused, storeFailed, end()]) {
    expect(() => transition(frozen, outcome)).not.toThrow();
  }
});
