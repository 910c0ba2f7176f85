/** Some of what a client does: `node examples/client-tour.ts shop`. */
import { Cluster } from "kube-reflex";
import { Deployment, Pod } from "kube-reflex/kinds";

export async function tour(cluster: Cluster, namespace: string): Promise<void> {
  const pods = cluster.resources(Pod).inNamespace(namespace);
  for await (const pod of pods.withLabel("app", "web").items())
    console.log(pod.metadata.name, pod.status?.phase);

  const deployment = cluster.resources(Deployment).inNamespace(namespace).withName("web");
  await deployment.scale(3);
  await deployment.edit((read) => {
    read.metadata.annotations = { ...read.metadata.annotations, "example.com/scaled-by": "hand" };
  });

  const pod = pods.withName("web-0");
  await pod.apply({ metadata: { name: "web-0", labels: { track: "canary" } } }, { fieldManager: "shop" });
  for await (const line of pod.logs({ tailLines: 10 })) console.log(line);
  console.log((await pod.run(["echo", "hello"])).stdout);
}

if (import.meta.main) {
  await using cluster = await Cluster.connect();
  await tour(cluster, process.argv[2] ?? "default");
}
