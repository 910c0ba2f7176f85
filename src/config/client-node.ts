import { resolve } from "node:path";
import type { Cluster, Context, User } from "@kubernetes/client-node";
import type { ClusterConfig } from "./cluster-config.ts";
import { invalidConfig } from "./cluster-config.ts";
import { configFromKubeconfig } from "./kubeconfig.ts";
import type { KubeconfigDocument, KubeconfigEntry } from "./kubeconfig-document.ts";

/**
 * What is read of a `KubeConfig` of `@kubernetes/client-node`.
 *
 * Structural, so that any version's fits; that package is not loaded.
 */
export interface KubeConfigLike {
  readonly clusters?: readonly Cluster[] | null;
  readonly users?: readonly User[] | null;
  readonly contexts?: readonly Context[] | null;
  getCurrentContext(): string;
}

const name = "KubeConfig object";

function entry(entryName: string, body: Record<string, unknown>): [string, KubeconfigEntry] {
  // client-node has made the paths absolute already.
  return [entryName, { name: entryName, body, file: name, folder: resolve(".") }];
}

function clusterEntry(cluster: Cluster): [string, KubeconfigEntry] {
  return entry(cluster.name, {
    server: cluster.server,
    "certificate-authority-data": cluster.caData,
    "certificate-authority": cluster.caFile,
    // It fills in `false` where the file was silent.
    "insecure-skip-tls-verify": cluster.skipTLSVerify ?? false,
    "tls-server-name": cluster.tlsServerName,
    "proxy-url": cluster.proxyUrl,
  });
}

function userEntry(user: User): [string, KubeconfigEntry] {
  return entry(user.name, {
    "client-certificate-data": user.certData,
    "client-certificate": user.certFile,
    "client-key-data": user.keyData,
    "client-key": user.keyFile,
    exec: user.exec,
    "auth-provider": user.authProvider,
    token: user.token,
    username: user.username,
    password: user.password,
    as: user.impersonateUser,
  });
}

/** Read a context of a client-node `KubeConfig` that the user hands over; the same checks as for a file. */
export function configFromClientNode(kubeConfig: KubeConfigLike, contextName?: string): ClusterConfig {
  if (typeof kubeConfig?.getCurrentContext !== "function") {
    throw invalidConfig("cluster options", "`kubeConfig` is no KubeConfig of @kubernetes/client-node");
  }
  const document: KubeconfigDocument = {
    files: [name],
    currentContext: kubeConfig.getCurrentContext() ?? "",
    clusters: new Map((kubeConfig.clusters ?? []).map(clusterEntry)),
    users: new Map((kubeConfig.users ?? []).map(userEntry)),
    contexts: new Map(
      (kubeConfig.contexts ?? []).map((context) =>
        entry(context.name, { cluster: context.cluster, user: context.user, namespace: context.namespace }),
      ),
    ),
  };
  return configFromKubeconfig(document, contextName);
}
