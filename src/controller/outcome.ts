import { closest } from "../base/closest.ts";
import { KubeError } from "../base/errors.ts";
import type { ReconcileOutcome } from "../base/reconcile-telemetry.ts";
import { thrownName } from "../base/thrown-name.ts";
import { type ReconcileResult, TerminalError } from "./reconcile.ts";

/** How long a chain of causes is looked through. */
const deepestCause = 16;

/** Whether an error, or what caused it, was marked by `terminal`; also by another copy of this package. */
export function isTerminal(error: unknown): boolean {
  let one = error;
  for (let depth = 0; depth < deepestCause && one instanceof Error; depth++) {
    if (one instanceof TerminalError || one.name === "TerminalError") return true;
    one = one.cause;
  }
  return false;
}

/** Whether what was thrown was not meant as an answer: a bug, most likely (Q30). */
export function isPanic(error: unknown): boolean {
  return !KubeError.is(error) && !isTerminal(error);
}

/** What a reconciler threw, told without what it says: that may quote an object. */
export function reconcileFailed(step: string, error: unknown): KubeError {
  // Its own, of what was returned.
  if (KubeError.is(error) && error.code === "RECONCILE_FAILED" && error.message.startsWith(step))
    return error;
  const what = KubeError.is(error) ? error.message : `it threw (${nameOf(error)}); see the cause`;
  return new KubeError("RECONCILE_FAILED", `${step}: ${what}`, { cause: error });
}

/** The class of an error, or the type of what is none. */
export function nameOf(error: unknown): string {
  return error === null ? "null" : thrownName(error);
}

const members: readonly string[] = ["requeueAfterMs", "priority"];
const accepted = "nothing, or { requeueAfterMs, priority }";

function wrong(step: string, got: string): KubeError {
  return new KubeError("RECONCILE_FAILED", `${step}: it may return ${accepted}, and returned ${got}`);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return "a text";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : `a ${typeof value}`;
}

/** Whether an object is a literal, of whatever realm, and no error, date or map: those have no members, either. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function checkMembers(step: string, value: object): void {
  const keys = Object.keys(value);
  if (keys.length === 0 && !isPlain(value)) {
    // People who come from Go return them.
    throw wrong(step, value instanceof Error ? "an error; throw it" : "something else");
  }
  const unknown = keys.filter((key) => !members.includes(key));
  for (const key of unknown) {
    // Go's name is what people who come from there write.
    const meant = closest(key, members) ?? (/^requeue/i.test(key) ? "requeueAfterMs" : undefined);
    // Other keys are an object's own, and are not quoted.
    throw wrong(step, meant === undefined ? "something else" : `\`${key}\`; did you mean \`${meant}\`?`);
  }
}

/** What a reconciler returned, or `RECONCILE_FAILED` where that is nothing it may return: a mistake must not pass for success. */
export function checkResult(step: string, value: unknown): ReconcileResult {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(step, describe(value));
  checkMembers(step, value);
  const requeueAfterMs: unknown = "requeueAfterMs" in value ? value.requeueAfterMs : undefined;
  const priority: unknown = "priority" in value ? value.priority : undefined;
  if (priority !== undefined && !(typeof priority === "number" && Number.isFinite(priority))) {
    throw wrong(step, `as \`priority\` ${describe(priority)}: it is a number`);
  }
  if (requeueAfterMs === undefined || requeueAfterMs === null) return { requeueAfterMs, priority };
  if (typeof requeueAfterMs === "number" && Number.isFinite(requeueAfterMs) && requeueAfterMs >= 0) {
    return { requeueAfterMs, priority };
  }
  const got = describe(requeueAfterMs);
  throw wrong(step, `as \`requeueAfterMs\` ${got}: it is a duration in milliseconds, 0 or more, or null`);
}

/** How a reconcile that succeeded ended, in the words of controller-runtime's metrics (Q35). */
export function outcomeOf({ requeueAfterMs }: ReconcileResult): ReconcileOutcome {
  if (typeof requeueAfterMs !== "number") return "success";
  return requeueAfterMs > 0 ? "requeue_after" : "requeue";
}
