import { type Interceptor, KubeError, type TransportResponse } from "kube-reflex";
import type { RandomNumbers } from "./random.ts";

/** Breaks one request in a hundred of those that replicas send, and all of one that is cut off. */
export class SoakFaults {
  requests = 0;
  broken = 0;
  #cutOff: string | undefined;
  readonly #random: RandomNumbers;

  constructor(random: RandomNumbers) {
    this.#random = random;
  }

  /** Hear nothing more of a replica; undefined: hear all again. */
  cut(replica: string | undefined): void {
    this.#cutOff = replica;
  }

  readonly interceptor: Interceptor = (next) => async (request) => {
    const { "user-agent": agent = "" } = request.headers;
    if (!agent.startsWith("replica-")) return next(request);
    if (agent.startsWith(`${this.#cutOff}/`)) throw reset();
    this.requests += 1;
    if (this.#random() >= 0.01) return next(request);
    this.broken += 1;
    const kind = Math.floor(this.#random() * 6);
    if (kind === 0) throw reset();
    if (kind === 1) {
      // Carried out, and the answer lost.
      const answer = await next(request);
      if (request.isStream) return answer;
      for await (const _ of answer.body);
      throw reset();
    }
    return failure([500, 503, 429, 409][kind - 2] ?? 500);
  };
}

function reset(): KubeError {
  return new KubeError("CONNECTION_FAILED", "Answer a request: the soak broke the connection");
}

function failure(status: number): TransportResponse {
  const reason = { 409: "Conflict", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable" }[
    status
  ];
  const text = JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason, code: status });
  return {
    status,
    headers: { "content-type": "application/json", ...(status === 429 ? { "retry-after": "1" } : {}) },
    body: (async function* () {
      yield Buffer.from(text);
    })(),
  };
}
