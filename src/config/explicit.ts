import { KubeError } from "../base/errors.ts";
import { checkedCa, checkKeyPair } from "./certificates.ts";
import {
  type ClusterConfig,
  type Credentials,
  checkedProxy,
  checkedServer,
  type Impersonation,
  invalidConfig,
} from "./cluster-config.ts";

/** A cluster described by the caller; PEM texts, not files. */
export interface ExplicitConfig {
  readonly server: string;
  readonly token?: string | undefined;
  /** Read again at least once a minute; instead of `token`. */
  readonly tokenFile?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Accept any certificate: for throw-away clusters only. @default false */
  readonly insecureSkipVerify?: boolean | undefined;
  readonly serverName?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly impersonate?: Impersonation | undefined;
  /** @default "default" */
  readonly namespace?: string | undefined;
}

function credentialsOf(config: ExplicitConfig, where: string): Credentials {
  if (config.token !== undefined && config.tokenFile !== undefined) {
    throw invalidConfig(where, "`token` and `tokenFile` exclude each other");
  }
  if (config.tokenFile !== undefined) return { type: "token-file", path: config.tokenFile };
  if (config.token === undefined) return { type: "none" };
  const token = config.token.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw invalidConfig(where, "`token` is empty or has characters that no header can carry");
  }
  return { type: "token", token };
}

/** Check a cluster that the caller describes; throws `INVALID_CONFIG` before any request. */
export function configFromExplicit(config: ExplicitConfig): ClusterConfig {
  const where = "cluster options";
  const { ca, cert, key, insecureSkipVerify, serverName, proxyUrl, impersonate } = config;
  const server = checkedServer(config.server, where);
  if (ca !== undefined) checkedCa(ca, where, "`ca`");
  if ((cert === undefined) !== (key === undefined)) {
    throw invalidConfig(where, "`cert` and `key` are needed together");
  }
  if (cert !== undefined && key !== undefined) checkKeyPair(cert, key, where);
  if (impersonate !== undefined && impersonate.user === "") {
    throw new KubeError("INVALID_CONFIG", `${where}: \`impersonate.user\` is empty`);
  }
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
