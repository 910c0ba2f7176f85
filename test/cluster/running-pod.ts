import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cluster } from "../../src/cluster/cluster.ts";
import { Namespace, Pod } from "../../src/kinds/index.ts";
import { type ClusterAccess, kubeconfigText } from "./configuration.ts";

/** What a pod is made with; the image `waiting` is one that never starts. */
export interface PodChoice {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Names of containers and their images. @default { main: "scripted" } */
  readonly containers?: Readonly<Record<string, string>>;
}

/** A namespace of its own with a pod that runs on the scripted kubelet. */
export interface RunningPod extends AsyncDisposable {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  /** Path of a kubeconfig file whose only context is the administrator's in this namespace. */
  readonly kubeconfig: string;
}

/** Why no pod runs on this cluster, or undefined where one can. */
export function noKubelet(access: ClusterAccess): string | undefined {
  if (access.node !== undefined) return undefined;
  return access.origin === "given"
    ? "the cluster of KUBE_REFLEX_TEST_KUBECONFIG has no scripted kubelet"
    : "the kube-apiserver of KUBEBUILDER_ASSETS has no scripted kubelet";
}

/** The manifest of a pod for a node; without a node it stays pending. */
export function podOn(node: string | undefined, choice: PodChoice = {}): Pod {
  const { name = "web-0", labels = { app: "web" }, containers = { main: "scripted" } } = choice;
  return {
    metadata: { name, labels: { ...labels } },
    spec: {
      ...(node === undefined ? {} : { nodeName: node }),
      containers: Object.entries(containers).map(([container, image]) => ({ name: container, image })),
    },
  };
}

/** Creates a pod on the scripted kubelet and waits until all its containers run. */
export async function runPod(
  cluster: Cluster,
  namespace: string,
  node: string,
  choice: PodChoice = {},
): Promise<Pod> {
  const pods = cluster.resources(Pod).inNamespace(namespace);
  const { metadata } = await pods.create(podOn(node, choice));
  for await (const event of pods.withName(metadata?.name ?? "").watch()) {
    if (!("object" in event)) continue;
    if (event.object.status?.phase === "Running") return event.object;
  }
  throw new Error("the watch ended before the pod ran");
}

/**
 * Makes a namespace with a pod `web-0` that runs, for examples and tests of logs, exec and port-forward.
 *
 * `apiserver/processes.go`, `logs.go` and `ports.go` tell what it does. Throws
 * where the cluster has no scripted kubelet; {@link noKubelet} tells before.
 */
export async function startRunningPod(access: ClusterAccess, choice: PodChoice = {}): Promise<RunningPod> {
  if (access.node === undefined) throw new Error(noKubelet(access));
  const cluster = await Cluster.connect({ kubeconfig: access.kubeconfig });
  const namespaces = cluster.resources(Namespace);
  const { metadata } = await namespaces.create({ metadata: { generateName: "running-" } });
  const namespace = metadata?.name ?? "";
  const folder = await mkdtemp(join(tmpdir(), "kube-reflex-running-"));
  const kubeconfig = join(folder, "kubeconfig.yaml");
  await writeFile(kubeconfig, kubeconfigText(access, { admin: { token: access.token } }, namespace), {
    mode: 0o600,
  });
  const pod = await runPod(cluster, namespace, access.node, choice);
  return {
    namespace,
    name: pod.metadata?.name ?? "",
    container: pod.spec?.containers[0]?.name ?? "",
    kubeconfig,
    async [Symbol.asyncDispose]() {
      await namespaces.withName(namespace).delete();
      await cluster.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
