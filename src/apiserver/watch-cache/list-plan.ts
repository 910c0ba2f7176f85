import { decodeContinue } from "./continue-token.ts";
import { parseResourceVersion } from "./list-options.ts";
import type { ListQuery } from "./query.ts";
import { badRequest } from "./refusals.ts";

/** What state a list reads, and from which key. */
export interface ListPlan {
  /** The state of exactly this revision, or the newest, which must have reached it. */
  readonly isExact: boolean;
  /** 0: whatever there is. */
  readonly revision: number;
  /** Where a continued list goes on. */
  readonly from: string | undefined;
  /** 0: all. */
  readonly limit: number;
}

/**
 * Decide what a list reads, as kube-apiserver does.
 *
 * - with `continue`: the snapshot of the first page;
 * - `Exact`, or a page at a resourceVersion without a match: exactly that one;
 * - `""`: the newest; `"0"`: whatever there is, whole even if a limit is given;
 * - `NotOlderThan`, or a resourceVersion without a match: that one or a newer.
 */
export function planList(query: ListQuery, prefix: string): ListPlan {
  const limit = query.limit !== undefined && query.limit > 0 ? query.limit : 0;
  const resourceVersion = query.resourceVersion ?? "";
  if (query.continue !== undefined && query.continue !== "") {
    const point = decodeContinue(query.continue, prefix);
    if (resourceVersion !== "" && resourceVersion !== "0") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    const isExact = point.revision > 0;
    const whole = resourceVersion === "0";
    return { isExact, revision: isExact ? point.revision : 0, from: point.from, limit: whole ? 0 : limit };
  }
  const revision = parseResourceVersion(resourceVersion, (why) =>
    badRequest(`invalid resource version: ${why}`),
  );
  const isLegacyPage = (query.resourceVersionMatch ?? "") === "" && limit > 0 && revision > 0;
  return {
    isExact: query.resourceVersionMatch === "Exact" || isLegacyPage,
    revision,
    from: undefined,
    limit: resourceVersion === "0" ? 0 : limit,
  };
}
