import { onAbort } from "../../base/abort.ts";
import { KubeError } from "../../base/errors.ts";

/** What a {@link Watcher} is made from. */
export interface WatcherOptions {
  /** What is sent first, encoded only when it is read; no bound applies to it. */
  readonly backlog?: Iterable<Uint8Array>;
  /** How many frames may wait. @default 1000 */
  readonly queueEvents?: number;
  /** How many bytes may wait. @default 64 MiB */
  readonly queueBytes?: number;
  /** Called once, when nothing more will be pushed. */
  readonly onEnd?: () => void;
  /** Called once, when nothing more will be read either. */
  readonly onDone?: () => void;
}

/**
 * One open watch: a bounded queue of frames, read once as an async iterable.
 *
 * `push` never waits. A reader that is a full queue behind gets what is queued
 * and then a clean end, so that it resumes from the last resourceVersion it
 * read; nobody else notices. Each frame is one line, `{"type":…,"object":…}`.
 */
export class Watcher implements AsyncIterable<Uint8Array> {
  #backlog: Iterator<Uint8Array> | undefined;
  readonly #queueEvents: number;
  readonly #queueBytes: number;
  readonly #onEnd: (() => void) | undefined;
  readonly #onDone: (() => void) | undefined;
  #queue: Uint8Array[] = [];
  #next = 0;
  #queuedBytes = 0;
  #isStalled = false;
  #isRead = false;
  #isEnding = false;
  #isCut = false;
  #isDone = false;
  #stopListening: (() => void) | undefined;
  #error: KubeError | undefined;
  #wake: (() => void) | undefined;
  #cutListener: ((error: KubeError | undefined) => void) | undefined;

  constructor(options: WatcherOptions = {}) {
    this.#backlog = (options.backlog ?? [])[Symbol.iterator]();
    this.#queueEvents = options.queueEvents ?? 1000;
    this.#queueBytes = options.queueBytes ?? 64 * 1024 * 1024;
    this.#onEnd = options.onEnd;
    this.#onDone = options.onDone;
  }

  /** How many frames wait to be read, the backlog not counted. */
  get queuedEvents(): number {
    return this.#queue.length - this.#next;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Whether nothing more will be pushed; what is queued may still be read. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Queue a frame; a full queue ends the watch instead. Returns whether the frame was taken. */
  push(frame: Uint8Array): boolean {
    if (this.#isEnding) return false;
    const isFull =
      this.queuedEvents >= this.#queueEvents ||
      // One frame always fits, whatever its size: ending the watch would not make it smaller.
      (this.queuedEvents > 0 && this.#queuedBytes + frame.byteLength > this.#queueBytes);
    if (isFull) {
      this.end();
      return false;
    }
    this.#queue.push(frame);
    this.#queuedBytes += frame.byteLength;
    this.#wake?.();
    return true;
  }

  /** End cleanly after what is queued. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#onEnd?.();
    this.#wake?.();
  }

  /** End at once, dropping what is queued: cleanly, or by throwing `error` to the reader. */
  cut(error?: KubeError): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#error = error;
    this.#finish();
    this.#wake?.();
    this.#cutListener?.(error);
  }

  /** Cut this watch cleanly when `signal` aborts. */
  cutOn(signal: AbortSignal | undefined): void {
    this.#stopListening = onAbort(signal, () => this.cut());
  }

  /** Be told of a cut while waiting for the other side to take a frame; called at once if it was cut already. */
  onCut(listener: (error: KubeError | undefined) => void): void {
    this.#cutListener = listener;
    if (this.#isCut) listener(this.#error);
  }

  /** Stop sending, as a half-open connection does; the queue keeps its bound. */
  stall(): void {
    this.#isStalled = true;
  }

  /** Send again after `stall()`. */
  resume(): void {
    this.#isStalled = false;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    if (this.#isRead) throw new KubeError("INVALID_ARGUMENT", "Read a watch: it is read already");
    this.#isRead = true;
    try {
      for (;;) {
        if (this.#isCut) {
          if (this.#error !== undefined) throw this.#error;
          return;
        }
        if (!this.#isStalled) {
          const frame = this.#take();
          if (frame !== undefined) {
            yield frame;
            continue;
          }
          if (this.#isEnding) return;
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
        this.#wake = undefined;
      }
    } finally {
      this.#finish();
    }
  }

  #take(): Uint8Array | undefined {
    if (this.#backlog !== undefined) {
      const initial = this.#backlog.next();
      if (initial.done !== true) return initial.value;
      this.#backlog = undefined;
    }
    const frame = this.#queue[this.#next];
    if (frame === undefined) return undefined;
    this.#next += 1;
    this.#queuedBytes -= frame.byteLength;
    if (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    }
    return frame;
  }

  #finish(): void {
    this.#backlog = undefined;
    this.#queue = [];
    this.#next = 0;
    this.#queuedBytes = 0;
    this.end();
    if (this.#isDone) return;
    this.#isDone = true;
    this.#stopListening?.();
    this.#onDone?.();
  }
}
