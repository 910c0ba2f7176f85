import { closest } from "../base/closest.ts";
import { checkedCa, checkKeyPair } from "./certificates.ts";
import {
  type ClusterConfig,
  checkedImpersonation,
  checkedProxy,
  checkedServer,
  type HeaderSource,
  type Impersonation,
  invalidConfig,
  type TlsConfig,
} from "./cluster-config.ts";
import { EntryReader } from "./entry-reader.ts";
import type { KubeconfigDocument, KubeconfigEntry } from "./kubeconfig-document.ts";
import { readCredentials } from "./user-credentials.ts";

/** How many names an error lists. */
const maxListed = 30;

function find(
  entries: ReadonlyMap<string, KubeconfigEntry>,
  what: "cluster" | "user" | "context",
  name: string,
  where: string,
): EntryReader {
  const entry = entries.get(name);
  if (entry !== undefined) return new EntryReader(what, entry);
  const known = [...entries.keys()];
  const near = closest(name, known);
  const meant = near === undefined ? "" : ` (did you mean "${near}"?)`;
  const more = known.length > maxListed ? ` and ${known.length - maxListed} more` : "";
  const listed = known.slice(0, maxListed).map((key) => `"${key}"`);
  const all = known.length === 0 ? "none" : listed.join(", ") + more;
  throw invalidConfig(where, `there is no ${what} "${name}"${meant}; there is ${all}`);
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
    checkedCa(
      ca.text,
      cluster.where,
      `\`certificate-authority\`${ca.file === undefined ? "" : ` ${ca.file}`}`,
    );
  }
  return {
    ca: ca?.text,
    caFile: ca?.file,
    insecureSkipVerify,
    serverName: cluster.text("tls-server-name"),
    ...(user === undefined ? {} : readKeyPair(user)),
  };
}

function readKeyPair(user: EntryReader): Partial<TlsConfig> {
  const cert = user.pem("client-certificate");
  const key = user.pem("client-key");
  if ((cert === undefined) !== (key === undefined)) {
    throw invalidConfig(user.where, "`client-certificate` and `client-key` are needed together");
  }
  if (cert === undefined || key === undefined) return {};
  checkKeyPair(cert.text, key.text, user.where, {
    cert: cert.file === undefined ? "the client certificate" : `the client certificate ${cert.file}`,
    key: key.file === undefined ? "the client key" : `the client key ${key.file}`,
  });
  return { cert: cert.text, certFile: cert.file, key: key.text, keyFile: key.file };
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
 * missing or cannot be read, `UNSUPPORTED` for an `auth-provider` that nobody
 * offers. `source` works out the providers that this library does not know.
 */
export function configFromKubeconfig(
  document: KubeconfigDocument,
  contextName?: string,
  source?: HeaderSource,
): ClusterConfig {
  const where = `kubeconfig ${document.files.join(", ")}`;
  const name = contextName ?? document.currentContext;
  if (name === "") throw invalidConfig(where, noContext(document));
  const context = find(document.contexts, "context", name, where);
  const clusterName = context.text("cluster");
  if (clusterName === undefined) throw invalidConfig(context.where, "it names no cluster");
  const cluster = find(document.clusters, "cluster", clusterName, context.where);
  const userName = context.text("user");
  const user = userName === undefined ? undefined : find(document.users, "user", userName, context.where);
  const proxyUrl = cluster.text("proxy-url");
  const tls = readTls(cluster, user);
  const hasCertificate = tls.cert !== undefined;
  return {
    server: checkedServer(cluster.text("server"), cluster.where),
    tls,
    credentials:
      user === undefined ? { type: "none" } : readCredentials(user, cluster, hasCertificate, source),
    disableCompression: cluster.flag("disable-compression"),
    proxyUrl: proxyUrl === undefined ? undefined : checkedProxy(proxyUrl, cluster.where),
    impersonate: user === undefined ? undefined : readImpersonation(user),
    namespace: context.text("namespace") ?? "default",
    origin: context.where,
  };
}

function noContext({ clusters, contexts, users }: KubeconfigDocument): string {
  if (clusters.size + contexts.size + users.size === 0) {
    return "it is empty, or cut off: it has no clusters, users and contexts; check the file, or write it again";
  }
  const names = [...contexts.keys()].slice(0, maxListed).map((key) => `"${key}"`);
  const choice = names.length === 0 ? "none" : names.join(", ");
  return `it has no \`current-context\`; say which context is meant, there is ${choice}`;
}
