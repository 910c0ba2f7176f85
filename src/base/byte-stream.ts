import { KubeError } from "./errors.ts";

/** How a {@link ByteStream} tells its source to slow down, go on, or stop for good. */
export interface ByteSource {
  pause(): void;
  resume(): void;
  /** The reader left before the end. */
  cancel(): void;
}

type Result = IteratorResult<Uint8Array, undefined>;

/** Reads a {@link ByteStream}; `return` leaves it, at any time. */
export interface ByteReader extends AsyncIterator<Uint8Array, undefined, void> {
  next(): Promise<Result>;
  return(): Promise<Result>;
  /**
   * The next chunk, where it has arrived already; `undefined` tells nothing but to ask `next`.
   *
   * Reading all that one turn of the event loop brought costs one promise that
   * way, not one for each chunk. Throws nothing: an error comes from `next`, after
   * the chunks before it. A reader that takes without end never lets anybody else run.
   */
  take(): Uint8Array | undefined;
}

/** Tell whether a body's iterator can hand over at once what has arrived: {@link ByteReader.take}. */
export function canTake(
  reader: AsyncIterator<Uint8Array>,
): reader is AsyncIterator<Uint8Array> & Pick<ByteReader, "take"> {
  return "take" in reader && typeof reader.take === "function";
}

const done: Result = { done: true, value: undefined };

/**
 * Chunks pushed in on one side, iterated on the other; read once.
 *
 * `push` never waits and never drops: above the high-water mark the source is
 * told to pause, and to resume once the reader has caught up. A chunk that is
 * waited for goes straight to the reader. Leaving works at any time, also while
 * a chunk is waited for, which no async generator can do.
 */
export class ByteStream implements AsyncIterable<Uint8Array> {
  readonly #source: ByteSource;
  readonly #highWaterBytes: number;
  #chunks: Uint8Array[] = [];
  #next = 0;
  #bufferedBytes = 0;
  #isPaused = false;
  #isEnded = false;
  #isRead = false;
  #error: KubeError | undefined;
  #waiting: PromiseWithResolvers<Result> | undefined;

  constructor(source: ByteSource, highWaterBytes: number = 1024 * 1024) {
    this.#source = source;
    this.#highWaterBytes = highWaterBytes;
  }

  /** The bytes pushed and not read yet. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Add a chunk; returns whether the source may go on at once. */
  push(chunk: Uint8Array): boolean {
    if (this.#isEnded) return false;
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve({ done: false, value: chunk });
      return true;
    }
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.byteLength;
    if (this.#bufferedBytes > this.#highWaterBytes && !this.#isPaused) {
      this.#isPaused = true;
      this.#source.pause();
    }
    return !this.#isPaused;
  }

  /** End the stream after what is buffered. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#settle();
  }

  /** Fail the stream after what is buffered: what arrived whole is still worth reading. */
  fail(error: KubeError): void {
    if (this.#isEnded) return;
    this.#error = error;
    this.end();
  }

  /** Fail the stream now, also after its end: what is buffered is dropped. */
  abort(error: KubeError): void {
    this.#drop();
    this.#error = error;
    this.#isEnded = true;
    this.#settle();
  }

  [Symbol.asyncIterator](): ByteReader {
    if (this.#isRead) throw new KubeError("BAD_RESPONSE", "Read a body: it was read already");
    this.#isRead = true;
    return {
      next: () => this.#read(),
      take: () => this.#take(),
      return: async () => {
        this.#leave();
        return done;
      },
    };
  }

  #read(): Promise<Result> {
    const chunk = this.#take();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.#isEnded) {
      const error = this.#error;
      // Thrown once, as a generator does.
      this.#error = undefined;
      return error === undefined ? Promise.resolve(done) : Promise.reject(error);
    }
    if (this.#waiting !== undefined) {
      return Promise.reject(new KubeError("BAD_RESPONSE", "Read a body: somebody waits for a chunk already"));
    }
    this.#waiting = Promise.withResolvers<Result>();
    return this.#waiting.promise;
  }

  #take(): Uint8Array | undefined {
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined) return undefined;
    this.#next += 1;
    this.#bufferedBytes -= chunk.byteLength;
    if (this.#next < this.#chunks.length) {
      this.#forgetTaken();
      return chunk;
    }
    this.#chunks = [];
    this.#next = 0;
    if (this.#isPaused && !this.#isEnded) {
      this.#isPaused = false;
      this.#source.resume();
    }
    return chunk;
  }

  /** Let go of chunks that were read: a reader always one chunk behind would keep them all. */
  #forgetTaken(): void {
    if (this.#next < 64 || this.#next * 2 < this.#chunks.length) return;
    this.#chunks.splice(0, this.#next);
    this.#next = 0;
  }

  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    const error = this.#error;
    this.#error = undefined;
    if (error === undefined) waiting.resolve(done);
    else waiting.reject(error);
  }

  #drop(): void {
    this.#chunks = [];
    this.#next = 0;
    this.#bufferedBytes = 0;
  }

  #leave(): void {
    this.#drop();
    this.#error = undefined;
    if (!this.#isEnded) {
      this.#isEnded = true;
      this.#source.cancel();
    }
    this.#settle();
  }
}
