/// <reference path="./undici-modules.d.ts" />
import type { SecureContextOptions } from "node:tls";
import type { Client, Dispatcher } from "undici";
import Agent from "undici/lib/dispatcher/agent.js";
import { certificateTexts } from "../config/certificates.ts";
import type { ClusterConfig, TlsConfig } from "../config/cluster-config.ts";
import { clusterConnector, connectTimeoutMs, sharedContext } from "./connector.ts";
import { pingEveryMs } from "./http2-health.ts";

/** How many connections requests share; streams have their own, without a limit (P27). */
const requestConnections = 16;
/** Below the 90 s after which the API server itself closes an idle connection: a write may not race with it (H25). */
const idleTimeoutMs = 88_000;
/** Silence on a request: above the API server's own limit of 60 s. */
const silenceTimeoutMs = 120_000;

/** The dispatchers of a cluster. */
export interface Dispatchers {
  /** Bounded: more requests than connections wait for one. The one to use may change once the server was reached. */
  readonly requests: Dispatcher;
  /** Unbounded: with streams in a bounded pool, the next request would never start. */
  readonly streams: Dispatcher;
  /** All that have to be closed. */
  readonly all: readonly Dispatcher[];
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

/** The options of Node's that are given: some of them mean something else where they are `undefined`. */
function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function certificatesOf({ ca, cert, key }: TlsConfig): SecureContextOptions {
  return given({
    ca: ca === undefined ? undefined : [...certificateTexts(ca)],
    cert: cert === undefined ? undefined : certificateTexts(cert).join("\n"),
    key,
  });
}

function connectionOptions({ serverName, insecureSkipVerify }: TlsConfig): Record<string, unknown> {
  return { ...given({ servername: serverName }), rejectUnauthorized: insecureSkipVerify !== true };
}

/** How much may be under way before the reader has taken it: 33 ms of a link of 1 Gbit/s, and less of a watch. */
const windowBytes = { request: 4 * 1024 * 1024, stream: 1024 * 1024 } as const;

function http2Options(isStream: boolean): Client.Options {
  return {
    allowH2: true,
    pingInterval: pingEveryMs,
    initialWindowSize: isStream ? windowBytes.stream : windowBytes.request,
    connectionWindowSize: 4 * windowBytes.request,
  };
}

function commonOptions(isStream: boolean): Client.Options & DispatchLimits {
  return {
    ...dispatchLimits(isStream),
    allowH2: false,
    connectTimeout: connectTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    keepAliveMaxTimeout: idleTimeoutMs,
  };
}

/** How a cluster's connections are made, besides its configuration. */
export interface DispatchersOptions {
  /** Offer HTTP/2 to the server. */
  readonly http2?: boolean | undefined;
  /** Makes each dispatcher, where there is a proxy to go through. */
  readonly throughProxy?:
    | ((options: Client.Options, tls: Readonly<Record<string, unknown>>) => Dispatcher)
    | undefined;
}

/**
 * Make a cluster's dispatchers; they connect when first used.
 *
 * With HTTP/2, where the server speaks it: one connection for requests, and one
 * for streams up to as many as the server lets it have; a further one for those
 * above. Through a proxy it is HTTP/1.1 always.
 */
export function createDispatchers(
  config: ClusterConfig,
  tls: TlsConfig = config.tls,
  { http2 = false, throughProxy }: DispatchersOptions = {},
): Dispatchers {
  if (throughProxy !== undefined) {
    const tunnelled = { ...certificatesOf(tls), ...connectionOptions(tls) };
    const requests = throughProxy(commonOptions(false), tunnelled);
    const streams = throughProxy(commonOptions(true), tunnelled);
    return { requests, streams, all: [requests, streams] };
  }
  const secure = config.server.startsWith("https:")
    ? { connection: connectionOptions(tls), context: sharedContext(certificatesOf(tls)) }
    : undefined;
  const direct = (options: Client.Options & DispatchLimits, onProtocol?: (isHttp2: boolean) => void) => {
    const connect = clusterConnector({ tls: secure, http2: options.allowH2 === true, onProtocol });
    return new Agent({ ...options, connect });
  };
  const plain = direct(commonOptions(false));
  if (!http2 || secure === undefined) {
    const streams = direct(commonOptions(true));
    return { requests: plain, streams, all: [plain, streams] };
  }
  let isHttp2 = true;
  const shared = direct({ ...commonOptions(false), ...http2Options(false), connections: 1 }, (chosen) => {
    // One connection is enough only where it carries many requests at a time.
    isHttp2 = chosen;
  });
  const streams = direct({ ...commonOptions(true), ...http2Options(true) });
  return {
    get requests() {
      return isHttp2 ? shared : plain;
    },
    streams,
    all: [plain, shared, streams],
  };
}
