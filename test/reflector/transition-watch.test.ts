import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { Outcome, ReflectorState } from "../../src/reflector/state.ts";
import { end, listed, paged, storeFailed, takeAll, watching, words } from "./outcomes.ts";
import { apiError, corruptFrame, gone, refusedConnection, tooLarge } from "./scripted-list-watch.ts";

describe("a watch", () => {
  const notSafe = takeAll(paged(), { ...listed, resourceVersion: "" }).state;
  const long = { events: 3, openMs: 300_000, followedMs: 299_000 };
  it.each<[string, ReflectorState, Outcome[], string]>([
    [
      "resumes at once after a clean end with events (R22)",
      watching,
      [end({ ...long, resourceVersion: "8" })],
      'watch "8" now',
    ],
    [
      "resumes at once after a clean end without events that took its time (R22)",
      watching,
      [end({ openMs: 300_000 })],
      'watch "5" now',
    ],
    [
      "resumes at once after one short connection that carried an event",
      watching,
      [end({ events: 1, resourceVersion: "6" })],
      'watch "6" now',
    ],
    [
      "backs off after the second short connection in a row, events or not (R22)",
      watching,
      [end({ events: 1 }), end({ events: 1 })],
      'watch "5" after backoff',
    ],
    [
      "backs off and resumes after a very short empty connection (R23)",
      watching,
      [end()],
      'watch "5" after backoff',
    ],
    [
      "backs off and resumes when the connection is refused (R25)",
      watching,
      [end({ error: refusedConnection() })],
      'watch "5" after backoff',
    ],
    [
      "backs off and resumes on 429, as long as the server wishes (R25, R30)",
      watching,
      [end({ error: apiError(429, "TooManyRequests", { retryAfterMs: 9000 }) })],
      'watch "5" after backoff of 9000',
    ],
    [
      "backs off and resumes on 500 (R26)",
      watching,
      [end({ error: apiError(500, "InternalError") })],
      'watch "5" after backoff',
    ],
    [
      "backs off and resumes on 403 (R26)",
      watching,
      [end({ error: apiError(403, "Forbidden") })],
      'watch "5" after backoff',
    ],
    [
      "backs off and resumes after an error in a stream that carried much (R27)",
      watching,
      [end({ ...long, resourceVersion: "8", error: apiError(500, "InternalError") })],
      'watch "8" after backoff (fresh)',
    ],
    [
      "resumes at once when a connection breaks that carried much",
      watching,
      [end({ ...long, resourceVersion: "8", error: refusedConnection() })],
      'watch "8" now',
    ],
    [
      "lists at once at the last resourceVersion after the first 410 (R10, R27, K3)",
      watching,
      [end({ error: gone() })],
      'list "5" expired now',
    ],
    [
      "takes WATCH_EXPIRED like 410",
      watching,
      [end({ error: new KubeError("WATCH_EXPIRED", "410") })],
      'list "5" expired now',
    ],
    [
      "backs off when the watch after that list is expired again",
      watching,
      [end({ error: gone() }), listed, end({ error: gone() })],
      'list "5" expired after backoff',
    ],
    [
      "lists at once again after 410 when the last list was followed for 10 s",
      watching,
      [
        end({ error: gone() }),
        listed,
        end({ openMs: 6000, followedMs: 6000 }),
        end({ followedMs: 4000, error: gone() }),
      ],
      'list "5" expired now',
    ],
    [
      "lists the newest state after back-off when its resourceVersion is too large",
      watching,
      [end({ error: tooLarge() })],
      'list "" too-large after backoff',
    ],
    [
      "lists after back-off when the store fails (R33)",
      watching,
      [storeFailed],
      'list "5" store-failed after backoff',
    ],
    [
      "resumes from the last good resourceVersion after a broken frame (P13)",
      watching,
      [end({ ...long, resourceVersion: "7", error: corruptFrame() })],
      'watch "7" now',
    ],
    [
      "lists when a frame at one resourceVersion is broken twice (P13)",
      watching,
      [end({ events: 1, error: corruptFrame() }), end({ error: corruptFrame() })],
      'list "5" unresumable after backoff',
    ],
    [
      "also counts twice with a clean end in between (P13)",
      watching,
      [end({ error: corruptFrame() }), end({ openMs: 5000 }), end({ error: corruptFrame() })],
      'list "5" unresumable after backoff',
    ],
    [
      "resumes when frames at two resourceVersions are broken (P13)",
      watching,
      [end({ error: corruptFrame() }), end({ events: 1, resourceVersion: "6", error: corruptFrame() })],
      'watch "6" after backoff',
    ],
    [
      "begins to count broken frames anew after a list (P13)",
      watching,
      [end({ error: corruptFrame() }), end({ error: gone() }), listed, end({ error: corruptFrame() })],
      'watch "5" after backoff',
    ],
    [
      "takes a frame that is too large like a broken one (P13)",
      watching,
      [end({ error: corruptFrame() }), end({ error: new KubeError("FRAME_TOO_LARGE", "16 MiB") })],
      'list "5" unresumable after backoff',
    ],
    [
      "lists when it is told that it cannot be resumed",
      watching,
      [end({ error: new KubeError("WATCH_NOT_RESUMABLE", "no") })],
      'list "5" unresumable after backoff',
    ],
    [
      "lists instead of watching again without a resourceVersion (P8, R12)",
      notSafe,
      [end({ ...long, resourceVersion: "" })],
      'list "" unresumable now',
    ],
    [
      "lists after back-off where that watch was short (P8, R12)",
      notSafe,
      [end({ resourceVersion: "" })],
      'list "" unresumable after backoff',
    ],
    [
      "resumes where a watch without a resourceVersion found one (R12)",
      notSafe,
      [end({ ...long, resourceVersion: "8" })],
      'watch "8" now',
    ],
  ])("%s", (_, state, outcomes, expected) => {
    expect(words(takeAll(state, ...outcomes))).toBe(expected);
  });
});
