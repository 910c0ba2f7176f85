import { ApiError } from "../base/api-error.ts";
import type { KubeError } from "../base/errors.ts";

/** How one connection of a watch ended. */
export interface WatchEnd {
  /** The frames it carried, bookmarks included. */
  readonly events: number;
  /** From before the request was sent: proxies may hold the headers until the first event (R24). */
  readonly openMs: number;
  /** Absent after a clean end. */
  readonly error?: KubeError | undefined;
}

/** What to do before the next connection, and the streak to hand in after it. */
export interface Reconnect {
  readonly wait: "none" | "backoff";
  /** The server's wish, which a back-off must not undercut (R30). */
  readonly atLeastMs: number;
  /** Connections in a row that ended within a second or failed. */
  readonly shortStreak: number;
}

/** A connection that lived this long has done its work, however it ended. */
const shortMs = 1000;

/**
 * Decide whether the next connection may be opened at once.
 *
 * After a connection that lived a second and ended cleanly, or broke after
 * events: yes (R22). After a short one: once, if it carried an event. From the
 * second in a row on, and always for one that was empty, refused or reported as
 * a failure by the server: with back-off, so that a server that closes at once
 * makes no hot loop (P4, R23, R25, R27).
 */
export function reconnectAfter(end: WatchEnd, shortStreak: number): Reconnect {
  if (ApiError.is(end.error)) {
    return { wait: "backoff", atLeastMs: end.error.retryAfterMs ?? 0, shortStreak: shortStreak + 1 };
  }
  if (end.openMs >= shortMs && (end.error === undefined || end.events > 0)) {
    return { wait: "none", atLeastMs: 0, shortStreak: 0 };
  }
  const isFirst = shortStreak === 0 && end.events > 0;
  return { wait: isFirst ? "none" : "backoff", atLeastMs: 0, shortStreak: shortStreak + 1 };
}
