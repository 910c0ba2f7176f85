/** Roll a new version out and wait until nothing else runs: `node examples/wait-for-deployment.ts shop web web:2`. */
import { Cluster, waitConditions, waitFor } from "kube-reflex";
import { Deployment, Job, Pod } from "kube-reflex/kinds";

/** Set a container's image and resolve once every replica runs it; rejects with TIMEOUT, and what was seen last. */
export async function rollOut(
  cluster: Cluster,
  namespace: string,
  name: string,
  image: string,
  signal?: AbortSignal,
): Promise<Deployment> {
  const deployment = cluster.resources(Deployment).inNamespace(namespace).withName(name);
  const containers = [{ name, image }];
  await deployment.patch({ strategic: { spec: { template: { spec: { containers } } } } });
  return waitFor(deployment, waitConditions.isDeploymentCompleted, { signal, timeoutMs: 300_000 });
}

/** Delete a pod, and resolve once it is gone, or another one has its name. */
export async function replacePod(cluster: Cluster, namespace: string, name: string): Promise<void> {
  const pod = cluster.resources(Pod).inNamespace(namespace).withName(name);
  const { metadata } = await pod.get();
  await pod.delete({ preconditions: { uid: metadata.uid ?? "" } });
  await waitFor(pod, waitConditions.isDeleted(metadata.uid ?? ""));
}

/** Wait for a job's end, whichever; resolves to whether it has succeeded. */
export async function hasSucceeded(cluster: Cluster, namespace: string, name: string): Promise<boolean> {
  const job = cluster.resources(Job).inNamespace(namespace).withName(name);
  const { isJobCompleted, hasCondition, or } = waitConditions;
  return isJobCompleted(await waitFor(job, or(isJobCompleted, hasCondition("Failed"))));
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", name = "web", image = "web:2"] = process.argv.slice(2);
  const { status } = await rollOut(cluster, namespace, name, image);
  console.log("rolled out", status?.availableReplicas, "replicas");
}
