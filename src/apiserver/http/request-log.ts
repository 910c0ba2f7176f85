import { abortError, onAbort } from "../../base/abort.ts";
import { expectFunction } from "../../base/arguments.ts";
import type { User } from "./authentication.ts";
import type { RequestInfo } from "./request-info.ts";

/** One request as the log keeps it: no bodies, no headers but who and what the client is, no tokens. */
export interface RequestLogEntry {
  readonly method: string;
  /** The path, escaped as it came. */
  readonly path: string;
  /** What came after `?`; "" where nothing did. */
  readonly query: string;
  /** What it was about; absent for paths that are not a resource's. */
  readonly info: RequestInfo | undefined;
  /** The status answered with; 0 where the connection ended without an answer. */
  readonly status: number;
  readonly userAgent: string;
  /** Who it was from, impersonated or not; absent where nobody knows. */
  readonly user: User | undefined;
  /** Who sent it as somebody else. */
  readonly impersonatedBy: User | undefined;
  /** When it was answered, in milliseconds since 1970. */
  readonly at: number;
}

/** Which requests are meant: all given members must be equal. */
export interface RequestFilter {
  readonly verb?: string;
  /** The plural. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** Tell whether a request is one of those meant. */
export function matchesRequest(filter: RequestFilter, info: RequestInfo | undefined): boolean {
  const { verb, resource, namespace, name, subresource } = filter;
  return (
    (verb === undefined || verb === info?.verb) &&
    (resource === undefined || resource === info?.resource) &&
    (namespace === undefined || namespace === info?.namespace) &&
    (name === undefined || name === info?.name) &&
    (subresource === undefined || subresource === info?.subresource)
  );
}

type Match = RequestFilter | ((entry: RequestLogEntry) => boolean);

function test(match: Match, entry: RequestLogEntry): boolean {
  return typeof match === "function" ? match(entry) : matchesRequest(match, entry.info);
}

/**
 * The requests a server was asked, in the order it answered them.
 *
 * A request is logged when its answer begins: a watch as soon as it is open.
 * The newest 10,000 are kept.
 */
export class RequestLog implements Iterable<RequestLogEntry> {
  readonly #limit: number;
  readonly #listeners = new Set<(entry: RequestLogEntry) => void>();
  #entries: RequestLogEntry[] = [];

  constructor(limit: number = 10_000) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#entries.length;
  }

  [Symbol.iterator](): Iterator<RequestLogEntry> {
    return [...this.#entries][Symbol.iterator]();
  }

  /** The requests so far that match, oldest first. */
  filter(match: Match): RequestLogEntry[] {
    return this.#entries.filter((entry) => test(match, entry));
  }

  /** Forget all requests so far. */
  clear(): void {
    this.#entries = [];
  }

  /** Add a request and tell whoever waits for it. */
  add(entry: RequestLogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#limit) this.#entries.shift();
    for (const listener of [...this.#listeners]) listener(entry);
  }

  /**
   * Wait for the next request that matches, counted from now.
   *
   * Resolves when it is answered; rejects with `ABORTED` when the signal aborts.
   */
  next(match: Match = {}, options: { readonly signal?: AbortSignal } = {}): Promise<RequestLogEntry> {
    if (typeof match !== "object") expectFunction("match", match);
    const { promise, resolve, reject } = Promise.withResolvers<RequestLogEntry>();
    const stop = (): void => {
      this.#listeners.delete(listen);
      stopListening();
    };
    const listen = (entry: RequestLogEntry): void => {
      if (!test(match, entry)) return;
      stop();
      resolve(entry);
    };
    const { signal } = options;
    this.#listeners.add(listen);
    const stopListening = onAbort(signal, () => {
      this.#listeners.delete(listen);
      if (signal !== undefined) reject(abortError(signal, "Wait for a request"));
    });
    return promise;
  }
}
