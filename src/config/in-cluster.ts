import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkedCa } from "./certificates.ts";
import { type ClusterConfig, checkedServer, invalidConfig } from "./cluster-config.ts";
import { readConfigFile } from "./config-file.ts";

/** Where Kubernetes mounts a pod's service account. */
export const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The environment variables a configuration is read from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Tell whether this process runs in a pod. */
export function isInCluster(env: Environment = process.env): boolean {
  return (env.KUBERNETES_SERVICE_HOST ?? "") !== "";
}

/**
 * Read a pod's own configuration: the service's address and the mounted service account.
 *
 * The token is a file that is read again as it is rotated (H27).
 */
export function configFromCluster(
  env: Environment = process.env,
  folder: string = serviceAccountFolder,
): ClusterConfig {
  const where = "in-cluster configuration";
  const host = env.KUBERNETES_SERVICE_HOST ?? "";
  const port = env.KUBERNETES_SERVICE_PORT ?? "";
  if (host === "") throw invalidConfig(where, "KUBERNETES_SERVICE_HOST is not set; this is no pod");
  if (port === "") throw invalidConfig(where, "KUBERNETES_SERVICE_PORT is not set");
  const caFile = join(folder, "ca.crt");
  const tokenFile = join(folder, "token");
  if (readConfigFile(tokenFile, where).trim() === "") {
    throw invalidConfig(where, `${tokenFile} is empty; is a service account mounted?`);
  }
  const ca = checkedCa(readConfigFile(caFile, where), where, caFile);
  const namespaceFile = join(folder, "namespace");
  const namespace = existsSync(namespaceFile) ? readFileSync(namespaceFile, "utf8").trim() : "";
  const address = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return {
    server: checkedServer(`https://${address}:${port}`, where),
    tls: { ca, caFile },
    credentials: { type: "token-file", path: tokenFile },
    namespace: namespace === "" ? "default" : namespace,
    origin: where,
  };
}
