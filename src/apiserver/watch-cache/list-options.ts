import type { ApiError, StatusCause } from "../../base/api-error.ts";
import type { ListQuery, WatchQuery } from "./query.ts";
import { invalidListOptions, unexplained } from "./refusals.ts";

const matchField = "resourceVersionMatch";

function forbidden(field: string, why: string): StatusCause {
  return { reason: "FieldValueForbidden", message: `Forbidden: ${why}`, field };
}

function unsupported(value: string, supported: readonly string[]): StatusCause {
  const list = supported.map((text) => JSON.stringify(text)).join(", ");
  return {
    reason: "FieldValueNotSupported",
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
    field: matchField,
  };
}

/** Throw 422 for list options that exclude one another, with one cause each. */
export function validateListQuery(query: ListQuery): void {
  const causes: StatusCause[] = [];
  const match = query.resourceVersionMatch ?? "";
  const resourceVersion = query.resourceVersion ?? "";
  if (match !== "") {
    if (resourceVersion === "") {
      causes.push(
        forbidden(matchField, "resourceVersionMatch is forbidden unless resourceVersion is provided"),
      );
    }
    if ((query.continue ?? "") !== "") {
      causes.push(forbidden(matchField, "resourceVersionMatch is forbidden when continue is provided"));
    }
    if (match !== "Exact" && match !== "NotOlderThan") {
      causes.push(unsupported(match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && resourceVersion === "0") {
      causes.push(forbidden(matchField, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (query.sendInitialEvents !== undefined) {
    causes.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  }
  if (causes.length > 0) throw invalidListOptions(causes);
}

/** Throw 422 for watch options that exclude one another, with one cause each. */
export function validateWatchQuery(query: WatchQuery): void {
  const causes: StatusCause[] = [];
  const match = query.resourceVersionMatch ?? "";
  if (query.sendInitialEvents !== undefined && match !== "NotOlderThan") {
    causes.push(
      forbidden(matchField, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
    );
  }
  if (match !== "") {
    if (query.sendInitialEvents === undefined) {
      causes.push(
        forbidden(
          matchField,
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
      );
    }
    if (match !== "NotOlderThan") causes.push(unsupported(match, ["NotOlderThan"]));
  }
  // A watch without a start has the match by default, and with it its rules.
  const hasMatch =
    match !== "" || (query.sendInitialEvents === undefined && Number(query.resourceVersion ?? "") === 0);
  if (hasMatch && (query.continue ?? "") !== "") {
    causes.push(forbidden(matchField, "resourceVersionMatch is forbidden when continue is provided"));
  }
  if (causes.length > 0) throw invalidListOptions(causes);
}

/**
 * Read a resourceVersion: 0 for "" and "0".
 *
 * Throws what `refuse` makes of the reason for anything that is no decimal
 * number: kube-apiserver answers 400 to lists, and 500 to reads of one object
 * and to watches.
 */
export function parseResourceVersion(
  resourceVersion: string | undefined,
  refuse: (why: string) => ApiError = unexplained,
): number {
  if (resourceVersion === undefined || resourceVersion === "") return 0;
  if (/^\d{1,20}$/.test(resourceVersion)) return Number(resourceVersion);
  const shown = JSON.stringify(resourceVersion);
  throw refuse(
    `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`,
  );
}
