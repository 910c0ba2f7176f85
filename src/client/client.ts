import { expectFunction, expectInteger, invalidArgument } from "../base/arguments.ts";
import type { KubeList, ListMeta } from "../resource/object.ts";
import type { Transport, TransportRequest, TransportResponse } from "../transport/port.ts";
import { answerError, decodeAnswer, expectAnswerOf, isSuccess, readWhole } from "./answer.ts";
import type { ApiCall } from "./api-call.ts";
import { buildRequest, describeCall } from "./call.ts";
import { type CallScope, isWrite, withinScope } from "./call-scope.ts";
import { type CallOptions, Deadline, releasing, timedCall, timedPath } from "./deadline.ts";
import { ListDecoder, type ReadItem } from "./list-decoder.ts";
import { RawAnswer, type RawOptions, type RawStream, rawRequest } from "./raw-call.ts";
import { isMetadata, metadataAnswer } from "./representation.ts";
import { defaultUserAgent } from "./user-agent.ts";
import { tellWarnings, type WarningListener } from "./warnings.ts";

export type { CallOptions } from "./deadline.ts";

/** What a {@link Client} is made with. */
export interface ClientOptions {
  /** @default `kube-reflex/VERSION (OS/ARCH) node/MAJOR` (H22) */
  readonly userAgent?: string | undefined;
  /** Called with each warning of the server's, synchronously; what it throws breaks no call. @default they are dropped */
  readonly onWarning?: WarningListener | undefined;
  /**
   * The largest answer that is read whole, and the largest item of a list, in
   * bytes after decompression. Streams have no limit, nor have lists. @default 64 MiB
   */
  readonly maxAnswerBytes?: number | undefined;
  /** What its calls have in common. @default nothing; see {@link Client.scoped} */
  readonly scope?: CallScope | undefined;
}

/** The items that one chunk of a list's bytes completed; the last part of a list has its metadata. */
export interface DecodedPart<T> {
  readonly items: readonly T[];
  readonly metadata?: ListMeta | undefined;
}

/** How a list is read in parts. */
export interface ListPartsOptions<T> extends CallOptions {
  /** Makes what is yielded of each item's bytes. @default the item, parsed */
  readonly readItem?: ReadItem<T> | undefined;
}

/** A request about to be sent, and what its errors say. */
interface Prepared {
  readonly request: TransportRequest;
  readonly step: string;
  /** Absent where a path was given. */
  readonly call?: ApiCall | undefined;
  readonly okStatuses?: readonly number[] | undefined;
}

/**
 * One call, one request: sends {@link ApiCall}s through a transport and reads the answers.
 *
 * Every failure is a `KubeError` that begins with the call in words; an answer
 * that reports one is an `ApiError`. Bad arguments are thrown before anything
 * is sent. It holds nothing that needs closing.
 */
export class Client {
  readonly #transport: Transport;
  readonly #userAgent: string;
  readonly #onWarning: WarningListener | undefined;
  readonly #maxBytes: number;
  readonly #scope: CallScope | undefined;

  constructor(transport: Transport, options: ClientOptions = {}) {
    const { userAgent, onWarning, maxAnswerBytes, scope } = options;
    if (typeof transport !== "function") throw invalidArgument("transport", "a function", transport);
    expectFunction("onWarning", onWarning);
    expectInteger("maxAnswerBytes", maxAnswerBytes, 1);
    if (userAgent !== undefined && !/^[\x20-\x7e]+$/.test(userAgent)) {
      throw invalidArgument("userAgent", "printable ASCII, not empty", userAgent);
    }
    this.#transport = transport;
    this.#userAgent = userAgent ?? defaultUserAgent();
    this.#onWarning = onWarning;
    this.#maxBytes = maxAnswerBytes ?? 64 * 1024 * 1024;
    this.#scope = scope;
  }

