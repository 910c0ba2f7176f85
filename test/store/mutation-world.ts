import { MutationCache, type MutationCacheOptions } from "../../src/store/mutation-cache.ts";
import type { SourceStates } from "../../src/store/source-states.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, byZone, type Pod, type PodFields, pod } from "./pods.ts";

export const key = "shop/web-0";

export interface World {
  readonly store: Store<Pod, { node: typeof byNode; zone: typeof byZone }>;
  readonly cache: MutationCache<Pod, { node: typeof byNode; zone: typeof byZone }>;
  /** What a key reads as: its resourceVersion, or "" for missing. */
  readonly read: (of?: string) => string;
  readonly write: (resourceVersion: string, fields?: PodFields, of?: string) => void;
}

export function world(options: MutationCacheOptions<Pod> = {}, sources?: SourceStates): World {
  const store = new Store<Pod, { node: typeof byNode; zone: typeof byZone }>({
    indexers: { node: byNode, zone: byZone },
    sources,
  });
  store.replace([pod(key, "10", { uid: "u1", node: "n1" })], "10");
  const cache = new MutationCache(store, options);
  return {
    store,
    cache,
    read: (of = key) => cache.get(of)?.metadata?.resourceVersion ?? "",
    write: (resourceVersion, fields = {}, of = key) =>
      cache.written(pod(of, resourceVersion, { uid: "u1", ...fields }).object),
  };
}
