import { ApiError } from "../base/api-error.ts";
import { type Kind, resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ObjectPort, PortPatch } from "./cluster-port.ts";
import type { ReconcileRequest } from "./reconcile.ts";
import { isConflict, isGone, pauseBeforeRetry, triedInVain, writeAttempts } from "./stale-write.ts";

/** An object's finalizers; none is an empty list. */
export function finalizersOf(object: KubeObject): readonly string[] {
  return object.metadata?.finalizers ?? [];
}

/** What an object's finalizers are to be, from its newest state. */
export interface FinalizerChange<T extends KubeObject> {
  readonly step: string;
  readonly change: (newest: T) => readonly string[];
}

type Operations = Extract<PortPatch, { json: unknown }>["json"];

/**
 * What must be true of the object that is patched: it is the one that was read, and has those finalizers.
 *
 * Servers disagree whether a `test` of an absent member succeeds, so an object
 * without finalizers is held to its resourceVersion instead.
 */
function testsOf({ metadata }: KubeObject): Operations {
  const { uid, finalizers = [], resourceVersion } = metadata ?? {};
  const [path, value] =
    finalizers.length > 0
      ? ["/metadata/finalizers", finalizers]
      : ["/metadata/resourceVersion", resourceVersion];
  const tests: Operations = [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "test", path, value },
  ];
  return tests.filter(({ value }) => value !== undefined);
}

/** Whether a patch was refused as one whose tests failed is; 422 is what any invalid object gets, too. */
function isRefused(error: unknown): error is ApiError {
  return isConflict(error) || (ApiError.is(error) && error.status === 422);
}

/** The patch that gives an object these finalizers; undefined where it has them. */
function patchTo(object: KubeObject, wanted: readonly string[]): Operations | undefined {
  if (wanted.join() === finalizersOf(object).join()) return undefined;
  // "add" also replaces a list that is there.
  return [...testsOf(object), { op: "add", path: "/metadata/finalizers", value: wanted }];
}

function objectPort<T extends KubeObject>(kind: Kind<T>, request: ReconcileRequest<T>): ObjectPort<T> {
  const { namespace, name, cluster } = request;
  const all = cluster.resources(kind);
  return (namespace === undefined ? all : all.inNamespace(namespace)).withName(name);
}

/**
 * Bring an object's finalizers to what `change` makes of them, by a JSON Patch that tests what it was made from.
 *
 * Resolves to the object as it is then, the same one where there was nothing to
 * change, and to `undefined` where it is gone or another has its name. Where
 * somebody else was faster the object is read and the patch made anew; the last
 * refusal is thrown after a few attempts, any other at once.
 */
export async function changeFinalizers<T extends KubeObject>(
  kind: Kind<T>,
  request: ReconcileRequest<T>,
  object: T,
  { step, change }: FinalizerChange<T>,
): Promise<T | undefined> {
  const { signal, key } = request;
  const where = `${step} of ${resourceName(kind)} \`${key}\``;
  let handle: ObjectPort<T> | undefined;
  let current = object;
  for (let tried = 1; ; tried += 1) {
    const json = patchTo(current, change(current));
    if (json === undefined) return current;
    handle ??= objectPort(kind, request);
    try {
      return await handle.patch({ json }, { signal });
    } catch (error) {
      if (isGone(error)) return undefined;
      if (!isRefused(error)) throw error;
      if (tried === writeAttempts) throw triedInVain(error, where);
      await pauseBeforeRetry(where, signal);
      const newest = await handle.find({ signal });
      if (newest === undefined || newest.metadata?.uid !== object.metadata?.uid) return undefined;
      // It would be refused again: nothing that the patch was made from has changed.
      const isSame = JSON.stringify(patchTo(newest, change(newest))) === JSON.stringify(json);
      if (isSame && !isConflict(error)) throw error;
      current = newest;
    }
  }
}
