/** Run a controller without a server: over literal keys, objects of one's own, and a mock of a cluster. */
import {
  Controller,
  type ControllerCluster,
  defineKind,
  type Kind,
  type KubeObject,
  type ReconcileRequest,
  type ReconcileResult,
  terminal,
} from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";

interface Shop extends KubeObject {
  spec: { size: number };
}

const Shop: Kind<Shop> = defineKind<Shop>()({
  group: "example.com",
  version: "v1",
  kind: "Shop",
  plural: "shops",
  scope: "Namespaced",
});

/** What a shop asks for: a ConfigMap that says how large it is. The same function runs on a real cluster. */
export async function reconcile(request: ReconcileRequest<Shop>): Promise<ReconcileResult | undefined> {
  const { namespace = "default", name, object, cluster, log } = request;
  if (object === undefined) return undefined; // deleted: what it owns goes with it
  if (object.spec.size < 0) throw terminal(new Error("spec.size is negative")); // no repetition mends that
  const data = { size: String(object.spec.size) };
  await cluster.resources(ConfigMap).inNamespace(namespace).apply({ metadata: { name }, data });
  log.info({ size: object.spec.size }, "told the size");
  return { requeueAfterMs: 3_600_000 }; // look again in an hour
}

/** A cluster that keeps what is applied; it has what the reconciler calls, and nothing else. */
export function mockCluster(applied: object[]): ControllerCluster {
  const collection = {
    inNamespace: () => collection,
    apply: async (object: object) => {
      applied.push(object);
      return object;
    },
  };
  const cluster: unknown = { resources: () => collection };
  return cluster as ControllerCluster;
}

/** Reconcile some shops, each once; returns what was applied, and how each reconcile ended. */
export async function reconcileAll(
  shops: ReadonlyMap<string, Shop>,
): Promise<{ applied: object[]; ended: string[] }> {
  const applied: object[] = [];
  const ended: string[] = [];
  const stop = new AbortController();
  const controller = new Controller<Shop>({
    name: "shop",
    kind: Shop,
    reconcile,
    sources: [{ name: "shops", wakes: shops.keys() }], // or an informer: { name, source: informer, keysOf: forObject }
    objectOf: (key) => shops.get(key),
    cluster: () => mockCluster(applied),
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  controller.on("reconciled", ({ key, attempt, outcome, error }) => {
    ended.push(`${key}, attempt ${attempt}: ${outcome}${error === undefined ? "" : ` (${error.code})`}`);
    if (ended.length === shops.size) stop.abort();
  });
  await controller.run(stop.signal);
  return { applied, ended };
}
