/** What the threads of workers.ts do. */
import { scryptSync } from "node:crypto";
import { ConfigMap } from "kube-reflex/kinds";
import { defineReconcile, type Reconciler } from "kube-reflex/workers";

const reconcile: Reconciler<ConfigMap> = defineReconcile<ConfigMap>(
  async ({ object, namespace = "", name, cluster, log }) => {
    if (object === undefined) return; // deleted
    const hash = scryptSync(JSON.stringify(object.data ?? {}), name, 32).toString("hex"); // blocks this thread alone
    if (object.metadata.annotations?.["example.com/hash"] === hash) return;
    const metadata = { annotations: { "example.com/hash": hash } };
    await cluster.resources(ConfigMap).inNamespace(namespace).withName(name).patch({ merge: { metadata } });
    log.info({ hash }, "hashed");
  },
);

export default reconcile;
