import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type ClusterConfig, invalidConfig } from "./cluster-config.ts";
import { configFromCluster, type Environment, isInCluster, serviceAccountFolder } from "./in-cluster.ts";
import { configFromKubeconfig } from "./kubeconfig.ts";

/** Where a configuration is looked for. */
export interface LoadOptions {
  /** A kubeconfig file, instead of looking for one. */
  readonly kubeconfig?: string | undefined;
  /** A context of the kubeconfig. @default its `current-context` */
  readonly context?: string | undefined;
  /** @default process.env */
  readonly env?: Environment | undefined;
  /** Whose `.kube/config` is read. @default the user's home folder */
  readonly home?: string | undefined;
  /** @default where Kubernetes mounts it */
  readonly serviceAccount?: string | undefined;
}

async function configFromFiles(
  files: readonly string[],
  context: string | undefined,
): Promise<ClusterConfig> {
  // Loaded when it is needed: in a pod, or with a configuration given as such, no YAML is read.
  const { readKubeconfigFiles } = await import("./kubeconfig-document.ts");
  return configFromKubeconfig(readKubeconfigFiles(files), context);
}

/**
 * Find out where the cluster is: KUBECONFIG, then `~/.kube/config`, then the pod's service account.
 *
 * The first that exists counts; if it is broken, that is an error
 * (`INVALID_CONFIG`), and the next is not tried.
 */
export async function loadConfig(options: LoadOptions = {}): Promise<ClusterConfig> {
  const env = options.env ?? process.env;
  const { context } = options;
  if (options.kubeconfig !== undefined) {
    return configFromFiles([options.kubeconfig], context);
  }
  const files = (env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  if (files.length > 0) return configFromFiles(files, context);
  const file = join(options.home ?? homedir(), ".kube", "config");
  if (existsSync(file)) return configFromFiles([file], context);
  if (!isInCluster(env)) {
    throw invalidConfig(
      "find a cluster",
      `KUBECONFIG is not set, ${file} does not exist, and this is no pod (KUBERNETES_SERVICE_HOST is not set)`,
    );
  }
  if (context !== undefined) {
    throw invalidConfig(
      "find a cluster",
      `context "${context}" was asked for, but only the in-cluster configuration was found, which has none`,
    );
  }
  return configFromCluster(env, options.serviceAccount ?? serviceAccountFolder);
}