  /**
   * The same client for one piece of work: all its calls end with one signal, its writes are asked and told of.
   *
   * Cheap: nothing is opened, and nothing needs to be closed. Takes the place of
   * a scope that this client has.
   */
  scoped(scope: CallScope): Client {
    return new Client(this.#transport, {
      userAgent: this.#userAgent,
      onWarning: this.#onWarning,
      maxAnswerBytes: this.#maxBytes,
      scope,
    });
  }

  /** What requests say that they come from. */
  get userAgent(): string {
    return this.#userAgent;
  }

  /** Send a call and decode the object that answers it. */
  async json<T>(call: ApiCall, options: CallOptions = {}): Promise<T> {
    return (await this.jsonAnswer<T>(call, options)).object;
  }

  /** The same, with the answer's status: 201 where an apply created the object. */
  async jsonAnswer<T>(call: ApiCall, options: CallOptions = {}): Promise<{ status: number; object: T }> {
    const prepared = prepare(call, options);
    const { step, request } = prepared;
    const answered = await this.#answered(prepared, options, async (response) => {
      const value = decodeAnswer(response, await this.#bytes(response, step), step, call);
      expectAnswerOf(call, value, step);
      // What is in it is the server's word: the kind was compared, its fields are not.
      const answer: unknown = isMetadata(call) ? metadataAnswer(call, value, step) : value;
      return { status: response.status, object: answer as T };
    });
    if (this.#scope?.written !== undefined && isWrite(request, call))
      this.#scope.written(call, answered.object);
    return answered;
  }

  /** Read a path that is no resource's, such as discovery; `step` is what errors begin with. */
  async read(
    path: string,
    step: string,
    options: CallOptions & { readonly accept?: string } = {},
  ): Promise<unknown> {
    const headers = { accept: options.accept ?? "application/json", "accept-encoding": "gzip" };
    const request: TransportRequest = {
      method: "GET",
      path: timedPath(path, options),
      headers,
      isStream: false,
    };
    return this.#answered({ request, step }, options, async (response) =>
      decodeAnswer(response, await this.#bytes(response, step), step),
    );
  }

  /** Send a call and read the text that answers it, such as a log. */
  async text(call: ApiCall, options: CallOptions = {}): Promise<string> {
    const prepared = prepare(call, options);
    return this.#answered(prepared, options, async (response) =>
      (await this.#bytes(response, prepared.step)).toString("utf8"),
    );
  }

  /**
   * Send any request to any path, and read its whole answer, of whatever type.
   *
   * The path is checked as {@link checkPath} says; answers other than 2xx are
   * thrown as `ApiError`. Errors name method and path, neither query nor headers.
   */
  async raw(path: string, options: RawOptions = {}): Promise<RawAnswer> {
    const prepared = rawRequest(path, options, false);
    return this.#answered(
      prepared,
      options,
      async (response) => new RawAnswer(response, await this.#bytes(response, prepared.step), prepared.step),
    );
  }

  /** The same, with the answer's bytes as they arrive; `timeoutMs` covers the time until it is accepted. */
  async rawStream(path: string, options: RawOptions = {}): Promise<RawStream> {
    const { status, headers, body } = await this.#accepted(rawRequest(path, options, true), options);
    return { status, headers, body };
  }

  /**
   * Send one list request and collect its items, decoded as they arrive.
   *
   * One page: with a `limit` in the query, `metadata.continue` tells whether there are more.
   */
  async list<T>(call: ApiCall, options: CallOptions = {}): Promise<KubeList<T>> {
    const prepared = prepare(call, options);
    return this.#answered(prepared, options, async (response) => {
      const decoder = this.#listDecoder<T>(prepared, response);
      const items: T[] = [];
      for await (const chunk of response.body) {
        for (const item of decoder.push(chunk)) items.push(item);
      }
      return { ...decoder.finish(), items };
    });
  }

  /**
   * Send one list request and yield its items as chunks of bytes complete them (P15).
   *
   * The last part carries the list's metadata; a list that breaks before it
   * throws. `timeoutMs` covers the consumer's own pauses too.
   */
  async *listParts<T>(
    call: ApiCall,
    { readItem, ...options }: ListPartsOptions<T> = {},
  ): AsyncGenerator<DecodedPart<T>, void, void> {
    const prepared = prepare(call, options);
    const deadline = this.#deadline(prepared, options);
    try {
      const response = await this.#send(prepared, deadline);
      const decoder = this.#listDecoder<T>(prepared, response, readItem);
      for await (const chunk of response.body) {
        const items = decoder.push(chunk);
        if (items.length > 0) yield { items };
      }
      yield { items: [], metadata: decoder.finish().metadata };
    } catch (error) {
      throw deadline.explain(error, prepared.step);
    } finally {
      deadline.release();
    }
  }

  /**
   * Send a call and hand over its answer with the body still to be read: watches, followed logs.
   *
   * Resolves once the server has accepted it; any other answer is thrown as an
   * `ApiError` (H10). `timeoutMs` covers the time until then; `signal` the body too.
   */
  async stream(call: ApiCall, options: CallOptions = {}): Promise<TransportResponse> {
    return this.#accepted(prepare(call, options), options);
  }

  async #accepted(prepared: Prepared, options: CallOptions): Promise<TransportResponse> {
    const deadline = this.#deadline(prepared, options);
    try {
      const response = await this.#send(prepared, deadline);
      deadline.disarm();
      if (options.timeoutMs === undefined) return response;
      return { ...response, body: releasing(response.body, deadline) };
    } catch (error) {
      deadline.release();
      throw deadline.explain(error, prepared.step);
    }
  }

  async #answered<T>(
    prepared: Prepared,
    options: CallOptions,
    read: (response: TransportResponse) => Promise<T>,
  ): Promise<T> {
    const deadline = this.#deadline(prepared, options);
    try {
      return await read(await this.#send(prepared, deadline));
    } catch (error) {
      throw deadline.explain(error, prepared.step);
    } finally {
      deadline.release();
    }
  }

  #deadline({ step }: Prepared, options: CallOptions): Deadline {
    return new Deadline(step, this.#scope === undefined ? options : withinScope(options, this.#scope));
  }

  async #send(prepared: Prepared, deadline: Deadline): Promise<TransportResponse> {
    const { request, step, call, okStatuses } = prepared;
    const headers = { "user-agent": this.#userAgent, ...request.headers };
    const beforeSend = this.#asking(request, step, call);
    // A transport by itself asks nobody.
    beforeSend?.();
    const response = await this.#transport({
      ...request,
      headers,
      signal: deadline.signal,
      clock: deadline,
      beforeSend,
    });
    tellWarnings(response.headers.warning, step, this.#onWarning);
    if (isSuccess(response) || okStatuses?.includes(response.status)) return response;
    throw await answerError(response, step, call);
  }

  /** What a write asks before it is sent, also where it is repeated or waits for its turn. */
  #asking(request: TransportRequest, step: string, call: ApiCall | undefined): (() => void) | undefined {
    const scope = this.#scope;
    if (scope?.beforeWrite === undefined || !isWrite(request, call)) return undefined;
    return () => scope.beforeWrite?.(step);
  }

  #bytes(response: TransportResponse, step: string): Promise<Buffer> {
    return readWhole(response.body, this.#maxBytes, step);
  }

  #listDecoder<T>(
    { step, call }: Prepared,
    response: TransportResponse,
    readItem?: ReadItem<T>,
  ): ListDecoder<T> {
    return new ListDecoder<T>(step, response, { call, maxItemBytes: this.#maxBytes, readItem });
  }
}

function prepare(call: ApiCall, options: CallOptions): Prepared {
  return { request: buildRequest(timedCall(call, options)), step: describeCall(call), call };
}
