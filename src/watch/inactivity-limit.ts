/** What is allowed above a watch's own time-out before its silence counts as a dead connection. */
const marginMs = 30_000;

/**
 * No connection is given up sooner, however often bookmarks come: API servers
 * send one a minute, and a few close together say nothing of the next.
 */
const leastMs = 90_000;

/**
 * How long a watch may be silent before its connection counts as dead.
 *
 * Three times the longest gap seen between bookmarks; before one was seen, the
 * time-out that was asked of the server and a margin. The server's own time-out
 * cannot tell: a half-open connection never brings its end (H24, P7).
 */
export function inactivityLimitMs(timeoutSeconds: number, bookmarkGapMs: number | undefined): number {
  const untilTimeoutMs = timeoutSeconds * 1000 + marginMs;
  if (bookmarkGapMs === undefined) return untilTimeoutMs;
  return Math.min(untilTimeoutMs, Math.max(leastMs, 3 * bookmarkGapMs));
}
