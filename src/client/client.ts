import { expectFunction, invalidArgument } from "../base/arguments.ts";
import type { KubeList, ListMeta } from "../resource/object.ts";
import type { Transport, TransportRequest, TransportResponse } from "../transport/port.ts";
import { answerError, decodeAnswer, expectAnswerOf, isSuccess, readBytes } from "./answer.ts";
import type { ApiCall } from "./api-call.ts";
import { buildRequest, describeCall } from "./call.ts";
import { type CallOptions, Deadline } from "./deadline.ts";
import { ListDecoder } from "./list-decoder.ts";
import { defaultUserAgent } from "./user-agent.ts";
import { type ApiWarning, warningTexts } from "./warnings.ts";

export type { CallOptions } from "./deadline.ts";

/** What a {@link Client} is made with. */
export interface ClientOptions {
  /** @default `kube-reflex/VERSION (OS/ARCH) node/MAJOR` (H22) */
  readonly userAgent?: string | undefined;
  /** Called with each warning of the server's, synchronously; it must not throw. @default they are dropped */
  readonly onWarning?: ((warning: ApiWarning) => void) | undefined;
}

/** The items that one chunk of a list's bytes completed; the last part of a list has its metadata. */
export interface DecodedPart<T> {
  readonly items: readonly T[];
  readonly metadata?: ListMeta | undefined;
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
  readonly #onWarning: ((warning: ApiWarning) => void) | undefined;

  constructor(transport: Transport, options: ClientOptions = {}) {
    if (typeof transport !== "function") throw invalidArgument("transport", "a function", transport);
    expectFunction("onWarning", options.onWarning);
    if (options.userAgent !== undefined && !/^[\x20-\x7e]+$/.test(options.userAgent)) {
      throw invalidArgument("userAgent", "printable ASCII, not empty", options.userAgent);
    }
    this.#transport = transport;
    this.#userAgent = options.userAgent ?? defaultUserAgent();
    this.#onWarning = options.onWarning;
  }

  /** Send a call and decode the object that answers it. */
  async json<T>(call: ApiCall, options: CallOptions = {}): Promise<T> {
    const step = describeCall(call);
    return this.#whole(call, options, async (response) => {
      const value = decodeAnswer(response, await readBytes(response.body), step);
      expectAnswerOf(call, value, step);
      // What is in it is the server's word: the kind was compared, its fields are not.
      const answer: unknown = value;
      return answer as T;
    });
  }

  /** Read a path that is no resource's, such as discovery; `step` is what errors begin with. */
  async read(path: string, step: string, options: CallOptions = {}): Promise<unknown> {
    const headers = { accept: "application/json", "accept-encoding": "gzip" };
    return this.#answered(
      { method: "GET", path, headers, isStream: false },
      step,
      options,
      async (response) => decodeAnswer(response, await readBytes(response.body), step),
    );
  }

  /** Send a call and read the text that answers it, such as a log. */
  async text(call: ApiCall, options: CallOptions = {}): Promise<string> {
    return this.#whole(call, options, async (response) => (await readBytes(response.body)).toString("utf8"));
  }

  /**
   * Send one list request and collect its items, decoded as they arrive.
   *
   * One page: with a `limit` in the query, `metadata.continue` tells whether there are more.
   */
  async list<T>(call: ApiCall, options: CallOptions = {}): Promise<KubeList<T>> {
    const step = describeCall(call);
    return this.#whole(call, options, async (response) => {
      const decoder = new ListDecoder<T>(step, response);
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
  async *listParts<T>(call: ApiCall, options: CallOptions = {}): AsyncGenerator<DecodedPart<T>, void, void> {
    const step = describeCall(call);
    const request = buildRequest(call);
    const deadline = new Deadline(step, options);
    try {
      const response = await this.#send(request, step, deadline);
      const decoder = new ListDecoder<T>(step, response);
      for await (const chunk of response.body) {
        const items = decoder.push(chunk);
        if (items.length > 0) yield { items };
      }
      yield { items: [], metadata: decoder.finish().metadata };
    } catch (error) {
      throw deadline.explain(error, step);
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
    const step = describeCall(call);
    const request = buildRequest(call);
    const deadline = new Deadline(step, options);
    try {
      const response = await this.#send(request, step, deadline);
      deadline.disarm();
      if (options.timeoutMs === undefined) return response;
      return { ...response, body: releasing(response.body, deadline) };
    } catch (error) {
      deadline.release();
      throw deadline.explain(error, step);
    }
  }

  async #whole<T>(
    call: ApiCall,
    options: CallOptions,
    read: (response: TransportResponse) => Promise<T>,
  ): Promise<T> {
    return this.#answered(buildRequest(call), describeCall(call), options, read);
  }

  async #answered<T>(
    request: TransportRequest,
    step: string,
    options: CallOptions,
    read: (response: TransportResponse) => Promise<T>,
  ): Promise<T> {
    const deadline = new Deadline(step, options);
    try {
      return await read(await this.#send(request, step, deadline));
    } catch (error) {
      throw deadline.explain(error, step);
    } finally {
      deadline.release();
    }
  }

  async #send(request: TransportRequest, step: string, deadline: Deadline): Promise<TransportResponse> {
    const headers = { "user-agent": this.#userAgent, ...request.headers };
    const response = await this.#transport({ ...request, headers, signal: deadline.signal });
    for (const message of warningTexts(response.headers.warning)) this.#onWarning?.({ message, step });
    if (!isSuccess(response)) throw await answerError(response, step);
    return response;
  }
}

async function* releasing(
  body: AsyncIterable<Uint8Array>,
  deadline: Deadline,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body;
  } finally {
    deadline.release();
  }
}
