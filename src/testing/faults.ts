import { failureAnswer, jsonAnswer, textAnswer } from "../apiserver/http/answer.ts";
import { parseTarget, requestInfo } from "../apiserver/http/request-info.ts";
import { matchesRequest, type RequestFilter } from "../apiserver/http/request-log.ts";
import { StatusError } from "../apiserver/http/status-error.ts";
import { expectInteger, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { Interceptor, TransportResponse } from "../transport/port.ts";

/** What to answer instead of carrying out a request. */
export interface FailWith {
  /** The HTTP status, or "reset" to break the connection without an answer. @default 500 */
  readonly status?: number | "reset";
  /** @default the usual reason of the status */
  readonly reason?: string;
  readonly message?: string;
  /** Sent as Retry-After and in the Status' details. */
  readonly retryAfterSeconds?: number;
  /** Sent instead of a Status: text as it is (as HTML where it looks like it), anything else as JSON. */
  readonly body?: unknown;
}

/** Which requests to fail, and how. */
export interface FailNext extends RequestFilter, FailWith {
  /** How many of them. @default 1 */
  readonly times?: number;
  /** Let this many pass first. @default 0 */
  readonly after?: number;
}

interface Fault {
  readonly filter: RequestFilter;
  readonly failWith: FailWith;
  after: number;
  times: number;
}

const reasons: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Expired",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

function answerOf(failWith: FailWith): TransportResponse {
  const { status = 500, reason, retryAfterSeconds, body } = failWith;
  if (status === "reset") {
    throw new KubeError("CONNECTION_FAILED", "Answer a request: the test reset the connection");
  }
  const retryAfter: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  if (typeof body === "string") {
    const type = body.trimStart().startsWith("<") ? "text/html" : "text/plain; charset=utf-8";
    return textAnswer(status, type, body, retryAfter);
  }
  if (body !== undefined) return jsonAnswer(status, body, retryAfter);
  const message = failWith.message ?? "the test made this request fail";
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  return failureAnswer(new StatusError(status, reason ?? reasons[status] ?? "", message, details));
}

/** Faults put between the server and its clients; each is used up by the requests it meets. */
export class Faults {
  #faults: Fault[] = [];

  /** Fail the next requests that match. */
  add(fault: FailNext): void {
    const { verb, resource, namespace, name, subresource, times = 1, after = 0, ...failWith } = fault;
    expectInteger("times", times, 1);
    expectInteger("after", after, 0);
    const { status } = failWith;
    if (typeof status === "number" && !(Number.isInteger(status) && status >= 200 && status <= 599)) {
      throw invalidArgument("status", 'an HTTP status of 200 to 599 or "reset"', status);
    }
    const given = Object.entries({ verb, resource, namespace, name, subresource });
    const filter: RequestFilter = Object.fromEntries(given.filter(([, value]) => value !== undefined));
    this.#faults.push({ filter, failWith, after, times });
  }

  /** How many faults wait for their requests. */
  get size(): number {
    return this.#faults.length;
  }

  /** Forget all faults. */
  clear(): void {
    this.#faults = [];
  }

  /** What the server puts before its own answers. */
  readonly interceptor: Interceptor = (next) => async (request) => {
    const target = parseTarget(request.path);
    const info = target === undefined ? undefined : requestInfo(request.method, target);
    const fault = this.#faults.find(({ filter }) => matchesRequest(filter, info));
    if (fault === undefined) return next(request);
    if (fault.after > 0) {
      fault.after -= 1;
      return next(request);
    }
    fault.times -= 1;
    if (fault.times === 0) this.#faults = this.#faults.filter((other) => other !== fault);
    return answerOf(fault.failWith);
  };
}
