import { abortError } from "../base/abort.ts";
import { expectFunction, expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isKind, type Kind, resourceName } from "../resource/kind.ts";
import { isLabelKey } from "../resource/label-selector.ts";
import type { KubeObject } from "../resource/object.ts";
import { changeFinalizers, finalizersOf } from "./finalizer-list.ts";
import { checkResult, isTerminal } from "./outcome.ts";
import { type ReconcileRequest, type ReconcileResult, type Reconciler, terminal } from "./reconcile.ts";

/** What a cleanup is called with: a request whose object is still there, and marked as deleted. */
export interface CleanupRequest<T extends KubeObject> extends ReconcileRequest<T> {
  readonly object: T;
}

/** What must happen before an object may go. */
export interface Finalizer<T extends KubeObject> {
  /** `domain/name`, such as `shops.example.com/bucket`; nobody else's. */
  readonly name: string;
  /**
   * Takes away what the object stands for; the object goes once this has succeeded.
   *
   * Must be idempotent, and bear that `reconcile` never ran or that there is
   * nothing to take away. It may return `{ requeueAfterMs }`: not finished yet,
   * and to be called again after that.
   */
  readonly cleanup: (
    request: CleanupRequest<T>,
    // biome-ignore lint/suspicious/noConfusingVoidType: a cleanup that returns nothing is the usual one
  ) => ReconcileResult | undefined | void | Promise<ReconcileResult | undefined | void>;
}

function isDeleting(object: KubeObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined;
}

function checkFinalizers<T extends KubeObject>(finalizers: readonly Finalizer<T>[]): void {
  if (!Array.isArray(finalizers)) throw invalidArgument("finalizers", "an array", finalizers);
  const names = new Set<string>();
  for (const finalizer of finalizers) {
    expectOptions("finalizer", finalizer ?? null);
    const { name, cleanup } = finalizer;
    // The server wants a domain for its own kinds only; without one two controllers would take each other's.
    if (typeof name !== "string" || !name.includes("/") || !isLabelKey(name)) {
      throw invalidArgument("finalizer.name", "a domain and a name such as example.com/cleanup", name);
    }
    if (names.has(name)) throw invalidArgument("finalizers", "names that differ from each other", name);
    names.add(name);
    expectFunction(`the cleanup of ${name}`, cleanup ?? null);
  }
}

/** Whether a cleanup is to be called again. */
function isUnfinished({ requeueAfterMs }: ReconcileResult): boolean {
  return requeueAfterMs !== undefined && requeueAfterMs !== null;
}

/** All that failed as one error (Q44); terminal where no repetition would mend any of it. */
function joined(step: string, failures: ReadonlyMap<string, unknown>): unknown {
  const errors = [...failures.values()];
  if (errors.length === 1) return errors[0];
  const message = `${step}: the cleanup failed for ${[...failures.keys()].join(", ")}; see the cause`;
  const error = new KubeError("RECONCILE_FAILED", message, { cause: new AggregateError(errors, message) });
  return errors.every(isTerminal) ? terminal(error) : error;
}

/** The one that is to be called again soonest. */
function soonest(results: readonly ReconcileResult[]): ReconcileResult | undefined {
  return results.toSorted((a, b) => (a.requeueAfterMs ?? 0) - (b.requeueAfterMs ?? 0))[0];
}

/**
 * A reconciler whose objects cannot go before the cleanups have succeeded.
 *
 * - An object without the finalizers gets them, by one patch, before its first
 *   reconcile, which is called with the patched object in the same run.
 * - Of an object that is being deleted, the cleanups of those finalizers that it
 *   has are called in their order, and `reconcile` is not; each finalizer is
 *   removed once its cleanup has succeeded, and a failed one stops no other
 *   (Q44). Where several fail, the error's cause is an `AggregateError` of them.
 * - `reconcile` is not called either for an object that is being deleted and has
 *   none of them: it must not bring anything back. It is called once the object
 *   is gone, with `object: undefined`.
 *
 * Patches test the list that they change, and are made anew from the newest
 * state where somebody else was faster: other managers' finalizers stay as they
 * are, in their order. After five attempts the last error is thrown, and the
 * controller tries again later.
 *
 * Throws `INVALID_ARGUMENT` for names that are no `domain/name`, or come twice.
 */
export function withFinalizers<T extends KubeObject>(
  kind: Kind<T>,
  finalizers: readonly Finalizer<T>[],
  reconciler: Reconciler<T>,
): Reconciler<T> {
  if (!isKind(kind)) throw invalidArgument("kind", "a kind, made by defineKind", kind);
  checkFinalizers(finalizers);
  expectFunction("reconciler", reconciler ?? null);
  const own = [...finalizers];

  const cleanUp = async (request: ReconcileRequest<T>, object: T): Promise<ReconcileResult | undefined> => {
    const step = `Clean up ${resourceName(kind)} \`${request.key}\``;
    const failures = new Map<string, unknown>();
    const unfinished: ReconcileResult[] = [];
    let current = object;
    for (const { name, cleanup } of own) {
      if (!finalizersOf(current).includes(name)) continue;
      if (request.signal.aborted) throw abortError(request.signal, step);
      try {
        const result = checkResult(`Clean up for ${name}`, await cleanup({ ...request, object: current }));
        if (isUnfinished(result)) {
          unfinished.push(result);
          continue;
        }
        const left = await changeFinalizers(kind, request, current, {
          step: `Remove the finalizer ${name}`,
          change: (newest) => finalizersOf(newest).filter((one) => one !== name),
        });
        if (left === undefined) return undefined;
        current = left;
      } catch (error) {
        failures.set(name, error);
      }
    }
    if (failures.size > 0) throw joined(step, failures);
    return soonest(unfinished);
  };

  return async (request) => {
    const { object } = request;
    if (object === undefined) return reconciler(request);
    const marked = await changeFinalizers(kind, request, object, {
      step: `Add the finalizers ${own.map(({ name }) => name).join(", ")}`,
      // Nobody may add one to an object that is being deleted; the server would refuse it.
      change: (newest) => {
        const known = finalizersOf(newest);
        if (isDeleting(newest)) return known;
        return [...known, ...own.map(({ name }) => name).filter((name) => !known.includes(name))];
      },
    });
    // Gone meanwhile, or another one of that name: its event is still to come.
    if (marked === undefined) return undefined;
    if (isDeleting(marked)) return cleanUp(request, marked);
    return reconciler(marked === object ? request : { ...request, object: marked });
  };
}
