import type { Readable } from "node:stream";
import type { KubeError } from "../base/errors.ts";

/** How a reader that is full holds the connection back. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/**
 * The incoming side of a stream that is fed by a connection.
 *
 * Bytes above the stream's high-water mark pause the connection. A failure comes
 * after what had arrived, which is still worth reading. Whoever leaves a stream
 * early holds nobody up: what else arrives for it is dropped.
 */
export class Inflow {
  readonly #stream: Readable;
  readonly #flow: Flow;
  #isFull = false;
  #isOver = false;
  #failure: KubeError | undefined;

  constructor(stream: Readable, flow: Flow) {
    this.#stream = stream;
    this.#flow = flow;
    // Whoever reads is told by the read; nobody else needs to listen for the process to survive.
    stream.on("error", () => {});
  }

  /** Nothing else will come. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the stream fails with, once all that had arrived is read. */
  get failure(): KubeError | undefined {
    return this.#failure;
  }

  receive(piece: Buffer): void {
    if (this.#isOver || this.#stream.destroyed || piece.length === 0) return;
    if (this.#stream.push(piece) || this.#isFull) return;
    this.#isFull = true;
    this.#flow.pause();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.push(null);
  }

  fail(error: KubeError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = error;
    this.wasRead();
  }

  /** The reader has room again, or is gone. */
  drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#flow.resume();
  }

  /** To be called after each read: fails the stream once nothing is left to read. */
  wasRead(): void {
    if (this.#failure !== undefined && this.#stream.readableLength === 0) this.#stream.destroy(this.#failure);
  }
}
