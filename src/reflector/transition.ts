import { ApiError, isExpired, isTooLargeResourceVersion } from "../base/api-error.ts";
import type { KubeError } from "../base/errors.ts";
import { isResumable } from "../resource/resource-version.ts";
import { type Reconnect, reconnectAfter } from "../watch/reconnect.ts";
import type { ListReason } from "./progress.ts";
import type {
  ListStep,
  Outcome,
  ReflectorState,
  Step,
  StreamEnded,
  StreamingListStep,
  Wait,
} from "./state.ts";

/** What follows from an outcome. */
export interface Transition {
  readonly state: ReflectorState;
  readonly step: Step;
  readonly wait: Wait;
  /** Set where it is now remembered that streaming lists do not work, and why. */
  readonly streamingUnsupported?: string;
}

/** Streaming lists that were found not to work are asked for again after this (R52). */
const streamingRetryMs = 60 * 60_000;

/** After so many streams in a row without a marker, a paged list is tried (R48). */
const mostCutStreams = 5;

/** A list that was followed for this long was worth it: the next 410 may relist at once. */
const worthwhileMs = 10_000;

/** A stream that ends empty within this was never one. */
const shortMs = 1000;

/** A server's wish is followed up to here, so that one odd answer cannot silence a reflector for a day. */
const longestWishMs = 60 * 60_000;

/** Statuses by which servers say that they do not know `sendInitialEvents` (R51, R52). */
const refusals: readonly number[] = [400, 405, 406, 415, 422, 501];

const atOnce: Wait = Object.freeze({ type: "none" });

/**
 * Decide what a reflector does next; pure: no clock, no chance, no I/O.
 *
 * A list follows only 410, "too large resource version", a failed store write
 * and a stream that cannot be resumed; every other end of a watch resumes it at
 * the last resourceVersion (R22, R23, R25–R27). Every cycle of steps has a
 * back-off in it, so no answer of a server makes a hot loop (P4).
 */
export function transition(state: ReflectorState, outcome: Outcome): Transition {
  switch (outcome.type) {
    case "listed":
      return synced(state, outcome.resourceVersion, "new");
    case "marker-reached":
      return synced({ ...state, streamingFrom: Number.NEGATIVE_INFINITY }, outcome.resourceVersion, "same");
    case "list-failed":
      return listFailed(state, outcome.error, outcome.at);
    case "streaming-refused":
      return refused(state, outcome.why, outcome.at);
    case "store-failed": {
      const known = { ...follow(state, outcome.followedMs), resourceVersion: outcome.resourceVersion };
      // Not before a delay: what could not be written will most likely come again (R33).
      return backOff(relist(known, "store-failed", outcome.at), 0);
    }
    case "stream-ended":
      return state.step.type === "streaming-list"
        ? streamingListEnded(state, state.step, outcome)
        : watchEnded(state, outcome);
  }
}

function take(state: ReflectorState, step: Step): Transition {
  return { state: { ...state, step }, step, wait: atOnce };
}

function backOff(next: Transition, atLeastMs: number): Transition {
  const { untroubledMs, backoffResetAfterMs } = next.state;
  return {
    ...next,
    state: { ...next.state, untroubledMs: 0 },
    wait: {
      type: "backoff",
      atLeastMs: Math.min(atLeastMs, longestWishMs),
      isFresh: untroubledMs > backoffResetAfterMs,
    },
  };
}

function wishMs(error: KubeError): number {
  return ApiError.is(error) ? (error.retryAfterMs ?? 0) : 0;
}

function follow(state: ReflectorState, ms: number): ReflectorState {
  return { ...state, followedMs: state.followedMs + ms, untroubledMs: state.untroubledMs + ms };
}

function isGone(error: KubeError): boolean {
  return isExpired(error) || error.code === "WATCH_EXPIRED";
}

/** A frame that cannot be read, whole as it may have been sent. */
function isBrokenFrame(error: KubeError): boolean {
  return error.code === "FRAME_CORRUPT" || error.code === "FRAME_TOO_LARGE";
}

function pagedList(state: ReflectorState, reason: ListReason): ListStep {
  const known = state.resourceVersion === "" ? state.initialResourceVersion : state.resourceVersion;
  return { type: "list", resourceVersion: state.isUnavailable ? "" : known, reason };
}

/** Read everything anew, streaming where that may work. */
function relist(state: ReflectorState, reason: ListReason, at: number): Transition {
  const next = { ...state, reason };
  if (at < state.streamingFrom) return take(next, pagedList(next, reason));
  // Never "0": a streaming list at "0" may begin anywhere (R43).
  const isKnown = !state.isUnavailable && isResumable(state.resourceVersion);
  const resourceVersion = isKnown ? state.resourceVersion : "";
  return take(next, { type: "streaming-list", resourceVersion, reason });
}

