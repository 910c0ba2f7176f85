import { Cluster, type Kind, type KubeObject } from "kube-reflex";
import { builtInKinds } from "kube-reflex/kinds";
import { line, logProgress } from "./log.ts";

/** Which cluster and which objects are followed. */
export interface FollowOptions {
  readonly kubeconfig: string;
  readonly context?: string | undefined;
  /** `pods`, `deployments`, or `group/version/plural`. */
  readonly resource: string;
  readonly namespace?: string | undefined;
}

async function findKind(cluster: Cluster, resource: string): Promise<Kind> {
  const parts = resource.split("/");
  const plural = parts.at(-1) ?? resource;
  const groupVersion = parts.slice(0, -1).join("/");
  const known = builtInKinds.find(
    (kind) =>
      kind.plural === plural &&
      (groupVersion === "" || groupVersion === (kind.group === "" ? "v1" : `${kind.group}/${kind.version}`)),
  );
  if (known !== undefined) return known;
  if (groupVersion !== "") {
    const found = (await cluster.discover(groupVersion)).find((kind) => kind.plural === plural);
    if (found !== undefined) return found;
  }
  throw new Error(`The cluster has no resource "${resource}"; say pods, deployments or group/version/plural`);
}

/** Follow a real cluster until Ctrl-C; returns the exit code. */
export async function follow(options: FollowOptions): Promise<number> {
  const { kubeconfig, context, namespace } = options;
  await using cluster = await Cluster.connect({ kubeconfig, context });
  const kind = await findKind(cluster, options.resource);
  const all = cluster.resources(kind);
  const informer = (namespace === undefined ? all : all.inNamespace(namespace)).informer();
  const name = ({ metadata }: KubeObject): string =>
    [metadata?.namespace, metadata?.name].filter(Boolean).join("/").padEnd(40);
  informer
    .on("progress", logProgress)
    .on("health", ({ state }) => line("♥", "health", state))
    .on("ADDED", (object, { initial }) =>
      line("+", "ADDED", `${name(object)} ${initial ? "(was there already)" : ""}`),
    )
    .on("MODIFIED", (object) =>
      line("~", "MODIFIED", `${name(object)} rv ${object.metadata?.resourceVersion}`),
    )
    .on("DELETED", (object) => line("-", "DELETED", name(object)));

  const { promise: interrupted, resolve } = Promise.withResolvers<void>();
  process.once("SIGINT", resolve);
  process.once("SIGTERM", resolve);
  informer.start();
  await interrupted;
  const { state, resourceVersion, lists, watches } = informer.health();
  await informer.stop();
  console.log(`\nhealth: ${state} at resourceVersion ${resourceVersion}, ${lists} lists, ${watches} watches`);
  return 0;
}
