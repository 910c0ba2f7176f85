import { ApiError } from "../base/api-error.ts";
import { expectOptions } from "../base/arguments.ts";
import { failureMessage, reasonWords } from "../resource/status-words.ts";
import type { CallOptions, Client } from "./client.ts";
import type { RawAnswer } from "./raw-call.ts";

/** One of the checks behind `/readyz`. */
export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
}

/** How a server is. */
export interface ServerHealth {
  /** It need not be restarted: `/livez`. */
  readonly live: boolean;
  /** It can take requests: `/readyz`. */
  readonly ready: boolean;
  /** What its readiness is made of, in the server's order. */
  readonly checks: readonly HealthCheck[];
}

/** Read the lines of a verbose probe: `[+]ping ok`, `[-]etcd failed: reason withheld`. */
function checksOf(text: string): HealthCheck[] {
  return [...text.matchAll(/^\[([+-])\](\S+)/gm)].map(([, sign, name = ""]) => ({ name, ok: sign === "+" }));
}

async function probe(client: Client, path: string, options: CallOptions): Promise<RawAnswer> {
  const query = { verbose: true };
  const answer = await client.raw(path, {
    ...options,
    query,
    okStatuses: [500],
    retry: false,
    accept: "text/plain, */*",
  });
  if (answer.status !== 500 || checksOf(answer.text()).length > 0) return answer;
  // A 500 that lists no checks is not the probe's: somebody on the way failed.
  const { status } = answer;
  const words = { step: `GET ${path}`, what: reasonWords(undefined, status), status };
  throw new ApiError(failureMessage(words), { status, reason: "Unknown" });
}

/**
 * Ask the server how it is, by `/livez` and `/readyz`.
 *
 * That it is not ready is a result; that it cannot be reached, or does not let
 * us ask, rejects. Asked once, without retries.
 */
export async function health(client: Client, options: CallOptions = {}): Promise<ServerHealth> {
  expectOptions("options", options);
  const { signal, timeoutMs } = options;
  const [livez, readyz] = await Promise.all([
    probe(client, "/livez", { signal, timeoutMs }),
    probe(client, "/readyz", { signal, timeoutMs }),
  ]);
  return { live: livez.status === 200, ready: readyz.status === 200, checks: checksOf(readyz.text()) };
}