function synced(state: ReflectorState, resourceVersion: string, stream: "new" | "same"): Transition {
  const next = {
    ...state,
    resourceVersion,
    isUnavailable: false,
    cutStreams: 0,
    followedMs: 0,
    brokenAt: undefined,
  };
  return take(next, { type: "watch", resourceVersion, stream });
}

function listFailed(state: ReflectorState, error: KubeError, at: number): Transition {
  const hasExpired = isGone(error);
  if (!hasExpired && !isTooLargeResourceVersion(error)) {
    return backOff(relist(state, state.reason, at), wishMs(error));
  }
  const next: ReflectorState = {
    ...state,
    isUnavailable: true,
    reason: hasExpired ? "expired" : "too-large",
  };
  // At once only where it asks for something else than what has just failed (R6).
  return state.step.resourceVersion === ""
    ? backOff(relist(next, next.reason, at), wishMs(error))
    : take(next, pagedList(next, next.reason));
}

/** Remember that streaming lists do not work here, and list in pages now. */
function refused(state: ReflectorState, why: string, at: number): Transition {
  const next = { ...state, streamingFrom: at + streamingRetryMs, cutStreams: 0 };
  return { ...take(next, pagedList(next, state.reason)), streamingUnsupported: why };
}

function streamingListEnded(state: ReflectorState, step: StreamingListStep, end: StreamEnded): Transition {
  const { error, at } = end;
  const isCut = error === undefined && (end.events > 0 || end.openMs >= shortMs);
  if (isCut) {
    const cutStreams = state.cutStreams + 1;
    if (cutStreams >= mostCutStreams) {
      return refused(state, `${cutStreams} streams in a row ended before the marker`, at);
    }
    const again = relist({ ...state, cutStreams }, state.reason, at);
    return cutStreams === 1 ? again : backOff(again, 0);
  }
  if (error === undefined) return take(state, pagedList(state, state.reason));
  const hasExpired = isGone(error);
  if ((hasExpired || isTooLargeResourceVersion(error)) && step.resourceVersion !== "") {
    return relist({ ...state, isUnavailable: true }, hasExpired ? "expired" : "too-large", at);
  }
  if (isBusy(error, end)) return backOff(relist(state, state.reason, at), wishMs(error));
  if (ApiError.is(error) && refusals.includes(error.status)) {
    return refused(state, `the server answered ${error.status} ${error.reason}`, at);
  }
  return take(state, pagedList(state, state.reason));
}

/** A paged list would fare no better now: 429, a wish to be asked later, no connection (R49). */
function isBusy(error: KubeError, end: StreamEnded): boolean {
  if (ApiError.is(error)) return error.status === 429 || error.retryAfterMs !== undefined;
  return error.code === "CONNECTION_FAILED" && end.events === 0 && end.followedMs === 0;
}

function watchEnded(before: ReflectorState, end: StreamEnded): Transition {
  const { error, at, resourceVersion } = end;
  const state = { ...follow(before, end.followedMs), resourceVersion };
  if (error !== undefined && isGone(error)) return expired(state, error, at);
  if (error !== undefined && isTooLargeResourceVersion(error)) {
    // The history went back: asking for that resourceVersion again cannot be served.
    return backOff(relist({ ...state, isUnavailable: true }, "too-large", at), wishMs(error));
  }
  const again: Reconnect = reconnectAfter(end, state.shortStreak);
  const next = { ...state, shortStreak: again.shortStreak };
  const isBroken = error !== undefined && isBrokenFrame(error);
  if ((isBroken && state.brokenAt === resourceVersion) || error?.code === "WATCH_NOT_RESUMABLE") {
    return backOff(relist(next, "unresumable", at), 0);
  }
  const isSafe = isResumable(resourceVersion);
  const following = isSafe
    ? take(
        { ...next, brokenAt: isBroken ? resourceVersion : state.brokenAt },
        { type: "watch", resourceVersion, stream: "new" },
      )
    : // A watch from "" would repeat what exists and never tell what is gone (R12, P8).
      relist(next, "unresumable", at);
  return again.wait === "none" ? following : backOff(following, again.atLeastMs);
}

/** 410 is no trouble but news: list at once, unless the last list met the same end. */
function expired(state: ReflectorState, error: KubeError, at: number): Transition {
  const isFirst = !state.hasExpired || state.followedMs >= worthwhileMs;
  // At the last resourceVersion, which a list can serve; "" would burden etcd (R10).
  const next = relist({ ...state, hasExpired: true }, "expired", at);
  return isFirst ? next : backOff(next, wishMs(error));
}
