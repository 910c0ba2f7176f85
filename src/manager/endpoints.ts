import { thrownName } from "../base/thrown-name.ts";
import { type Answer, type Check, plainText, probeAnswer } from "./check.ts";

/** Where metrics are collected; prom-client's `Registry` satisfies it. */
export interface MetricsRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** What is served at one address. */
export interface Served {
  readonly live?: (() => readonly Check[]) | undefined;
  readonly ready?: (() => readonly Check[]) | undefined;
  readonly metrics?: MetricsRegistry | undefined;
}

type Endpoint = (query: URLSearchParams) => Answer | Promise<Answer>;

const refusal = (status: number, body: string): Answer => ({ status, contentType: plainText, body });

/** The answer of an unexpected failure: the class of the error at most, since its text may quote anything. */
function failure(step: string, error: unknown): Answer {
  const name = thrownName(error);
  return refusal(500, `${step}: ${name}\n`);
}

function endpoints({ live, ready, metrics }: Served): Map<string, Endpoint> {
  const found = new Map<string, Endpoint>();
  if (live !== undefined) {
    found.set("/healthz", (query) => probeAnswer("healthz", live(), query.has("verbose")));
  }
  if (ready !== undefined) {
    found.set("/readyz", (query) => probeAnswer("readyz", ready(), query.has("verbose")));
  }
  if (metrics !== undefined) {
    found.set("/metrics", async () => {
      const body = await metrics.metrics();
      const { contentType } = metrics;
      // What no text is would only fail where nobody can be told any more.
      if (typeof body !== "string" || !/^[\x20-\x7e]+$/.test(contentType)) throw new TypeError("not a text");
      return { status: 200, contentType, body };
    });
  }
  return found;
}

/**
 * What answers `GET` and `HEAD` of the paths that are served; never rejects.
 *
 * 404 for another path, and 405 for another method of one that is served.
 */
export function answerer(served: Served): (method: string, target: string) => Promise<Answer> {
  const known = endpoints(served);
  return async (method, target) => {
    const [path = "", ...rest] = target.split("?");
    const endpoint = known.get(path);
    if (endpoint === undefined) return refusal(404, `not found; there are: ${[...known.keys()].join(" ")}\n`);
    if (method !== "GET" && method !== "HEAD") return refusal(405, "only GET and HEAD\n");
    try {
      return await endpoint(new URLSearchParams(rest.join("?")));
    } catch (error) {
      return failure(`could not answer ${path}`, error);
    }
  };
}
