import { ApiError } from "../base/api-error.ts";
import type { KubeError } from "../base/errors.ts";
import type { ReflectorProgress } from "../reflector/progress.ts";
import { inactivityLimitMs } from "../watch/inactivity-limit.ts";

/**
 * How an informer is: `syncing` until the first list is in the store, `live`
 * while the server is heard, `stale` once it has not been for too long,
 * `failed` while it has never listed and the server says 401, 403 or 404,
 * `stopped` for good. Everything but `stopped` is still being repaired.
 */
export type HealthState = "syncing" | "live" | "stale" | "failed" | "stopped";

/** What is known of a source: one reflector's lists and watches. */
export interface SourceHealth {
  readonly hasListed: boolean;
  /** When the server was last heard, in milliseconds since the epoch; undefined before the first time. */
  readonly lastProgressAt: number | undefined;
  readonly lists: number;
  readonly watches: number;
  /** What is wrong now: forgotten once the server is heard again. */
  readonly lastError: KubeError | undefined;
  readonly lastErrorAt: number | undefined;
  /** When the present connection was accepted. */
  readonly openedAt: number | undefined;
  /** Since when no connection has proved itself; undefined while one has. */
  readonly disconnectedAt: number | undefined;
  /** When the last watch ended, as long as no error says that it was cut off. */
  readonly endedAt: number | undefined;
  readonly timeoutSeconds: number;
  /** A connection was silent past its limit, and the server has not been heard since (P7). */
  readonly isSilent: boolean;
  readonly lastBookmarkAt: number | undefined;
  readonly bookmarkGapMs: number | undefined;
}

/** A source that has not begun. */
export const unheard: SourceHealth = Object.freeze({
  hasListed: false,
  lastProgressAt: undefined,
  lists: 0,
  watches: 0,
  lastError: undefined,
  lastErrorAt: undefined,
  openedAt: undefined,
  disconnectedAt: undefined,
  endedAt: undefined,
  timeoutSeconds: 600,
  isSilent: false,
  lastBookmarkAt: undefined,
  bookmarkGapMs: undefined,
});

/** A source without a connection is stale after this. */
const disconnectedLimitMs = 30_000;

/** An accepted connection counts once it has lived for this long: some servers close what they accept. */
const provenMs = 1000;

function heard(health: SourceHealth, at: number): SourceHealth {
  return {
    ...health,
    lastProgressAt: at,
    isSilent: false,
    disconnectedAt: undefined,
    lastError: undefined,
    lastErrorAt: undefined,
  };
}

function isProven({ openedAt }: SourceHealth, now: number): boolean {
  return openedAt !== undefined && now - openedAt >= provenMs;
}

function bookmarked(health: SourceHealth, now: number): SourceHealth {
  const gap = health.lastBookmarkAt === undefined ? 0 : now - health.lastBookmarkAt;
  const longest = Math.max(health.bookmarkGapMs ?? 0, gap);
  return {
    ...heard(health, now),
    lastBookmarkAt: now,
    bookmarkGapMs: longest > 0 ? longest : undefined,
  };
}

/** Fold one progress report into a source's health; pure. */
export function reduceHealth(health: SourceHealth, progress: ReflectorProgress, now: number): SourceHealth {
  switch (progress.type) {
    case "list-started":
      return { ...health, lists: health.lists + 1 };
    case "listed":
      return { ...heard(health, now), hasListed: true };
    case "watch-started": {
      const { endedAt, disconnectedAt } = health;
      return {
        // A server that ended the last watch in peace was there until then: quiet is not lost.
        ...(endedAt === undefined ? health : { ...heard(health, endedAt), disconnectedAt }),
        watches: health.watches + 1,
        timeoutSeconds: progress.timeoutSeconds,
        endedAt: undefined,
        // Gaps are within one connection: between two there is more than the server's rhythm.
        lastBookmarkAt: undefined,
      };
    }
    case "watch-opened":
      return { ...health, openedAt: now };
    case "watch-ended": {
      const wasProven = isProven(health, now);
      return {
        ...health,
        openedAt: undefined,
        disconnectedAt: wasProven ? now : (health.disconnectedAt ?? now),
        endedAt: wasProven ? now : undefined,
      };
    }
    case "frames":
      return heard(health, now);
    case "bookmark":
      return bookmarked(health, now);
    case "error": {
      const wentSilent = progress.step === "watch" && progress.error.code === "TIMEOUT";
      return {
        ...health,
        lastError: progress.error,
        lastErrorAt: now,
        isSilent: health.isSilent || wentSilent,
        // Bookmarks may stop while nothing changes (R35): their rhythm is learned anew, as the watch does.
        bookmarkGapMs: wentSilent ? undefined : health.bookmarkGapMs,
        endedAt: undefined,
        disconnectedAt:
          health.openedAt === undefined ? (health.disconnectedAt ?? now) : health.disconnectedAt,
      };
    }
    default:
      return health;
  }
}

