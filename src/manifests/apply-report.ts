import { KubeError } from "../base/errors.ts";

/**
 * What became of one object.
 *
 * `created`: it was not there. `applied`: it was, and has the fields now; whether
 * it had them before is not told, since only a further request would know.
 * `failed`: refused, see `error`. `skipped`: not sent, see `reason`.
 */
export type ApplyOutcome = "created" | "applied" | "failed" | "skipped";

/** One object of an {@link ApplyReport}. It holds no contents, so that a report can be printed. */
export interface ApplyEntry {
  readonly apiVersion: string;
  readonly kind: string;
  /** Where it is, the default namespace filled in; undefined for what is cluster-scoped or of an unknown kind. */
  readonly namespace: string | undefined;
  readonly name: string;
  /** Which document of the text it is, or is in; which of the objects, where objects were given. From 1. */
  readonly document: number;
  /** The line it begins in, from 1; undefined where objects were given. */
  readonly line: number | undefined;
  readonly outcome: ApplyOutcome;
  /** The uid that the server gave it; undefined unless it was created or applied. */
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  /** Why it failed. */
  readonly error: KubeError | undefined;
  /** Why it was skipped, in words. */
  readonly reason: string | undefined;
}

/** What became of every object, in the order in which they were given. */
export type ApplyReport = readonly ApplyEntry[];

/** How many failures a message names. */
const named = 3;

function inWords({ kind, name, document, error }: ApplyEntry): string {
  return `${kind} ${JSON.stringify(name)} (document ${document}): ${error?.message ?? "failed"}`;
}

/** The message for a report with failures: how many, and the first of them. */
function summaryOf(name: string, report: ApplyReport): string {
  const failed = report.filter(({ outcome }) => outcome === "failed");
  const skipped = report.filter(({ outcome }) => outcome === "skipped").length;
  const more = failed.length - named;
  return [
    `apply ${name}: ${failed.length} of ${report.length} objects failed`,
    skipped === 0 ? "" : `, ${skipped} skipped`,
    failed.length === 0 ? "" : `: ${failed.slice(0, named).map(inWords).join("; ")}`,
    more > 0 ? `; and ${more} more, see \`report\`` : "",
  ].join("");
}

/**
 * Some objects of a manifest were not applied; `report` tells what became of each.
 *
 * `code` is `APPLY_FAILED`, or `ABORTED` or `TIMEOUT` where the caller's signal or
 * time limit ended it half-way. What the report says was created or applied stays so.
 */
export class ApplyError extends KubeError {
  readonly report: ApplyReport;

  constructor(name: string, report: ApplyReport, interruption?: KubeError) {
    const summary = summaryOf(name, report);
    const cause = interruption ?? report.find(({ error }) => error !== undefined)?.error;
    const isTimeout = interruption?.code === "TIMEOUT";
    super(
      interruption === undefined ? "APPLY_FAILED" : isTimeout ? "TIMEOUT" : "ABORTED",
      interruption === undefined ? summary : `${interruption.message}; ${summary}`,
      { cause },
    );
    this.report = report;
  }

  override get name(): string {
    return "ApplyError";
  }

  /** Tell whether a value is an `ApplyError`, also one made by another copy of this package. */
  static override is(value: unknown): value is ApplyError {
    return KubeError.is(value) && value.name === "ApplyError" && "report" in value;
  }
}
