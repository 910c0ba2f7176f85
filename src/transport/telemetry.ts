import { type Channel, channel } from "node:diagnostics_channel";
import { KubeError } from "../base/errors.ts";
import {
  type AttemptRecord,
  attemptChannel,
  type RequestRecord,
  requestChannel,
  type TelemetryRecord,
} from "../base/request-telemetry.ts";
import { counted } from "./counted-body.ts";
import type { Interceptor, RequestTrace, TransportRequest, TransportResponse } from "./port.ts";
import { routeOf } from "./route.ts";

type Outcome = Pick<TelemetryRecord, "code" | "error">;

function failed(error: unknown): Outcome {
  return { code: "<error>", error: KubeError.is(error) ? error.code : undefined };
}

function described(request: TransportRequest, host: string): Omit<TelemetryRecord, "code" | "error"> {
  const { method, path, isStream, upgrade } = request;
  return { method, host, route: routeOf(path), isStream: isStream || upgrade !== undefined };
}

/** Publish one {@link AttemptRecord} per request that is really sent; free of cost while nobody subscribes. */
export function attemptTelemetry(host: string): Interceptor {
  const attempts: Channel = channel(attemptChannel);
  return (next) => async (request) => {
    const { trace } = request;
    if (trace !== undefined) trace.attempts += 1;
    if (!attempts.hasSubscribers) return next(request);
    const began = performance.now();
    const publish = (outcome: Outcome): void => {
      const record: AttemptRecord = {
        ...described(request, host),
        ...outcome,
        attempt: trace?.attempts ?? 1,
        durationMs: performance.now() - began,
      };
      attempts.publish(record);
    };
    try {
      const response = await next(request);
      publish({ code: String(response.status) });
      return response;
    } catch (error) {
      publish(failed(error));
      throw error;
    }
  };
}

/**
 * Publish one {@link RequestRecord} per call, after the last byte of its answer was read; a stream's when it began (H30).
 *
 * Free of cost while nobody subscribes. Outside of retries: it sees each call once.
 */
export function requestTelemetry(host: string): Interceptor {
  const requests: Channel = channel(requestChannel);
  const attempts: Channel = channel(attemptChannel);
  return (next) => async (request) => {
    if (!requests.hasSubscribers && !attempts.hasSubscribers) return next(request);
    const trace: RequestTrace = { attempts: 0, rateLimiterMs: 0 };
    const began = performance.now();
    const { body = "" } = request;
    const publish = (outcome: Outcome, responseBytes?: number): void => {
      const record: RequestRecord = {
        ...described(request, host),
        ...outcome,
        attempts: trace.attempts,
        durationMs: performance.now() - began,
        rateLimiterMs: trace.rateLimiterMs,
        requestBytes: typeof body === "string" ? Buffer.byteLength(body) : body.byteLength,
        responseBytes,
      };
      requests.publish(record);
    };
    let response: TransportResponse;
    try {
      response = await next({ ...request, trace });
    } catch (error) {
      publish(failed(error));
      throw error;
    }
    const outcome: Outcome = { code: String(response.status) };
    if (request.isStream || request.upgrade !== undefined) {
      publish(outcome);
      return response;
    }
    return { ...response, body: counted(response.body, (bytes) => publish(outcome, bytes)) };
  };
}
