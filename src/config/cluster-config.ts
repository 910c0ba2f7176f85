import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";

/** How the server's certificate is checked, and ours shown; all texts are PEM. */
export interface TlsConfig {
  /** Trusted instead of the system's authorities. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Accept any certificate: whoever sits in between can read and change everything. */
  readonly insecureSkipVerify?: boolean | undefined;
  /** The name expected in the certificate, where it is not the server's host. */
  readonly serverName?: string | undefined;
  /** Where `ca`, `cert` and `key` were read from, absolute, where they were files: read again as they are rotated (H26). */
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** A credential plugin as kubeconfig's `exec` describes it. */
export interface ExecConfig {
  readonly apiVersion: string;
  /** A path, or a name looked up in PATH; relative paths are made absolute by the reader. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint?: string | undefined;
  /** Pass server and certificate authority to the plugin. */
  readonly provideClusterInfo: boolean;
  /** The cluster entry's `client.authentication.k8s.io/exec` extension: what the plugin is told of this cluster. */
  readonly clusterConfig?: unknown;
  /** Where it was configured, for errors: `user "admin" in FILE`. */
  readonly origin: string;
}

/** Works out an Authorization header by itself, as a `KubeConfig` of `@kubernetes/client-node` does. */
export interface HeaderSource {
  applyToHTTPSOptions(options: { headers: Record<string, string> }): Promise<void>;
}

/** A legacy `auth-provider` of a kubeconfig. */
export interface AuthProviderConfig {
  readonly name: string;
  /** Its settings and tokens; renewed tokens are written into them, not into the file. */
  readonly settings: Record<string, unknown>;
  /** Asked instead of client-node's own providers: the `KubeConfig` that was handed over. */
  readonly source?: HeaderSource | undefined;
  /** Where it was configured, for errors. */
  readonly origin: string;
}

/** Who we are, besides a client certificate. */
export type Credentials =
  | { readonly type: "none" }
  | { readonly type: "token"; readonly token: string }
  | { readonly type: "token-file"; readonly path: string }
  | { readonly type: "basic"; readonly username: string; readonly password: string }
  | { readonly type: "exec"; readonly exec: ExecConfig }
  | { readonly type: "auth-provider"; readonly provider: AuthProviderConfig };

/** Whom we act for, where the server lets us. */
export interface Impersonation {
  readonly user: string;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/**
 * Where a cluster is and who we are to it; made by the readers in this folder.
 *
 * Complete and checked: files are read (except a token file, which is read
 * again and again), certificates parse, the address is an address. It holds
 * secrets: do not log it.
 */
export interface ClusterConfig {
  /** `http:` or `https:`, without a trailing slash; may have a path that every request goes below. */
  readonly server: string;
  readonly tls: TlsConfig;
  readonly credentials: Credentials;
  /** Answers are asked for uncompressed: where the network is fast, that is less work for both ends. */
  readonly disableCompression?: boolean | undefined;
  /** `http:`, `https:`, `socks5:`; where requests are sent through. */
  readonly proxyUrl?: string | undefined;
  readonly impersonate?: Impersonation | undefined;
  /** The namespace of the context, `default` where it names none. */
  readonly namespace: string;
  /** Where this came from, for messages: `context "staging" in FILE`. */
  readonly origin: string;
}

/** The error of something wrong in a configuration: where, what, and what to do. */
export function invalidConfig(where: string, what: string, cause?: unknown): KubeError {
  return new KubeError("INVALID_CONFIG", `${where}: ${what}`, { cause });
}

function parsedUrl(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** Check a server's address and write it without a trailing slash. */
export function checkedServer(server: unknown, where: string): string {
  if (typeof server !== "string" || server === "") {
    throw invalidConfig(where, "it has no `server`; give the API server's URL");
  }
  // As kubectl does: a bare HOST:PORT is plain http.
  const url = parsedUrl(server.includes("://") ? server : `http://${server}`);
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw invalidConfig(
      where,
      `\`server\` is no http or https URL: \`${server.replace(/(^|\/\/).*@/s, "$1")}\``,
    );
  }
  // Not shown: it holds a password.
  if (url.username !== "" || url.password !== "") {
    throw invalidConfig(where, "`server` has a user name in its URL; put it under `username` and `password`");
  }
  if (url.search !== "" || url.hash !== "") throw invalidConfig(where, "`server` has a query or a fragment");
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** Check a bearer token and trim it; never shown. */
export function checkedToken(text: string, where: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw invalidConfig(where, "`token` is empty or has characters that no header can carry");
}

/** Check that whom we act for can be written into headers. */
export function checkedImpersonation(whom: Impersonation, where: string): Impersonation {
  const { user, uid = "", groups = [], extra = {} } = whom;
  if (typeof user !== "string" || user === "") throw invalidConfig(where, "`impersonate.user` is empty");
  if (!isJsonObject(extra) || ![groups, ...Object.values(extra)].every(Array.isArray)) {
    throw invalidConfig(
      where,
      "`impersonate` has groups that are no list, or an extra that is no mapping to lists",
    );
  }
  for (const value of [user, uid, ...groups, ...Object.values(extra).flat()]) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (typeof value !== "string" || /[\x00-\x1f\x7f]/.test(value)) {
      throw invalidConfig(where, "`impersonate` has a value that no header can carry");
    }
  }
  return whom;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Check a proxy's address; never shown, since it may hold a password. */
export function checkedProxy(proxyUrl: string, where: string): string {
  const url = parsedUrl(proxyUrl);
  if (url === undefined || !["http:", "https:", "socks5:"].includes(url.protocol)) {
    throw invalidConfig(where, "`proxy-url` is no http, https or socks5 URL");
  }
  if (!isPercentEncoded(url.username) || !isPercentEncoded(url.password)) {
    throw invalidConfig(
      where,
      "`proxy-url` has a user name or password with a `%` that is not written as `%25`",
    );
  }
  if ((url.pathname !== "/" && url.pathname !== "") || url.search !== "" || url.hash !== "") {
    throw invalidConfig(where, "`proxy-url` has a path, a query or a fragment; a proxy has none");
  }
  return proxyUrl;
}
