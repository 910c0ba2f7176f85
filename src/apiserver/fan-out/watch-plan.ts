import { parseResourceVersion, validateWatchQuery } from "../watch-cache/list-options.ts";
import type { WatchQuery } from "../watch-cache/query.ts";

/** Where a watch begins and when it ends. */
export interface WatchPlan {
  /** The existing objects come first, as ADDED. */
  readonly beginsWithState: boolean;
  /** No particular start: only what happens from now on. */
  readonly isFromNow: boolean;
  /** What the state must have reached, or after which changes are sent; 0: anything. */
  readonly revision: number;
  /** 0: never; below: its time was over before it began. */
  readonly timeoutMs: number;
}

/**
 * Decide where a watch begins, as kube-apiserver does.
 *
 * Without a resourceVersion, or with "0", it begins with the state, unless
 * `sendInitialEvents=false` says otherwise; with one, after it, unless
 * `sendInitialEvents=true` asks for a state not older than it.
 */
export function planWatch(query: WatchQuery): WatchPlan {
  validateWatchQuery(query);
  const revision = parseResourceVersion(query.resourceVersion);
  const beginsWithState = query.sendInitialEvents ?? revision === 0;
  return {
    beginsWithState,
    isFromNow: !beginsWithState && revision === 0,
    revision,
    timeoutMs: (query.timeoutSeconds ?? 0) * 1000,
  };
}
