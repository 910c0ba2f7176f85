import { vi } from "vitest";
import type { CollectionPort, ControllerCluster, ObjectPort } from "../../src/controller/cluster-port.ts";
import type { ReconcileRequest } from "../../src/controller/reconcile.ts";
import { keyOfMeta } from "../../src/resource/key.ts";
import type { Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What a cluster, or a mock of one, offers for the requests of reconciles that follow nothing. */
export interface Collections {
  resources<T extends KubeObject, S extends string>(kind: Kind<T, S>): CollectionPort<T>;
}

/** A request to reconcile an object as it was read, or one that is gone, by its key. */
export function requestFor<T extends KubeObject>(
  cluster: Collections,
  object: T | string,
  signal: AbortSignal = new AbortController().signal,
): ReconcileRequest<T> {
  const key = typeof object === "string" ? object : keyOfMeta(object.metadata);
  const [namespace = "", name] = key.includes("/") ? key.split("/") : [undefined, key];
  const port: ControllerCluster = {
    resources: (kind) => cluster.resources(kind),
    store() {
      throw new Error("not followed");
    },
  };
  return {
    key,
    namespace: namespace === "" ? undefined : namespace,
    name: name ?? key,
    object: typeof object === "string" ? undefined : object,
    attempt: 1,
    reason: { type: "ADDED" },
    signal,
    cluster: port,
    log: silent,
  };
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

/** What a promise settles with, while fake time passes as fast as it is needed. */
export async function inFakeTime<V>(promise: V | Promise<V>): Promise<V> {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  Promise.resolve(promise).then(settled, settled);
  while (!isSettled) await vi.advanceTimersByTimeAsync(5);
  return promise;
}

/** What a call throws. */
export function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error");
}

/** A cluster of one object, which answers by script; what it is not told fails. */
export function scripted<T extends KubeObject>(object: Partial<ObjectPort<T>>): Collections {
  const refuse = (): never => {
    throw new Error("not scripted");
  };
  const one = new Proxy(object, { get: (target, name) => Reflect.get(target, name) ?? refuse });
  const all = { inNamespace: () => all, withName: () => one };
  return { resources: () => all as never };
}
