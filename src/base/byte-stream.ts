import { KubeError } from "./errors.ts";

/** How a {@link ByteStream} tells its source to slow down, go on, or stop for good. */
export interface ByteSource {
  pause(): void;
  resume(): void;
  /** The reader left before the end. */
  cancel(): void;
}

/**
 * Chunks pushed in on one side, iterated on the other; read once.
 *
 * `push` never waits and never drops: above the high-water mark the source is
 * told to pause, and to resume once the reader has caught up. One promise is
 * made per turn of waiting, not per chunk.
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
  #wake: (() => void) | undefined;

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
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.byteLength;
    this.#wake?.();
    if (this.#bufferedBytes > this.#highWaterBytes && !this.#isPaused) {
      this.#isPaused = true;
      this.#source.pause();
    }
    return !this.#isPaused;
  }

  /** End the stream after what is buffered. */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** Fail the stream after what is buffered: what arrived whole is still worth reading. */
  fail(error: KubeError): void {
    if (this.#isEnded) return;
    this.#error = error;
    this.end();
  }

  #take(): Uint8Array | undefined {
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined) return undefined;
    this.#next += 1;
    this.#bufferedBytes -= chunk.byteLength;
    if (this.#next === this.#chunks.length) {
      this.#chunks = [];
      this.#next = 0;
      if (this.#isPaused) {
        this.#isPaused = false;
        this.#source.resume();
      }
    }
    return chunk;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    if (this.#isRead) throw new KubeError("BAD_RESPONSE", "Read a body: it was read already");
    this.#isRead = true;
    try {
      for (;;) {
        const chunk = this.#take();
        if (chunk !== undefined) {
          yield chunk;
        } else if (this.#isEnded) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          const { promise, resolve } = Promise.withResolvers<void>();
          this.#wake = resolve;
          await promise;
          this.#wake = undefined;
        }
      }
    } finally {
      if (!this.#isEnded) {
        this.#isEnded = true;
        this.#source.cancel();
      }
      this.#chunks = [];
    }
  }
}
