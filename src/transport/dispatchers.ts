/// <reference path="./undici-modules.d.ts" />
import type { Client, Dispatcher } from "undici";
import connect from "undici/lib/api/api-connect.js";
import connector from "undici/lib/core/connect.js";
import Agent from "undici/lib/dispatcher/agent.js";
import Pool from "undici/lib/dispatcher/pool.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";
import { certificateTexts } from "../config/certificates.ts";
import type { ClusterConfig, TlsConfig } from "../config/cluster-config.ts";
import { proxyFromEnvironment } from "../config/proxy.ts";
import { timedLookup } from "./timed-lookup.ts";

/** How many connections requests share; streams have their own, without a limit (P27). */
const requestConnections = 16;
/** Name look-up, TCP and TLS together (H25). */
const connectTimeoutMs = 30_000;
const handshakeTimeoutMs = 10_000;
/** Silence after which TCP asks whether the other side is there (H25). */
const keepAliveInitialDelay = 30_000;
/** Below the 90 s after which the API server itself closes an idle connection: a write may not race with it (H25). */
const idleTimeoutMs = 88_000;
/** Silence on a request: above the API server's own limit of 60 s. */
const silenceTimeoutMs = 120_000;

/** The two dispatchers of a cluster. */
export interface Dispatchers {
  /** Bounded: more requests than connections wait for one. */
  readonly requests: Dispatcher;
  /** Unbounded: with streams in a bounded pool, the next request would never start. */
  readonly streams: Dispatcher;
}

/** What a dispatcher is told of one request besides the request itself. */
export interface DispatchLimits {
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  /** Read by the dispatcher behind a SOCKS proxy, which knows no option of its own. */
  readonly connections: number | null;
}

/** How long a request may be silent, and a stream, which may be so for ever. */
export function dispatchLimits(isStream: boolean): DispatchLimits {
  const timeout = isStream ? 0 : silenceTimeoutMs;
  return {
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connections: isStream ? null : requestConnections,
  };
}

function tlsOptions(tls: TlsConfig): Record<string, unknown> {
  const { ca, cert, key, insecureSkipVerify, serverName } = tls;
  const given = {
    ca: ca === undefined ? undefined : certificateTexts(ca),
    cert: cert === undefined ? undefined : certificateTexts(cert).join("\n"),
    key,
    servername: serverName,
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...options, rejectUnauthorized: insecureSkipVerify !== true };
}

type Connector = ReturnType<typeof connector>;

/** undici's connector, with a limit to the TLS handshake alone: behind it waits a server that will not answer. */
function connectorFor(isTls: boolean, tls: Record<string, unknown>): Connector {
  const open = connector({
    ...tls,
    allowH2: false,
    timeout: connectTimeoutMs,
    keepAliveInitialDelay,
    lookup: timedLookup,
  });
  if (!isTls) return open;
  return (options, callback) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const socket = open(options, (...outcome) => {
      clearTimeout(timer);
      callback(...outcome);
    });
    socket.once("connect", () => {
      timer = setTimeout(() => {
        const error = new Error(`no TLS handshake within ${handshakeTimeoutMs} ms`);
        socket.destroy(Object.assign(error, { code: "ERR_TLS_HANDSHAKE_TIMEOUT" }));
      }, handshakeTimeoutMs);
    });
    socket.once("close", () => clearTimeout(timer));
    return socket;
  };
}

function throughProxy(uri: string, options: Client.Options, tls: Record<string, unknown>): Dispatcher {
  // For SOCKS the mere presence of these would mean TLS to the proxy.
  const toProxy = uri.startsWith("socks") ? {} : { proxyTls: { allowH2: false, keepAliveInitialDelay } };
  return new ProxyAgent({
    ...options,
    ...toProxy,
    uri,
    requestTls: { ...tls, keepAliveInitialDelay },
    // undici's index gives all its dispatchers this method; without it only the one that tunnels needs it.
    clientFactory: (origin, poolOptions) => Object.assign(new Pool(origin, poolOptions), { connect }),
  });
}

/**
 * Make a cluster's two dispatchers; they connect when first used.
 *
 * Without a proxy of its own the configuration follows HTTPS_PROXY, HTTP_PROXY and NO_PROXY (P32).
 */
export function createDispatchers(config: ClusterConfig, tls: TlsConfig = config.tls): Dispatchers {
  const tlsGiven = tlsOptions(tls);
  const proxyUrl = config.proxyUrl ?? proxyFromEnvironment(config.server);
  const dispatcher = (isStream: boolean): Dispatcher => {
    const options: Client.Options & DispatchLimits = {
      ...dispatchLimits(isStream),
      // Over HTTP/2 one lost connection would end every watch, and one slow reader hold up all.
      allowH2: false,
      connectTimeout: connectTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      keepAliveMaxTimeout: idleTimeoutMs,
    };
    if (proxyUrl !== undefined) return throughProxy(proxyUrl, options, tlsGiven);
    return new Agent({ ...options, connect: connectorFor(config.server.startsWith("https:"), tlsGiven) });
  };
  return { requests: dispatcher(false), streams: dispatcher(true) };
}
