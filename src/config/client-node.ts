import { resolve } from "node:path";
import type { ClusterConfig, HeaderSource } from "./cluster-config.ts";
import { invalidConfig } from "./cluster-config.ts";
import { configFromKubeconfig } from "./kubeconfig.ts";
import type { KubeconfigDocument, KubeconfigEntry } from "./kubeconfig-document.ts";

/** A cluster of a {@link KubeConfigLike}. */
export interface KubeConfigCluster {
  readonly name: string;
  readonly server: string;
  readonly caData?: string | undefined;
  readonly caFile?: string | undefined;
  readonly skipTLSVerify?: boolean | undefined;
  readonly tlsServerName?: string | undefined;
  readonly proxyUrl?: string | undefined;
}

/** A user of a {@link KubeConfigLike}. */
export interface KubeConfigUser {
  readonly name: string;
  readonly certData?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyData?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly exec?: unknown;
  readonly authProvider?: unknown;
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly impersonateUser?: string | undefined;
}

/** A context of a {@link KubeConfigLike}. */
export interface KubeConfigContext {
  readonly name: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string | undefined;
}

/**
 * What is read of a `KubeConfig` of `@kubernetes/client-node`.
 *
 * Structural and written by hand: any version's fits, and neither that package
 * nor its declarations are loaded for it.
 */
export interface KubeConfigLike {
  readonly clusters?: readonly KubeConfigCluster[] | null;
  readonly users?: readonly KubeConfigUser[] | null;
  readonly contexts?: readonly KubeConfigContext[] | null;
  getCurrentContext(): string;
}

const name = "KubeConfig object";

function entry(entryName: string, body: Record<string, unknown>): [string, KubeconfigEntry] {
  // client-node has made the paths absolute already.
  return [entryName, { name: entryName, body, file: name, folder: resolve(".") }];
}

function clusterEntry(cluster: KubeConfigCluster): [string, KubeconfigEntry] {
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

function userEntry(user: KubeConfigUser): [string, KubeconfigEntry] {
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

function isHeaderSource(value: object): value is HeaderSource {
  return "applyToHTTPSOptions" in value && typeof value.applyToHTTPSOptions === "function";
}

/** The same object seen from another context: its authenticators and what they have cached are shared. */
function inContext(kubeConfig: KubeConfigLike, currentContext: string | undefined): KubeConfigLike {
  if (currentContext === undefined || currentContext === kubeConfig.getCurrentContext()) return kubeConfig;
  return Object.assign(Object.create(Object.getPrototypeOf(kubeConfig)), kubeConfig, { currentContext });
}

/**
 * Read a context of a client-node `KubeConfig` that the user hands over; the same checks as for a file.
 *
 * An `auth-provider` that client-node does not have itself is left to the
 * authenticators that were added to the object.
 */
export function configFromClientNode(kubeConfig: KubeConfigLike, contextName?: string): ClusterConfig {
  if (typeof kubeConfig?.getCurrentContext !== "function") {
    const hint = typeof kubeConfig === "string" ? "; the path of a file is given as `kubeconfig`" : "";
    throw invalidConfig(
      "cluster options",
      `\`kubeConfig\` is no KubeConfig of @kubernetes/client-node${hint}`,
    );
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
  const source = inContext(kubeConfig, contextName);
  return configFromKubeconfig(document, contextName, isHeaderSource(source) ? source : undefined);
}
