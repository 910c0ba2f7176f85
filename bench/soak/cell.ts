import {
  type Cluster,
  type Controller,
  type ControllerCluster,
  createOrApply,
  defineKind,
  type Kind,
  type KubeObject,
  type Logger,
  type ObjectMeta,
} from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";

/** What the soak is about: a value that is to be copied into a ConfigMap, into the status, and outside. */
export interface Cell extends KubeObject {
  metadata: ObjectMeta;
  spec: { value: number };
  status?: { value?: number };
}

export const Cell: Kind<Cell, "status"> = defineKind<Cell>()({
  group: "soak.example.com",
  version: "v1",
  kind: "Cell",
  plural: "cells",
  scope: "Namespaced",
  subresources: ["status"],
});

export const namespace = "soak";

/** Whatever a cell is outside of the cluster. */
export type Outside = Map<string, number>;

const write = { fieldManager: "soak", force: true } as const;

async function deleteChild(cluster: ControllerCluster, name: string): Promise<void> {
  const child = cluster.resources(ConfigMap).inNamespace(namespace).withName(name);
  // The embedded server has no garbage collector.
  if ((await child.find()) !== undefined) await child.delete();
}

/** A controller that does a bit of everything; `begins` is called as each reconcile begins. */
export function cellController(
  cluster: Cluster,
  outside: Outside,
  log: Logger,
  begins: () => void,
): Controller<Cell> {
  return cluster
    .controller(Cell, { log })
    .in(namespace)
    .owns(ConfigMap, { labels: "soak=cell" })
    .concurrency(4)
    .backoff({ initialMs: 20, maxMs: 2_000 })
    .finalizer("soak.example.com/outside", async ({ key, name, cluster }) => {
      await deleteChild(cluster, name);
      outside.delete(key);
    })
    .reconcile(async ({ object: cell, key, name, cluster }) => {
      begins();
      if (cell === undefined) return;
      const { value } = cell.spec;
      const current = cluster.store(ConfigMap).get(key);
      if (current?.data?.value !== String(value)) {
        const child = { metadata: { name, labels: { soak: "cell" } }, data: { value: String(value) } };
        const options = { ...write, owner: { object: cell, kind: Cell }, current };
        await createOrApply(cluster.resources(ConfigMap), child, options);
      }
      outside.set(key, value);
      if (cell.status?.value === value) return;
      const cells = cluster.resources(Cell).inNamespace(namespace);
      await cells.withName(name).status.patch({ merge: { status: { value } } });
    });
}
