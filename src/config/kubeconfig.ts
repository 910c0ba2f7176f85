import { KubeError } from "../base/errors.ts";
import { checkedCa, checkKeyPair } from "./certificates.ts";
import {
  type ClusterConfig,
  type Credentials,
  checkedImpersonation,
  checkedProxy,
  checkedServer,
  checkedToken,
  type ExecConfig,
  type Impersonation,
  invalidConfig,
  type TlsConfig,
} from "./cluster-config.ts";
import { EntryReader } from "./entry-reader.ts";
import type { KubeconfigDocument, KubeconfigEntry } from "./kubeconfig-document.ts";

const execVersions: readonly string[] = [
  "client.authentication.k8s.io/v1",
  "client.authentication.k8s.io/v1beta1",
];

function find(
  entries: ReadonlyMap<string, KubeconfigEntry>,
  what: "cluster" | "user" | "context",
  name: string,
  where: string,
): EntryReader {
  const entry = entries.get(name);
  if (entry !== undefined) return new EntryReader(what, entry);
  const known = [...entries.keys()].map((key) => `"${key}"`).join(", ");
  throw invalidConfig(where, `there is no ${what} "${name}"; there is ${known === "" ? "none" : known}`);
}

function readTls(cluster: EntryReader, user: EntryReader | undefined): TlsConfig {
  const ca = cluster.pem("certificate-authority");
  const insecureSkipVerify = cluster.flag("insecure-skip-tls-verify");
  if (ca !== undefined) {
    if (insecureSkipVerify) {
      throw invalidConfig(
        cluster.where,
        "`insecure-skip-tls-verify` beside a certificate authority; remove one",
      );
    }
    checkedCa(ca, cluster.where, "`certificate-authority`");
  }
  const cert = user?.pem("client-certificate");
  const key = user?.pem("client-key");
  if (user !== undefined && (cert === undefined) !== (key === undefined)) {
    throw invalidConfig(user.where, "`client-certificate` and `client-key` are needed together");
  }
  if (user !== undefined && cert !== undefined && key !== undefined) checkKeyPair(cert, key, user.where);
  return { ca, cert, key, insecureSkipVerify, serverName: cluster.text("tls-server-name") };
}

function readExec(user: EntryReader, exec: Record<string, unknown>): ExecConfig {
  const { apiVersion, command, args, env, installHint, provideClusterInfo } = exec;
  if (typeof command !== "string" || command === "") {
    throw invalidConfig(user.where, "`exec` has no `command`");
  }
  if (typeof apiVersion !== "string" || !execVersions.includes(apiVersion)) {
    throw invalidConfig(user.where, `\`exec.apiVersion\` is none of ${execVersions.join(", ")}`);
  }
  const pairs: Record<string, string> = {};
  for (const pair of Array.isArray(env) ? env : []) {
    if (typeof pair?.name !== "string" || typeof pair?.value !== "string") {
      throw invalidConfig(user.where, "an entry of `exec.env` has no name or no value");
    }
    pairs[pair.name] = pair.value;
  }
  return {
    apiVersion,
    // A bare name is looked up in PATH; a path starts from the kubeconfig's folder, as kubectl has it.
    command: /[/\\]/.test(command) ? user.resolve(command) : command,
    args: Array.isArray(args) ? args.map(String) : [],
    env: pairs,
    installHint: typeof installHint === "string" ? installHint : undefined,
    provideClusterInfo: provideClusterInfo === true,
    origin: user.where,
  };
}

function readCredentials(user: EntryReader): Credentials {
  if (user.get("auth-provider") !== undefined) {
    const name = user.record("auth-provider")?.name;
    throw new KubeError(
      "UNSUPPORTED",
      `${user.where}: \`auth-provider\`${typeof name === "string" ? ` ${name}` : ""} is not offered, ` +
        "as kubectl has dropped most of them; use an `exec` plugin or a token",
    );
  }
  const exec = user.record("exec");
  if (exec !== undefined) return { type: "exec", exec: readExec(user, exec) };
  // As client-go: a token file is preferred, since a token beside it is its old content.
  const path = user.path("tokenFile");
  if (path !== undefined) return { type: "token-file", path };
  const token = user.text("token");
  if (token !== undefined) return { type: "token", token: checkedToken(token, user.where) };
  const username = user.text("username");
  if (username !== undefined) return { type: "basic", username, password: user.text("password") ?? "" };
  return { type: "none" };
}

function readImpersonation(user: EntryReader): Impersonation | undefined {
  const name = user.text("as");
  const uid = user.text("as-uid");
  const groups = user.texts("as-groups");
  const extra = user.textLists("as-user-extra");
  if (name !== undefined) return checkedImpersonation({ user: name, uid, groups, extra }, user.where);
  if (uid === undefined && groups.length === 0 && Object.keys(extra).length === 0) return undefined;
  throw invalidConfig(user.where, "`as-uid`, `as-groups` and `as-user-extra` need `as`");
}

/**
 * Resolve a context of a kubeconfig to where its cluster is and who we are.
 *
 * Throws `INVALID_CONFIG` naming the file and the entry for whatever is
 * missing or cannot be read, `UNSUPPORTED` for an `auth-provider`.
 */
export function configFromKubeconfig(document: KubeconfigDocument, contextName?: string): ClusterConfig {
  const where = `kubeconfig ${document.files.join(", ")}`;
  const name = contextName ?? document.currentContext;
  if (name === "") throw invalidConfig(where, "it has no `current-context`; say which context is meant");
  const context = find(document.contexts, "context", name, where);
  const clusterName = context.text("cluster");
  if (clusterName === undefined) throw invalidConfig(context.where, "it names no cluster");
  const cluster = find(document.clusters, "cluster", clusterName, context.where);
  const userName = context.text("user");
  const user = userName === undefined ? undefined : find(document.users, "user", userName, context.where);
  const proxyUrl = cluster.text("proxy-url");
  return {
    server: checkedServer(cluster.text("server"), cluster.where),
    tls: readTls(cluster, user),
    credentials: user === undefined ? { type: "none" } : readCredentials(user),
    proxyUrl: proxyUrl === undefined ? undefined : checkedProxy(proxyUrl, cluster.where),
    impersonate: user === undefined ? undefined : readImpersonation(user),
    namespace: context.text("namespace") ?? "default",
    origin: context.where,
  };
}
