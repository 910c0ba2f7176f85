import { expectInteger, expectOptions, invalidArgument, invalidContent } from "../base/arguments.ts";
import { isLabelKey } from "../resource/label-selector.ts";

/** What a condition says of its type; `Unknown`: nobody has found out yet. */
export type ConditionStatus = "True" | "False" | "Unknown";

/** A status condition as on the wire, `metav1.Condition` of Go. */
export interface Condition {
  type: string;
  status: ConditionStatus;
  /** In CamelCase, for programs. */
  reason: string;
  /** For people. */
  message: string;
  /** When `status` last changed, in whole seconds. */
  lastTransitionTime: string;
  /** The `metadata.generation` that it was found out for. */
  observedGeneration?: number;
}

/** What {@link setCondition} is told. */
export interface NewCondition {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  /** @default "" */
  readonly message?: string | undefined;
  /** `object.metadata.generation` of what was reconciled. @default none, also where there was one */
  readonly observedGeneration?: number | undefined;
  /** When the status changed; counts only where it does change. @default now */
  readonly lastTransitionTime?: string | undefined;
}

/** A condition of any kind, of which only this matters here: those of built-in kinds differ in the rest. */
export interface AnyCondition {
  type: string;
  status: string;
}

// The limits are those of the schemas that controller-gen writes: the server would refuse the whole status.
const reasonPattern = /^[A-Za-z](?:[A-Za-z0-9_,:]*[A-Za-z0-9_])?$/;
const longest = { type: 316, reason: 1024, message: 32_768 } as const;

function isStatusWord(value: unknown): value is ConditionStatus {
  return value === "True" || value === "False" || value === "Unknown";
}

function checked(condition: NewCondition): Omit<Condition, "lastTransitionTime"> {
  expectOptions("condition", condition ?? null);
  const { type, status, reason, message = "", observedGeneration, lastTransitionTime } = condition;
  if (typeof type !== "string" || !isLabelKey(type) || type.length > longest.type) {
    throw invalidArgument("condition.type", "a name such as Ready or example.com/Ready", type);
  }
  if (!isStatusWord(status)) throw invalidArgument("condition.status", "True, False or Unknown", status);
  if (typeof reason !== "string" || !reasonPattern.test(reason) || reason.length > longest.reason) {
    throw invalidArgument("condition.reason", "a word in CamelCase such as MinimumReplicasAvailable", reason);
  }
  if (typeof message !== "string" || message.length > longest.message) {
    throw invalidContent("condition.message", `a text of at most ${longest.message} characters`, message);
  }
  expectInteger("condition.observedGeneration", observedGeneration, 0);
  const isTime = typeof lastTransitionTime === "string" && !Number.isNaN(Date.parse(lastTransitionTime));
  if (lastTransitionTime !== undefined && !isTime) {
    throw invalidArgument("condition.lastTransitionTime", "a time such as an object has", lastTransitionTime);
  }
  const generation = observedGeneration === undefined ? {} : { observedGeneration };
  return { type, status, reason, message, ...generation };
}

/** The present time as Kubernetes writes it: whole seconds. */
function now(): string {
  return `${new Date(Date.now()).toISOString().slice(0, 19)}Z`;
}

/** A condition that is there already, of a kind that may lack some of the rest. */
type Known = AnyCondition & Partial<Omit<Condition, keyof AnyCondition>>;

function saysTheSame(known: Known, wanted: Omit<Condition, "lastTransitionTime">): boolean {
  return (
    known.status === wanted.status &&
    known.reason === wanted.reason &&
    (known.message ?? "") === wanted.message &&
    known.observedGeneration === wanted.observedGeneration
  );
}

/**
 * The conditions with one of them set, by the rules of Go's `meta.SetStatusCondition`.
 *
 * `lastTransitionTime` changes only with `status`, and is then the one given or
 * now; others stay where they are, a new one comes last. Returns the same array
 * where nothing changed, so that `conditions !== before` says whether there is
 * something to write; neither array nor condition is ever changed in place.
 * Throws `INVALID_ARGUMENT` for what a server would refuse.
 */
export function setCondition<C extends Known>(
  conditions: C[] | undefined,
  condition: NewCondition,
): (C | Condition)[];
export function setCondition<C extends Known>(
  conditions: readonly C[] | undefined,
  condition: NewCondition,
): readonly (C | Condition)[];
export function setCondition<C extends Known>(
  conditions: readonly C[] | undefined,
  condition: NewCondition,
): readonly (C | Condition)[] {
  const wanted = checked(condition);
  const known = conditions?.find(({ type }) => type === wanted.type);
  if (conditions !== undefined && known !== undefined && saysTheSame(known, wanted)) return conditions;
  const { observedGeneration: _old, lastTransitionTime: before, ...kept }: Known = known ?? wanted;
  const hasChanged = known?.status !== wanted.status || before === undefined;
  const lastTransitionTime = hasChanged ? (condition.lastTransitionTime ?? now()) : before;
  const next: Condition = { ...kept, ...wanted, lastTransitionTime };
  if (conditions === undefined || known === undefined) return [...(conditions ?? []), next];
  return conditions.map((one) => (one === known ? next : one));
}

/** The condition of a type, if there is one. */
export function findCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((one) => one.type === type);
}

/** Whether the condition of a type is there, and `True`. */
export function isConditionTrue(conditions: readonly AnyCondition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/** Whether the condition of a type is there, and `False`; neither `Unknown` nor missing is. */
export function isConditionFalse(conditions: readonly AnyCondition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "False";
}

/** The conditions without one; the same array where it was not there. */
export function removeCondition<C extends AnyCondition>(conditions: C[] | undefined, type: string): C[];
export function removeCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): readonly C[];
export function removeCondition<C extends AnyCondition>(
  conditions: readonly C[] | undefined,
  type: string,
): readonly C[] {
  if (conditions === undefined) return [];
  return findCondition(conditions, type) === undefined
    ? conditions
    : conditions.filter((one) => one.type !== type);
}
