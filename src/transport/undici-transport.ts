import type { Dispatcher } from "undici";
import { KubeError } from "../base/errors.ts";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { connectionError } from "./connection-error.ts";
import { createDispatchers } from "./dispatchers.ts";
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

/**
 * Reach an API server over HTTP/1.1 with undici, without credentials and retries.
 *
 * Requests share one bounded pool (P27), streams have one without a limit and
 * without a body time-out. No request is sent before it is called.
 */
export function createUndiciTransport(
  config: ClusterConfig,
  options: UndiciTransportOptions = {},
): ClosableTransport {
  const url = new URL(config.server);
  const prefix = url.pathname.replace(/\/+$/, "");
  const own = options.dispatcher === undefined ? createDispatchers(config) : undefined;
  const live = new Set<Exchange>();
  let closing: Promise<void> | undefined;

  const send = (request: TransportRequest): Promise<TransportResponse> => {
    if (closing !== undefined) {
      return Promise.reject(new KubeError("STOPPED", `${url.origin}: the transport was closed`));
    }
    const exchange = new Exchange(request, url.origin, (over) => live.delete(over));
    if (request.signal?.aborted) return exchange.response;
    live.add(exchange);
    const dispatcher = options.dispatcher ?? (request.isStream ? own?.streams : own?.requests);
    try {
      dispatcher?.dispatch(
        {
          origin: url.origin,
          path: prefix + request.path,
          method: request.method,
          headers: wireHeaders(request),
          body: request.body ?? null,
          ...(request.isStream ? { headersTimeout: 0, bodyTimeout: 0 } : {}),
        },
        exchange,
      );
    } catch (error) {
      // A mock without a matching answer throws; undici itself reports through the handler.
      exchange.abort(connectionError(error, url.origin));
    }
    return exchange.response;
  };

  const close = (): Promise<void> => {
    closing ??= (async () => {
      const error = new KubeError("STOPPED", `${url.origin}: the transport was closed`);
      for (const exchange of live) exchange.abort(error);
      await Promise.all([own?.requests.destroy(error), own?.streams.destroy(error)]);
    })();
    return closing;
  };

  return closable(send, close);
}
