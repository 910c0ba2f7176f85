import { delay } from "../base/abort.ts";

/** How a {@link SendQueue} works. */
export interface SendQueueOptions<T> {
  /** How many may wait. */
  readonly size: number;
  /** How many are sent at once. */
  readonly concurrency: number;
  /** Sends one; must not reject. */
  readonly send: (item: T) => Promise<void>;
}

/** A bounded queue in front of something that may take long: what is too much is refused, never waited for. */
export class SendQueue<T> {
  readonly #options: SendQueueOptions<T>;
  readonly #waiting: T[] = [];
  readonly #sending = new Set<Promise<void>>();

  constructor(options: SendQueueOptions<T>) {
    this.#options = options;
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** How many are being sent. */
  get sending(): number {
    return this.#sending.size;
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#options.size;
  }

  /** Queue one more, even where it is full: that is for whoever asks before. */
  push(item: T): void {
    this.#waiting.push(item);
    this.#pump();
  }

  /** Wait until everything was sent, for at most `graceMs`; what is pushed meanwhile counts. */
  async flush(graceMs: number): Promise<void> {
    const over = new AbortController();
    const isOver = delay(graceMs, over.signal);
    try {
      while (this.#sending.size > 0) {
        if (await Promise.race([isOver, this.idle().then(() => false)])) return;
      }
    } finally {
      over.abort();
    }
  }

  /** Take out what still waits. */
  clear(): T[] {
    return this.#waiting.splice(0);
  }

  /** Resolves when those that are being sent have been. */
  async idle(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #pump(): void {
    while (this.#sending.size < this.#options.concurrency) {
      const item = this.#waiting.shift();
      if (item === undefined) return;
      const sending = this.#options.send(item).then(() => {
        this.#sending.delete(sending);
        this.#pump();
      });
      this.#sending.add(sending);
    }
  }
}
