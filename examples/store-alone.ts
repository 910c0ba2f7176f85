/** Use a store with an index of one's own, the read-only view of it, and one with one's own writes in it. */
import { Lister, MutationCache, type ObjectRecord, ParsedRecord, Store } from "kube-reflex";
import type { Pod } from "kube-reflex/kinds";

/** A pod as the parts below the informer hand it on. */
export function podRecord(name: string, node: string, resourceVersion: string): ObjectRecord<Pod> {
  const metadata = { namespace: "shop", name, resourceVersion, labels: { app: "web" } };
  const pod: Pod = { metadata, spec: { nodeName: node, containers: [] } };
  return new ParsedRecord(`shop/${name}`, `uid-${name}`, resourceVersion, pod);
}

/** Write a list, a change, a deletion and a bookmark; return the names on node `n1`, and the store's state. */
export function podsOnNode(): { names: (string | undefined)[]; resourceVersion: string; size: number } {
  const store = new Store({ indexers: { node: (pod: Pod) => pod.spec?.nodeName } });
  store.replace([podRecord("web-0", "n1", "7"), podRecord("web-1", "n1", "8")], "1042"); // a list, in one step
  store.upsert(podRecord("web-2", "n2", "1043")); // a change
  store.delete("shop/web-0", "1044"); // a deletion; an unknown key only moves the resourceVersion
  store.setResourceVersion("1050"); // a bookmark

  const lister = new Lister(store);
  lister.get("shop/web-1");
  lister.list({ namespace: "shop", labels: "app=web,tier notin (test)" });
  const pods = lister.byIndex("node", "n1"); // typed: "nodee" does not compile
  const { resourceVersion, size } = lister; // "1050", 2

  return { names: pods.map((pod) => pod.metadata.name), resourceVersion, size };
}

/** Lay writes over a store whose watch is behind; return the pod's node, and whether it is there, as they were read. */
export async function readOwnWrites(): Promise<{ node: string | undefined; isThere: boolean }> {
  const store = new Store<Pod>();
  store.replace([podRecord("web-0", "n1", "1040")], "1042");

  const own = new MutationCache(store);
  own.written(podRecord("web-0", "n2", "1043").object); // what the server answered; the store knows nothing of it
  const node = own.get("shop/web-0")?.spec?.nodeName; // "n2"

  const caughtUp = own.waitFor("1043", { timeoutMs: 5_000 });
  store.upsert(podRecord("web-0", "n2", "1043")); // the watch brings it: from here on the store counts again
  await caughtUp;

  own.deleted({ key: "shop/web-0", uid: "uid-web-0" });
  const isThere = own.has("shop/web-0"); // false, before the watch knows

  return { node, isThere };
}
