import { expectOptions, expectText } from "../base/arguments.ts";
import { checkedCa, checkKeyPair } from "./certificates.ts";
import {
  type ClusterConfig,
  type Credentials,
  checkedImpersonation,
  checkedProxy,
  checkedServer,
  checkedToken,
  type Impersonation,
  invalidConfig,
} from "./cluster-config.ts";

/** A cluster described by the caller; PEM texts, not files. */
export interface ExplicitConfig {
  /** Its URL, `https:` or `http:`, with a path or without; a bare HOST:PORT is plain http. */
  readonly server: string;
  /** A bearer token. */
  readonly token?: string | undefined;
  /** The path of a file with one, read again at least once a minute; instead of `token`. */
  readonly tokenFile?: string | undefined;
  /** PEM: trusted instead of the system's authorities. */
  readonly ca?: string | undefined;
  /** PEM: the client certificate; needs `key`. */
  readonly cert?: string | undefined;
  /** PEM: the client certificate's key. */
  readonly key?: string | undefined;
  /** Accept any certificate: for throw-away clusters only. @default false */
  readonly insecureSkipVerify?: boolean | undefined;
  /** The name expected in the server's certificate. @default the server's host */
  readonly serverName?: string | undefined;
  /** `http:`, `https:` or `socks5:`. @default what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say */
  readonly proxyUrl?: string | undefined;
  /** Whom to act as, where the server allows it. */
  readonly impersonate?: Impersonation | undefined;
  /** What `cluster.namespace` says; no call uses it unasked. @default "default" */
  readonly namespace?: string | undefined;
}

const textOptions = [
  "token",
  "tokenFile",
  "ca",
  "cert",
  "key",
  "serverName",
  "proxyUrl",
  "namespace",
] as const;

function credentialsOf(config: ExplicitConfig, where: string): Credentials {
  if (config.token !== undefined && config.tokenFile !== undefined) {
    throw invalidConfig(where, "`token` and `tokenFile` exclude each other");
  }
  if (config.tokenFile !== undefined) return { type: "token-file", path: config.tokenFile };
  if (config.token === undefined) return { type: "none" };
  return { type: "token", token: checkedToken(config.token, where) };
}

/** Check a cluster that the caller describes; throws `INVALID_CONFIG` before any request. */
export function configFromExplicit(config: ExplicitConfig): ClusterConfig {
  const where = "cluster options";
  for (const name of textOptions) expectText(name, config[name]);
  expectOptions("impersonate", config.impersonate);
  const { ca, cert, key, insecureSkipVerify, serverName, proxyUrl, impersonate } = config;
  const server = checkedServer(config.server, where);
  if (ca !== undefined) checkedCa(ca, where, "`ca`");
  if ((cert === undefined) !== (key === undefined)) {
    throw invalidConfig(where, "`cert` and `key` are needed together");
  }
  if (cert !== undefined && key !== undefined) checkKeyPair(cert, key, where);
  if (impersonate !== undefined) checkedImpersonation(impersonate, where);
  return {
    server,
    tls: { ca, cert, key, insecureSkipVerify, serverName },
    credentials: credentialsOf(config, where),
    proxyUrl: proxyUrl === undefined ? undefined : checkedProxy(proxyUrl, where),
    impersonate,
    namespace: config.namespace ?? "default",
    origin: `${where} for ${server}`,
  };
}
