import type { Json, ServerUnderTest } from "./server-under-test.ts";

/** One frame of a watch. */
export interface Frame {
  readonly type: string;
  readonly object: Json;
}

/**
 * One watch request, frame by frame as the server wrote it.
 *
 * Nothing is resumed, passed over or decoded beyond JSON. Close it, or declare
 * it with `await using`.
 */
export class RawWatch implements AsyncDisposable {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #abort: AbortController;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffered = "";

  private constructor(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: AsyncIterable<Uint8Array>,
    abort: AbortController,
  ) {
    this.status = status;
    this.headers = headers;
    this.#abort = abort;
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** Open a watch; `query` without `watch=1`. */
  static async open(
    { transport }: Pick<ServerUnderTest, "transport">,
    path: string,
    query: Readonly<Record<string, string>> = {},
    accept: string = "application/json",
  ): Promise<RawWatch> {
    const abort = new AbortController();
    const { status, headers, body } = await transport({
      method: "GET",
      path: `${path}?${new URLSearchParams({ watch: "1", ...query })}`,
      headers: { accept, "user-agent": "contracts" },
      isStream: true,
      retry: false,
      signal: abort.signal,
    });
    return new RawWatch(status, headers, body, abort);
  }

  /** The next frame, or undefined once the server has ended the stream. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const end = this.#buffered.indexOf("\n");
      if (end >= 0) {
        const line = this.#buffered.slice(0, end);
        this.#buffered = this.#buffered.slice(end + 1);
        return JSON.parse(line);
      }
      const { done, value } = await this.#chunks.next();
      if (done === true) {
        const rest = this.#buffered;
        this.#buffered = "";
        return rest === "" ? undefined : JSON.parse(rest);
      }
      this.#buffered += Buffer.from(value).toString("utf8");
    }
  }

  /** The next frames, this many. */
  async take(count: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count) {
      const frame = await this.next();
      if (frame === undefined) throw new Error(`the watch ended after ${JSON.stringify(frames)}`);
      frames.push(frame);
    }
    return frames;
  }

  /** Everything until the server ends the stream. */
  async rest(): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) frames.push(frame);
    return frames;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    // The reader hears of the abort as an error; that is what it is for.
    await this.#chunks.next().catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A frame in one word: `ADDED a`, `BOOKMARK`, `ERROR 410`. */
export function word({ type, object }: Frame): string {
  if (type === "BOOKMARK") return object.metadata.annotations === undefined ? "BOOKMARK" : "END";
  return `${type} ${type === "ERROR" ? object.code : object.metadata.name}`;
}
