/// <reference path="./undici-modules.d.ts" />
import type { SecureContext, SecureContextOptions } from "node:tls";
import type { buildConnector } from "undici";
import connector from "undici/lib/core/connect.js";
import { followHealth } from "./http2-health.ts";
import { timedLookup } from "./timed-lookup.ts";

/** Name look-up, TCP and TLS together (H25). */
export const connectTimeoutMs = 30_000;
const handshakeTimeoutMs = 10_000;
/** Silence after which TCP asks whether the other side is there (H25). */
export const keepAliveInitialDelay = 30_000;

type Connector = ReturnType<typeof connector>;

/** What a connection is asked for. */
export interface ConnectorOptions {
  /** How TLS is spoken; absent for plain HTTP. */
  readonly tls?: TlsOptions | undefined;
  /** Offer HTTP/2 in the TLS handshake, before HTTP/1.1. */
  readonly http2: boolean;
  /** Told of each TLS connection which of the two the server chose, before a request is sent over it. */
  readonly onProtocol?: ((isHttp2: boolean) => void) | undefined;
}

/** How TLS is spoken by all connections of a cluster. */
export interface TlsOptions {
  /** What a connection is told besides. */
  readonly connection: Readonly<Record<string, unknown>>;
  /**
   * Certificates and key, parsed when the first connection is made, and shared by all.
   *
   * A context of its own costs each connection 0.6 ms and 25 KB.
   */
  readonly context: () => SecureContext;
}

/** Parse certificates once, when they are first needed; what does not parse is thrown each time. */
export function sharedContext(certificates: SecureContextOptions): () => SecureContext {
  let context: SecureContext | undefined;
  return () => {
    context ??= process.getBuiltinModule("node:tls").createSecureContext(certificates);
    return context;
  };
}

/** Put a limit to the TLS handshake alone: behind it waits a server that will not answer. */
function withHandshakeLimit(open: Connector): Connector {
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

/** undici tells each connect function whether this request may use HTTP/2; its types do not say so. */
function mayBeHttp2(options: buildConnector.Options): boolean {
  return !("allowH2" in options) || options.allowH2 !== false;
}

/** undici's connector, with limits, look-ups that are timed, and the choice of protocol. */
export function clusterConnector(options: ConnectorOptions): Connector {
  const { tls, http2, onProtocol } = options;
  const make = (allowH2: boolean): Connector => {
    let open: Connector | undefined;
    const opened: Connector = (request, callback) => {
      open ??= connector({
        ...tls?.connection,
        ...(tls === undefined ? {} : { secureContext: tls.context() }),
        allowH2,
        preferH2: allowH2,
        timeout: connectTimeoutMs,
        keepAliveInitialDelay,
        lookup: timedLookup,
      });
      return open(request, callback);
    };
    return tls === undefined ? opened : withHandshakeLimit(opened);
  };
  const plain = make(false);
  if (tls === undefined || !http2) return plain;
  const offering = make(true);
  return (request, callback) => {
    if (!mayBeHttp2(request)) return plain(request, callback);
    return offering(request, (...outcome) => {
      const [error, socket] = outcome;
      if (error === null) {
        const isHttp2 = "alpnProtocol" in socket && socket.alpnProtocol === "h2";
        onProtocol?.(isHttp2);
        if (isHttp2) followHealth(socket);
      }
      callback(...outcome);
    });
  };
}
