/** Start a new version of a deployment and wait until it runs: `node examples/wait-for-rollout.ts shop web web:2`. */
import { Cluster } from "kube-reflex";
import { Deployment } from "kube-reflex/kinds";

/** Tell whether every replica is of the newest version and available, as `kubectl rollout status` does. */
function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const wanted = spec?.replicas ?? 1;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  const isSeen = observedGeneration >= (metadata.generation ?? 0);
  return isSeen && updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
}

/** Set a container's image, and resolve once the rollout is complete; rejects at the signal's abort. */
export async function rollOut(
  cluster: Cluster,
  namespace: string,
  name: string,
  image: string,
  signal: AbortSignal,
): Promise<Deployment> {
  const deployment = cluster.resources(Deployment).inNamespace(namespace).withName(name);
  const containers = [{ name, image }];
  await deployment.patch({ strategic: { spec: { template: { spec: { containers } } } } });

  for await (const event of deployment.watch({ signal })) {
    if (event.type === "ADDED" || event.type === "MODIFIED") {
      if (isRolledOut(event.object)) return event.object;
    }
  }
  throw signal.reason;
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  const [namespace = "default", name = "web", image = "web:2"] = process.argv.slice(2);
  const { status } = await rollOut(cluster, namespace, name, image, AbortSignal.timeout(300_000));
  console.log("rolled out", status?.availableReplicas, "replicas");
}
