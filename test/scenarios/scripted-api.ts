import { KubeError, type Transport, type TransportRequest, type TransportResponse } from "kube-reflex";

/** Bytes, text as it is, or an object that becomes one JSON line. */
export type Chunk = Uint8Array | string | object;

type Result = IteratorResult<Uint8Array, undefined>;
type LazyChunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

function toBytes(chunk: Chunk): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  return Buffer.from(typeof chunk === "string" ? chunk : `${JSON.stringify(chunk)}\n`);
}

const done: Result = { done: true, value: undefined };

/**
 * One request to a {@link ScriptedApi}, and its answer, given step by step by the test.
 *
 * It is open, as the server sees it, from its arrival until the test ends it or
 * the client lets go of it, by its signal or by leaving the body.
 */
export class Exchange implements AsyncIterator<Uint8Array, undefined> {
  readonly request: TransportRequest;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly verb: "list" | "watch" | "other";
  readonly at: number = Date.now();
  /** How many chunks the client has taken. */
  taken = 0;
  /** Resolves once it is over, by whomever. */
  readonly closed: Promise<void>;
  readonly #closed: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  readonly #response: PromiseWithResolvers<TransportResponse> = Promise.withResolvers<TransportResponse>();
  readonly #chunks: Uint8Array[] = [];
  #lazy: Iterator<Uint8Array> | AsyncIterator<Uint8Array> | undefined;
  #waiting: PromiseWithResolvers<Result> | undefined;
  #end: KubeError | "end" | undefined;
  #isOpen = true;
  #hasAnswered = false;

  constructor(request: TransportRequest) {
    const url = new URL(request.path, "http://scripted");
    this.request = request;
    this.path = url.pathname;
    this.query = url.searchParams;
    const isWatch = url.searchParams.get("watch") === "true" || url.searchParams.get("watch") === "1";
    this.verb = request.method !== "GET" ? "other" : isWatch ? "watch" : "list";
    this.closed = this.#closed.promise;
    this.#response.promise.catch(() => {});
    request.signal?.addEventListener("abort", () => this.#abort(), { once: true });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get isStreamingList(): boolean {
    return this.query.get("sendInitialEvents") === "true";
  }

  get resourceVersion(): string | null {
    return this.query.get("resourceVersion");
  }

  get response(): Promise<TransportResponse> {
    return this.#response.promise;
  }

  /** Answer with status and headers; the body is held open. */
  open(status = 200, headers: Record<string, string> = {}): this {
    if (this.#hasAnswered) return this;
    this.#hasAnswered = true;
    const body = { [Symbol.asyncIterator]: () => this };
    const type = { "content-type": "application/json" };
    this.#response.resolve({ status, headers: { ...type, ...headers }, body });
    return this;
  }

  /** Send these in one chunk. */
  send(...chunks: Chunk[]): this {
    this.open();
    const bytes = Buffer.concat(chunks.map(toBytes));
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#chunks.push(bytes);
    else waiting.resolve(this.#take(bytes));
    return this;
  }

  /** Send what is generated, chunk by chunk, only as fast as the client asks for it. */
  sendLazily(chunks: LazyChunks): this {
    this.open();
    this.#lazy = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
    return this;
  }

  /** End the body cleanly. */
  end(): this {
    this.open();
    return this.#finish("end");
  }

  /** Break the connection: in the body, or instead of an answer. */
  reset(): this {
    const error = new KubeError("CONNECTION_FAILED", "the script reset the connection");
    if (!this.#hasAnswered) {
      this.#hasAnswered = true;
      this.#response.reject(error);
    }
    return this.#finish(error);
  }

  /** The whole answer at once. */
  answer(status: number, body: Chunk, headers: Record<string, string> = {}): this {
    return this.open(status, headers).send(body).end();
  }

  async next(): Promise<Result> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return this.#take(chunk);
    if (this.#end === "end") return done;
    if (this.#end !== undefined) throw this.#end;
    if (this.#lazy !== undefined) {
      const lazy = await this.#lazy.next();
      if (!lazy.done) return this.#take(lazy.value);
      this.#lazy = undefined;
      // What was sent or ended meanwhile comes after it.
      return this.next();
    }
    this.#waiting = Promise.withResolvers<Result>();
    return this.#waiting.promise;
  }

  async return(): Promise<Result> {
    this.#finish("end");
    return done;
  }

  #take(value: Uint8Array): Result {
    this.taken += 1;
    return { done: false, value };
  }

  #abort(): void {
    const error = new KubeError("ABORTED", "the client ended the request");
    this.#response.reject(error);
    this.#finish(error);
  }

  #finish(end: KubeError | "end"): this {
    if (this.#end !== undefined) return this;
    this.#end = end;
    this.#isOpen = false;
    this.#closed.resolve();
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (end === "end") waiting?.resolve(done);
    else waiting?.reject(end);
    return this;
  }
}

type Answer = (exchange: Exchange) => unknown;

/**
 * An API server that does what the test says, in memory.
 *
 * An arriving list or watch is given to its verb's next `script` entry, else to
 * its `always` entry, else it waits for the test to take it with `next`.
 */
export class ScriptedApi {
  readonly exchanges: Exchange[] = [];
  /** The most lists and watches that were ever open at one time. */
  mostOpen = 0;
  readonly transport: Transport = (request) => this.#arrive(new Exchange(request));
  readonly #scripts = new Map<string, Answer[]>();
  readonly #always = new Map<string, Answer>();
  readonly #untaken: Exchange[] = [];
  readonly #takers: { verb: string; take: (exchange: Exchange) => void }[] = [];

  /** Add answers for the next requests of a verb. */
  script(verb: Exchange["verb"], ...answers: Answer[]): this {
    this.#scripts.set(verb, [...(this.#scripts.get(verb) ?? []), ...answers]);
    return this;
  }

  /** What answers a verb's requests that no `script` entry is left for. */
  always(verb: Exchange["verb"], answer: Answer): this {
    this.#always.set(verb, answer);
    return this;
  }

  /** The next request of a verb that nothing has answered. */
  next(verb: Exchange["verb"]): Promise<Exchange> {
    const index = this.#untaken.findIndex((exchange) => exchange.verb === verb);
    const [exchange] = index === -1 ? [] : this.#untaken.splice(index, 1);
    if (exchange !== undefined) return Promise.resolve(exchange);
    return new Promise((take) => this.#takers.push({ verb, take }));
  }

  get lists(): Exchange[] {
    return this.exchanges.filter(({ verb }) => verb === "list");
  }

  get watches(): Exchange[] {
    return this.exchanges.filter(({ verb }) => verb === "watch");
  }

  get openLists(): number {
    return this.lists.filter(({ isOpen }) => isOpen).length;
  }

  get openWatches(): number {
    return this.watches.filter(({ isOpen }) => isOpen).length;
  }

  #arrive(exchange: Exchange): Promise<TransportResponse> {
    this.exchanges.push(exchange);
    this.mostOpen = Math.max(this.mostOpen, this.openLists + this.openWatches);
    const { verb } = exchange;
    const answer = this.#scripts.get(verb)?.shift() ?? this.#always.get(verb);
    const taker = this.#takers.findIndex((waiting) => waiting.verb === verb);
    if (answer !== undefined) answer(exchange);
    else if (taker === -1) this.#untaken.push(exchange);
    else this.#takers.splice(taker, 1)[0]?.take(exchange);
    return exchange.response;
  }
}
