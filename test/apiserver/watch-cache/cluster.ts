import { Storage } from "../../../src/apiserver/storage/storage.ts";
import { WatchCache, type WatchCacheOptions } from "../../../src/apiserver/watch-cache/watch-cache.ts";
import { ApiError } from "../../../src/base/api-error.ts";
import { defineKind, type Kind } from "../../../src/resource/kind.ts";
import type { KubeObject } from "../../../src/resource/object.ts";

export interface TestPod extends KubeObject {
  spec?: { nodeName?: string; x?: number };
}

export const podKind: Kind<TestPod> = defineKind<TestPod>()({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  scope: "Namespaced",
});

export const nodeKind: Kind = defineKind()({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  scope: "Cluster",
});

export function pod(key: string, labels: Record<string, string> = {}, spec: TestPod["spec"] = {}): TestPod {
  const [namespace = "", name = ""] = key.split("/");
  return { kind: "Pod", apiVersion: "v1", metadata: { name, namespace, uid: `uid-${name}`, labels }, spec };
}

/** A storage with one cached resource, and short words to write to it. */
export class TestCluster {
  readonly storage: Storage = new Storage();
  readonly cache: WatchCache;

  constructor(options: WatchCacheOptions = {}) {
    this.cache = new WatchCache(this.storage, podKind, options);
  }

  create(key: string, labels?: Record<string, string>, spec?: TestPod["spec"]): void {
    this.storage.create(podKind, key, pod(key, labels, spec));
  }

  put(key: string, labels?: Record<string, string>, spec?: TestPod["spec"]): void {
    this.storage.update(podKind, key, () => pod(key, labels, spec));
  }

  delete(key: string): void {
    this.storage.delete(podKind, key);
  }
}

/** What was thrown, as the parts of a Status. */
export async function refusal(promise: Promise<unknown>): Promise<object> {
  try {
    await promise;
  } catch (error) {
    if (!ApiError.is(error)) throw error;
    const { status, reason, message, details } = error;
    return details === undefined ? { status, reason, message } : { status, reason, message, details };
  }
  return {};
}
