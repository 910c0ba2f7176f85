import { abortError, delay, onAbort } from "../base/abort.ts";
import {
  expectDuration,
  expectFunction,
  expectOptions,
  expectSignal,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { thrownName } from "../base/thrown-name.ts";
import type { ListenerHandlers } from "../informer/handlers.ts";
import type { InformerHealth } from "../informer/health.ts";
import { type Kind, resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { lastSeen } from "./last-seen.ts";
import type { SourceListener } from "./source.ts";

/** Whether what is waited for holds of an object, `undefined` where it is not there; pure, and called for every state. */
export type WaitCondition<T> = (object: T | undefined) => boolean;

/** One that holds only of an object that is there: what is waited for is then no `undefined`. */
export type WaitGuard<T, R extends T> = (object: T | undefined) => object is R;

/** The lease that is taken while waiting: what `informer()` of a handle gives. */
export interface WaitInformer<T extends KubeObject> {
  listen(handlers: ListenerHandlers<T>, options?: { readonly name?: string }): SourceListener;
  synced(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void>;
  on(event: "health", handler: (health: InformerHealth) => void): unknown;
  health(): InformerHealth;
  stop(): Promise<void>;
}

/** One object that can be followed: an `ObjectHandle`. */
export interface WaitHandle<T extends KubeObject> {
  informer(): WaitInformer<T>;
  /** Named in errors; a namespaced kind needs a namespace, as there may be one of the name in each. */
  readonly kind?: (Pick<Kind, "group" | "plural"> & Partial<Pick<Kind, "scope">>) | undefined;
  /** Named in errors. */
  readonly selection?:
    | { readonly name?: string | undefined; readonly namespaces?: readonly string[] }
    | undefined;
  /** What a collection has: which of its objects would be meant is not said. */
  readonly withName?: "not a collection, but one of its objects: withName(name)";
}

/** How {@link waitFor} waits. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** @default 60_000 */
  readonly timeoutMs?: number | undefined;
}

function describe<T extends KubeObject>({ kind, selection }: WaitHandle<T>): string {
  const what = kind === undefined ? "the object" : resourceName(kind);
  const name = selection?.name === undefined ? "" : ` \`${selection.name}\``;
  const [namespace] = selection?.namespaces ?? [];
  return `${what}${name}${namespace === undefined ? "" : ` in ${namespace}`}`;
}

/** Throw where it is not said which object is meant. */
function expectOne<T extends KubeObject>({ kind, selection, withName }: WaitHandle<T>): void {
  if (typeof withName === "function") {
    throw invalidArgument("handle", "that of one object, by withName(name)", "one of a collection");
  }
  const { namespaces } = selection ?? {};
  if (kind?.scope !== "Namespaced" || namespaces === undefined || namespaces.length === 1) return;
  const where = namespaces.length === 0 ? "every namespace" : namespaces.join(", ");
  throw invalidArgument("handle", "that of one object, by inNamespace(namespace)", `one for ${where}`);
}

/** Call a condition of the user's; what it throws, and what is no answer, is an error that says so. */
function holds<T>(condition: WaitCondition<T>, object: T | undefined, step: string): boolean {
  let answer: unknown;
  try {
    answer = condition(object);
  } catch (cause) {
    const what = thrownName(cause);
    throw new KubeError("HANDLER_FAILED", `${step}: the condition threw (${what}); see the cause`, { cause });
  }
  // A promise, above all, would be taken for yes.
  if (typeof answer !== "boolean") {
    throw invalidArgument("what the condition returns", "true or false, at once", answer);
  }
  return answer;
}

/** No deadline of the informer's own: the wait as a whole has one. */
const noTimeoutMs = 2 ** 31 - 1;

/**
 * Wait until a condition holds of one object: `await waitFor(pod, waitConditions.isPodReady)`.
 *
 * Resolves to the object in the first state in which it holds, to `undefined`
 * where it holds of none. Every state that the server tells is looked at, by a
 * lease on the handle's informer, so that nothing is polled, a lost connection
 * is repaired, and an object that is not there yet is waited for.
 *
 * Rejects with `TIMEOUT`, which says what was seen last; with the signal's
 * `ABORTED`; with `STOPPED` where the cluster is closed; with the server's
 * answer where it refuses (401, 403, 404 for a kind that is not served); with
 * `HANDLER_FAILED` where the condition throws. The lease is returned before it
 * settles.
 */
export function waitFor<T extends KubeObject, R extends T>(
  handle: WaitHandle<T>,
  condition: WaitGuard<T, R>,
  options?: WaitOptions,
): Promise<R>;
export function waitFor<T extends KubeObject>(
  handle: WaitHandle<T>,
  condition: WaitCondition<T>,
  options?: WaitOptions,
): Promise<T | undefined>;
export async function waitFor<T extends KubeObject>(
  handle: WaitHandle<T>,
  condition: WaitCondition<T>,
  options: WaitOptions = {},
): Promise<T | undefined> {
  expectFunction("handle.informer", handle?.informer ?? null);
  expectOne(handle);
  expectFunction("condition", condition ?? null);
  expectOptions("options", options);
  const { signal, timeoutMs = 60_000 } = options;
  expectSignal("signal", signal);
  expectDuration("timeoutMs", timeoutMs);
  const step = `Wait for ${describe(handle)}`;
  if (signal?.aborted) throw abortError(signal, step);

  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
  const over = new AbortController();
  const informer = handle.informer();
  let isOver = false;
  let isKnown = false;
  let seen: T | undefined;
  const look = (object: T | undefined): void => {
    if (isOver) return;
    isKnown = true;
    seen = object;
    try {
      if (!holds(condition, object, step)) return;
      isOver = true;
      resolve(object);
    } catch (error) {
      isOver = true;
      reject(error);
    }
  };
  const timeout = (): KubeError => {
    const cause = informer.health().lastError;
    const state = isKnown ? lastSeen(seen) : "the server has not said yet whether it is there";
    const trouble = cause === undefined ? "" : `; last error: ${cause.message}`;
    return new KubeError("TIMEOUT", `${step}: not within ${timeoutMs} ms; last seen: ${state}${trouble}`, {
      cause,
    });
  };
  const stopListening = onAbort(signal, () => signal && reject(abortError(signal, step)));
  void delay(timeoutMs, over.signal).then((hasPassed) => hasPassed && reject(timeout()));
  try {
    const listener = informer.listen(
      { added: look, modified: (object) => look(object), deleted: () => look(undefined) },
      { name: step },
    );
    informer.on("health", ({ state }) => {
      if (state === "stopped") reject(new KubeError("STOPPED", `${step}: the cluster was closed`));
    });
    informer
      .synced({ timeoutMs: noTimeoutMs, signal: over.signal })
      .then(() => listener.synced())
      .then(() => {
        if (!isKnown) look(undefined);
      })
      .catch(reject);
    return await promise;
  } finally {
    isOver = true;
    over.abort();
    stopListening();
    await informer.stop();
  }
}
