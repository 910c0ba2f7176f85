import { describe, expect, it } from "vitest";
import type { Outcome, ReflectorState } from "../../src/reflector/state.ts";
import {
  at,
  end,
  listed,
  markerReached,
  refused,
  restreaming,
  storeFailed,
  streamed,
  streaming,
  takeAll,
  watching,
  words,
} from "./outcomes.ts";
import { apiError, corruptFrame, gone, refusedConnection, tooLarge } from "./scripted-list-watch.ts";

const hour = 3_600_000;

describe("a streaming list", () => {
  const cut = end({ events: 3, openMs: 2000, resourceVersion: "" });
  const cuts = (count: number): Outcome[] => Array.from({ length: count }, () => cut);
  it.each<[string, ReflectorState, Outcome[], string]>([
    [
      "goes on as a watch on the same stream at its marker (R46)",
      streaming,
      [markerReached],
      'watch "5" same stream now',
    ],
    [
      "asks for at least the last resourceVersion after 410 (R10, R43)",
      streamed,
      [end({ error: gone() })],
      'streaming-list "5" expired now',
    ],
    [
      "asks for the newest state where the last one is 0 (R43)",
      takeAll(streaming, { ...markerReached, resourceVersion: "0" }).state,
      [storeFailed, { ...storeFailed, resourceVersion: "0" }],
      'streaming-list "" store-failed after backoff',
    ],
    ["starts again at once when it is cut (R48)", streaming, [cut], 'streaming-list "" initial now'],
    [
      "starts again after back-off when it is cut twice in a row (R48)",
      streaming,
      cuts(2),
      'streaming-list "" initial after backoff',
    ],
    [
      "gives way to a paged list when it is cut five times in a row (R48)",
      streaming,
      cuts(5),
      'list "" initial now',
    ],
    [
      "gives way to a paged list when it ends at once and empty (R51)",
      streaming,
      [end()],
      'list "" initial now',
    ],
    [
      "backs off on 429 and starts again (R49)",
      streaming,
      [end({ error: apiError(429, "TooManyRequests", { retryAfterMs: 3000 }) })],
      'streaming-list "" initial after backoff of 3000',
    ],
    [
      "backs off as the server wishes, and starts again (R30, R49)",
      streaming,
      [end({ error: apiError(503, "Unknown", { retryAfterMs: 3000 }) })],
      'streaming-list "" initial after backoff of 3000',
    ],
    [
      "backs off when the connection is refused, and starts again (R49)",
      streaming,
      [end({ error: refusedConnection(), followedMs: 0 })],
      'streaming-list "" initial after backoff',
    ],
    [
      "starts again at once at the newest state after 410 (R50)",
      restreaming,
      [end({ error: gone() })],
      'streaming-list "" expired now',
    ],
    [
      "starts again at once at the newest state when it is too large (R50)",
      restreaming,
      [end({ error: tooLarge() })],
      'streaming-list "" too-large now',
    ],
    [
      "gives way to a paged list when the newest state is said to be expired (R50)",
      restreaming,
      [end({ error: gone() }), end({ error: gone() })],
      'list "" expired now',
    ],
    [
      "gives way to a paged list on 400 (R51)",
      streaming,
      [end({ error: apiError(400, "BadRequest") })],
      'list "" initial now',
    ],
    [
      "gives way to a paged list on 422 (R51)",
      streaming,
      [end({ error: apiError(422, "Invalid") })],
      'list "" initial now',
    ],
    [
      "gives way to a paged list on 500 (R51)",
      streaming,
      [end({ error: apiError(500, "InternalError") })],
      'list "" initial now',
    ],
    [
      "gives way to a paged list when the connection breaks in the middle (R51)",
      streaming,
      [end({ events: 4, error: refusedConnection() })],
      'list "" initial now',
    ],
    [
      "gives way to a paged list at a broken frame (R51, P13)",
      streaming,
      [end({ error: corruptFrame() })],
      'list "" initial now',
    ],
    [
      "gives way to a paged list when its deadline passes (R55, P17)",
      streaming,
      [refused],
      'list "" initial now',
    ],
    [
      "gives way to a paged list at the last resourceVersion (R2, R55)",
      restreaming,
      [refused],
      'list "5" expired now',
    ],
    [
      "is made again after back-off when the target does not take it (R33)",
      streaming,
      [{ ...storeFailed, resourceVersion: "" }],
      'streaming-list "" store-failed after backoff',
    ],
  ])("%s", (_, state, outcomes, expected) => {
    expect(words(takeAll(state, ...outcomes))).toBe(expected);
  });

  const relist: Outcome[] = [listed, end({ error: gone() })];
  it.each<[string, Outcome, boolean]>([
    ["remembers a passed deadline (R52, R55)", refused, true],
    ["remembers 400 (R52)", end({ error: apiError(400, "BadRequest") }), true],
    ["remembers 422 (R52)", end({ error: apiError(422, "Invalid") }), true],
    ["remembers 501 (R52)", end({ error: apiError(501, "NotImplemented") }), true],
    ["does not remember 500", end({ error: apiError(500, "InternalError") }), false],
    ["does not remember 403", end({ error: apiError(403, "Forbidden") }), false],
    ["does not remember a broken connection", end({ events: 1, error: refusedConnection() }), false],
    ["does not remember a stream that ended at once", end(), false],
  ])("%s", (_, outcome, isRemembered) => {
    const first = takeAll(streaming, outcome);
    expect(first.streamingUnsupported !== undefined).toBe(isRemembered);
    expect(takeAll(first.state, ...relist).step.type).toBe(isRemembered ? "list" : "streaming-list");
  });

  it("says why it is remembered", () => {
    expect(takeAll(streaming, refused).streamingUnsupported).toBe("silence");
    expect(takeAll(streaming, ...cuts(5)).streamingUnsupported).toMatch(/5 streams in a row/);
    expect(takeAll(streaming, end({ error: apiError(422, "Invalid") })).streamingUnsupported).toMatch(
      /422 Invalid/,
    );
  });

  it("is asked for again at the first relist an hour later, and then without end (R52)", () => {
    const fallenBack = takeAll(streaming, refused, listed).state;
    expect(takeAll(fallenBack, end({ at: at + hour - 1, error: gone() })).step.type).toBe("list");
    const probing = takeAll(fallenBack, end({ at: at + hour, error: gone() }));
    expect(probing.step.type).toBe("streaming-list");
    expect(takeAll(probing.state, markerReached, end({ at: 0, error: gone() })).step.type).toBe(
      "streaming-list",
    );
    expect(
      takeAll(probing.state, { ...refused, at: at + hour }, listed, end({ at: at + hour + 1, error: gone() }))
        .step.type,
    ).toBe("list");
  });

  it("counts cut streams anew after one that reached its marker (R48)", () => {
    expect(words(takeAll(streaming, ...cuts(4), markerReached, storeFailed, cut))).toBe(
      'streaming-list "5" store-failed now',
    );
  });

  it("is never asked for where it is off (R53)", () => {
    expect(takeAll(watching, end({ at: Number.MAX_SAFE_INTEGER, error: gone() })).step.type).toBe("list");
  });
});
