import { ApiError, Cluster } from "kube-reflex";
import { Namespace, Pod } from "kube-reflex/kinds";
import { startKubeApiServer } from "../../test/cluster/kube-apiserver.ts";
import { benchPod } from "../pods.ts";

const namespaces = 20;
const creatorsAtOnce = 32;

/** A real kube-apiserver with pods in it. */
export interface FilledCluster {
  readonly kubeconfig: string;
  /** How many pods it has, those that were there before included. */
  readonly pods: number;
  stop(): Promise<void>;
}

/** Create pods as a program would; the server adds what it adds, and knows no status yet. */
async function fill(kubeconfig: string, count: number): Promise<number> {
  const cluster = await Cluster.connect({ kubeconfig, fieldManager: "bench", onWarning: () => {} });
  const ifNew = (error: unknown): void => {
    if (!(error instanceof ApiError && error.status === 409)) throw error;
  };
  try {
    for (let i = 0; i < namespaces; i++) {
      const made = { apiVersion: "v1", kind: "Namespace", metadata: { name: `ns-${i}` } } as const;
      await cluster.resources(Namespace).create(made).catch(ifNew);
    }
    const pods = cluster.resources(Pod);
    let next = 0;
    await Promise.all(
      Array.from({ length: creatorsAtOnce }, async () => {
        for (let i = next++; i < count; i = next++) {
          const { metadata, spec, apiVersion, kind } = benchPod(i, 1);
          const { name, namespace, labels, annotations } = metadata;
          const pod = { apiVersion, kind, metadata: { name, namespace, labels, annotations }, spec };
          await pods.create(pod as Pod).catch(ifNew);
        }
      }),
    );
    // Only metadata: whatever else is in the cluster is counted too.
    let size = 0;
    for await (const _ of pods.metadata().items()) size++;
    return size;
  } finally {
    await cluster.close();
  }
}

/** Start or find a real kube-apiserver and put pods into it; a reason where there is none. */
export async function startFilledCluster(
  pods: number,
  progress: (line: string) => void,
): Promise<FilledCluster | { readonly skipped: string }> {
  progress("starting kube-apiserver");
  const cluster = await startKubeApiServer({ progress });
  if ("skipped" in cluster) return cluster;
  try {
    progress(`creating ${pods} pods`);
    return { kubeconfig: cluster.kubeconfig, pods: await fill(cluster.kubeconfig, pods), stop: cluster.stop };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
