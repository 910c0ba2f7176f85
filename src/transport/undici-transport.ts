import type { Dispatcher } from "undici";
import { KubeError } from "../base/errors.ts";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { connectionError } from "./connection-error.ts";
import { Connections } from "./connections.ts";
import type { ClientCertificate } from "./credential.ts";
import { type DispatchLimits, dispatchLimits } from "./dispatchers.ts";
import { Exchange } from "./exchange.ts";
import type { TransportRequest, TransportResponse } from "./port.ts";

/** A transport that holds sockets; closing it ends what is under way and frees them. */
export interface ClosableTransport extends AsyncDisposable {
  (request: TransportRequest): Promise<TransportResponse>;
  /** Resolves when no socket is left; everything open ends with `STOPPED`. */
  close(): Promise<void>;
}

/** What {@link createUndiciTransport} takes besides the configuration. */
export interface UndiciTransportOptions {
  /**
   * The caller's own dispatcher, for requests and streams alike: a `MockAgent`, an agent with a proxy.
   *
   * TLS and proxy settings are then the caller's, and closing it is too.
   */
  readonly dispatcher?: Dispatcher | undefined;
  /** The certificate of a credential that brings one, asked at each request; the configuration's own comes first. */
  readonly clientCertificate?: (() => ClientCertificate | undefined) | undefined;
  /**
   * Use HTTP/2 where the server speaks it: two connections for everything, in place of 16 and one for each stream.
   *
   * For clients behind gateways that count connections. A lost connection ends all
   * its watches at once, which resume. Upgrades, and whatever goes through a proxy,
   * stay with HTTP/1.1. @default false
   */
  readonly http2?: boolean | undefined;
}

/** Attach `close` and the disposer to a transport function. */
export function closable(
  send: (request: TransportRequest) => Promise<TransportResponse>,
  close: () => Promise<void>,
): ClosableTransport {
  return Object.assign(send, { close, [Symbol.asyncDispose]: close });
}

function wireHeaders(request: TransportRequest): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { ...request.headers };
  for (const [name, values] of Object.entries(request.repeatedHeaders ?? {})) headers[name] = [...values];
  return headers;
}

function socketClosed(exchange: Exchange): Promise<void> {
  const { socket } = exchange;
  if (socket === undefined) return Promise.resolve();
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

/**
 * Reach an API server over HTTP/1.1 or HTTP/2 with undici, without credentials and retries.
 *
 * Requests share one bounded pool (P27), streams have one without a limit and
 * without a body time-out. No request is sent before it is called. Certificates
 * in files are followed as they are rotated (H26).
 */
export function createUndiciTransport(
  config: ClusterConfig,
  options: UndiciTransportOptions = {},
): ClosableTransport {
  const { dispatcher: given, clientCertificate = () => undefined, http2 } = options;
  const { origin, pathname } = new URL(config.server);
  const prefix = pathname.replace(/\/+$/, "");
  const live = new Set<Exchange>();
  const streams = new Set<Exchange>();
  let closing: Promise<void> | undefined;

  const endStreams = (): void => {
    const error = new KubeError("CONNECTION_FAILED", `${origin}: the client certificate was changed`);
    for (const exchange of streams) {
      // An upgraded connection cannot be resumed: it goes on, as exec does with client-go.
      if (exchange.socket === undefined) exchange.fail(error);
    }
  };
  const connections =
    given === undefined ? new Connections(config, clientCertificate, endStreams, { http2 }) : undefined;

  const dispatch = (request: TransportRequest, exchange: Exchange): void => {
    if (exchange.isOver) return;
    const isStream = request.isStream || request.upgrade !== undefined;
    const wire: Dispatcher.DispatchOptions & DispatchLimits & { allowH2?: false } = {
      origin,
      path: prefix + request.path,
      method: request.method,
      headers: wireHeaders(request),
      body: request.body ?? null,
      ...dispatchLimits(isStream),
      // API servers upgrade HTTP/1.1 connections only.
      ...(request.upgrade === undefined ? {} : { upgrade: request.upgrade, allowH2: false }),
    };
    try {
      const dispatcher = given ?? connections?.dispatcher(isStream);
      if (isStream) streams.add(exchange);
      dispatcher?.dispatch(wire, exchange);
    } catch (error) {
      // A mock without a matching answer throws; undici itself reports through the handler.
      exchange.abort(connectionError(error, origin));
    }
  };

  const send = (request: TransportRequest): Promise<TransportResponse> => {
    if (closing !== undefined) {
      return Promise.reject(new KubeError("STOPPED", `${origin}: the transport was closed`));
    }
    const exchange = new Exchange(request, origin, (over) => {
      live.delete(over);
      streams.delete(over);
    });
    if (exchange.isOver) return exchange.response;
    live.add(exchange);
    const checked = connections?.check();
    if (checked === undefined) dispatch(request, exchange);
    else {
      checked.then(
        () => dispatch(request, exchange),
        (error: unknown) => exchange.abort(connectionError(error, origin)),
      );
    }
    return exchange.response;
  };

  const close = (): Promise<void> => {
    closing ??= (async () => {
      const error = new KubeError("STOPPED", `${origin}: the transport was closed`);
      const sockets = [...live].map(socketClosed);
      for (const exchange of live) exchange.abort(error);
      await Promise.all([connections?.destroy(error), ...sockets]);
    })();
    return closing;
  };

  return closable(send, close);
}
