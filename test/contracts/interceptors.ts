import { KubeError } from "../../src/base/errors.ts";
import type { Interceptor, TransportRequest } from "../../src/transport/port.ts";

function isWatch({ path }: TransportRequest): boolean {
  return /[?&]watch=(1|true)(&|$)/.test(path);
}

/** Breaks the connections of a client's watches; the server hears of it as of any client that left. */
export class Cuts {
  /** How many there were. */
  made = 0;
  readonly #everyChunks: number;
  readonly #times: number;
  readonly #open = new Set<AbortController>();

  /** Break watches after some chunks, a few times; without either only at `now()`. */
  constructor({ everyChunks = 0, times = 0 }: { everyChunks?: number; times?: number } = {}) {
    this.#everyChunks = everyChunks;
    this.#times = times;
  }

  /** Break the watches that are open. */
  now(): void {
    for (const abort of this.#open) {
      this.made += 1;
      abort.abort();
    }
  }

  readonly interceptor: Interceptor = (next) => async (sent) => {
    if (!isWatch(sent)) return next(sent);
    const abort = new AbortController();
    const signal = sent.signal === undefined ? abort.signal : AbortSignal.any([sent.signal, abort.signal]);
    const response = await next({ ...sent, signal });
    return { ...response, body: this.#body(response.body, abort) };
  };

  async *#body(
    body: AsyncIterable<Uint8Array>,
    abort: AbortController,
  ): AsyncGenerator<Uint8Array, void, void> {
    const broken = new KubeError("CONNECTION_FAILED", "Read a watch: the test reset the connection");
    let chunks = 0;
    this.#open.add(abort);
    try {
      for await (const chunk of body) {
        yield chunk;
        chunks += 1;
        if (this.made >= this.#times || chunks < this.#everyChunks) continue;
        this.made += 1;
        throw broken;
      }
    } catch (error) {
      throw abort.signal.aborted ? broken : error;
    } finally {
      this.#open.delete(abort);
    }
  }
}

/** One list or watch that passed. */
export interface Recorded {
  readonly verb: "list" | "watch";
  readonly query: Readonly<Record<string, string>>;
}

/** Writes down the lists and watches of a client. */
export class Recording {
  readonly requests: Recorded[] = [];

  get verbs(): string[] {
    return this.requests.map(({ verb }) => verb);
  }

  readonly interceptor: Interceptor = (next) => (sent) => {
    const query = Object.fromEntries(new URLSearchParams(sent.path.split("?")[1] ?? ""));
    if (sent.method === "GET") this.requests.push({ verb: isWatch(sent) ? "watch" : "list", query });
    return next(sent);
  };
}

/**
 * Holds the resumes of a client's watches back until it is let go, then makes them too late.
 *
 * The resourceVersion becomes 1, which every server has forgotten, so that the
 * 410 is the server's own.
 */
export class TooLate {
  readonly #gate = Promise.withResolvers<void>();
  readonly #held = Promise.withResolvers<void>();
  #isOver = false;

  /** Resolves when a watch waits to resume. */
  get held(): Promise<void> {
    return this.#held.promise;
  }

  letGo(): void {
    this.#gate.resolve();
  }

  readonly interceptor: Interceptor = (next) => async (sent) => {
    const isResume = isWatch(sent) && !sent.path.includes("sendInitialEvents=");
    if (!isResume || this.#isOver) return next(sent);
    this.#isOver = true;
    this.#held.resolve();
    await this.#gate.promise;
    const path = sent.path.replace(/([?&]resourceVersion=)\d+/, (_all, name: string) => `${name}1`);
    return next({ ...sent, path });
  };
}

/** Shortens the pages of a client's lists, and makes the first continue token too old, by the server's own account. */
export class StalePages {
  /** The lists as they were sent on. */
  readonly lists: Readonly<Record<string, string>>[] = [];
  readonly #limit: number;
  #isOver = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  readonly interceptor: Interceptor = (next) => (sent) => {
    if (sent.method !== "GET" || isWatch(sent)) return next(sent);
    const [path, text] = sent.path.split("?");
    const query = new URLSearchParams(text);
    if (query.has("limit")) query.set("limit", String(this.#limit));
    if (query.has("continue") && !this.#isOver) {
      this.#isOver = true;
      const point = { v: "meta.k8s.io/v1", rv: 1, start: "a\0" };
      query.set("continue", Buffer.from(JSON.stringify(point)).toString("base64url"));
    }
    this.lists.push(Object.fromEntries(query));
    return next({ ...sent, path: `${path}?${query}` });
  };
}
