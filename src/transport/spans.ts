import { KubeError } from "../base/errors.ts";
import { inSpan, isTraced, type Span } from "../base/span.ts";
import { counted } from "./counted-body.ts";
import type { Interceptor, Transport, TransportRequest, TransportResponse } from "./port.ts";
import { routeOf } from "./route.ts";

/** Host and port as OpenTelemetry has them; an IPv6 address without its brackets. */
function serverOf(host: string): Record<string, string | number> {
  const [, address = host, port] = /^\[?(.+?)\]?(?::(\d+))?$/.exec(host) ?? [];
  return { "server.address": address, ...(port === undefined ? {} : { "server.port": Number(port) }) };
}

/**
 * Make a span of each call of a transport, its retries included; free of cost while nobody traces.
 *
 * It ends with the last byte of the answer; a stream's, and an upgrade's, when
 * it was accepted. Nothing in it names an object, a namespace or a credential.
 */
export function requestSpans(host: string): Interceptor {
  const server = serverOf(host);
  return (next) => async (request) => {
    if (!isTraced()) return next(request);
    const { method, path } = request;
    const span: Span = {
      name: method,
      kind: "client",
      attributes: { "http.request.method": method, "url.template": routeOf(path), ...server },
    };
    if (request.isStream || request.upgrade !== undefined) {
      return inSpan(span, () => answered(next, request, span));
    }
    // The caller gets its answer when the headers are there; the span goes on.
    const { promise, resolve, reject } = Promise.withResolvers<TransportResponse>();
    inSpan(span, async () => {
      const response = await answered(next, request, span);
      const read = Promise.withResolvers<void>();
      const onOver = (_bytes: number, error: unknown): void =>
        error === undefined ? read.resolve() : read.reject(error);
      resolve({ ...response, body: counted(response.body, onOver) });
      await read.promise;
    }).catch(reject);
    return promise;
  };
}

async function answered(next: Transport, request: TransportRequest, span: Span): Promise<TransportResponse> {
  try {
    const response = await next(request);
    span.attributes["http.response.status_code"] = response.status;
    return response;
  } catch (error) {
    span.attributes["error.type"] = KubeError.is(error) ? error.code : "_OTHER";
    throw error;
  }
}