/** Whether the server says that this will not work: 401, 403 or 404. */
export function isRefusal(error: KubeError | undefined): boolean {
  return ApiError.is(error) && (error.status === 401 || error.status === 403 || error.status === 404);
}

/** The moment after which a source has been silent for too long. */
function silentAfter({ lastProgressAt, timeoutSeconds, bookmarkGapMs, isSilent }: SourceHealth): number {
  if (lastProgressAt === undefined) return Number.POSITIVE_INFINITY;
  return isSilent ? lastProgressAt : lastProgressAt + inactivityLimitMs(timeoutSeconds, bookmarkGapMs);
}

/** The moment after which a source is stale, if nothing changes. */
function staleAfter(health: SourceHealth, now: number): number {
  const { disconnectedAt } = health;
  const silent = silentAfter(health);
  if (disconnectedAt === undefined || isProven(health, now)) return silent;
  return Math.min(silent, disconnectedAt + disconnectedLimitMs);
}

/** The state of one source at a moment. */
export function stateOf(health: SourceHealth, now: number): HealthState {
  if (!health.hasListed) return isRefusal(health.lastError) ? "failed" : "syncing";
  return now > staleAfter(health, now) ? "stale" : "live";
}

/** The next moment at which time alone may change a source's state; Infinity where there is none. */
export function nextLookAt(health: SourceHealth, now: number): number {
  if (!health.hasListed) return Number.POSITIVE_INFINITY;
  const moments = [staleAfter(health, now) + 1];
  if (health.openedAt !== undefined) moments.push(health.openedAt + provenMs);
  return Math.min(...moments.filter((moment) => moment > now));
}

/** One listener of an informer, as health shows it. */
export interface ListenerHealth {
  readonly name: string;
  /** Notifications that wait. */
  readonly queued: number;
  /** Its queue passed the high-water mark: per object, only the newest state is kept until it is drained. */
  readonly overflowing: boolean;
  /** For how long its current handler call has been running, in milliseconds; undefined between calls. */
  readonly runningMs: number | undefined;
  /** Calls that threw or rejected. */
  readonly failures: number;
  readonly lastError: KubeError | undefined;
}

/** An informer's health: the worst of its sources, and its listeners. */
export interface InformerHealth {
  readonly state: HealthState;
  /** When the server was last heard by the source that has been silent the longest; milliseconds since the epoch. */
  readonly lastProgressAt: number | undefined;
  /** The store's: everything up to it has been applied. */
  readonly resourceVersion: string;
  /** Lists begun, streaming ones included. */
  readonly lists: number;
  /** Watches begun. */
  readonly watches: number;
  /** What is wrong with a source now; forgotten once the server is heard again. Handlers' errors are `listeners`'. */
  readonly lastError: KubeError | undefined;
  readonly listeners: readonly ListenerHealth[];
}

const worstFirst: readonly HealthState[] = ["failed", "syncing", "stale", "live"];

/** Join the health of several sources: the worst state, the oldest progress, the newest error. */
export function joinHealth(
  sources: readonly SourceHealth[],
  now: number,
): Omit<InformerHealth, "resourceVersion" | "listeners"> {
  const states = sources.map((source) => stateOf(source, now));
  const state = worstFirst.find((candidate) => states.includes(candidate)) ?? "syncing";
  const oldest = Math.min(...sources.map((source) => source.lastProgressAt ?? Number.NEGATIVE_INFINITY));
  // A refusal that makes the whole fail must not be hidden by another source's passing trouble.
  const failing = sources.filter((_, index) => state !== "failed" || states[index] === "failed");
  const newest = failing.toSorted((a, b) => (b.lastErrorAt ?? 0) - (a.lastErrorAt ?? 0))[0];
  return {
    state,
    lastProgressAt: Number.isFinite(oldest) ? oldest : undefined,
    lists: sources.reduce((sum, source) => sum + source.lists, 0),
    watches: sources.reduce((sum, source) => sum + source.watches, 0),
    lastError: newest?.lastError,
  };
}
