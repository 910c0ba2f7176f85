import { Readable, Writable } from "node:stream";
import { type Flow, Inflow } from "./inflow.ts";

/** The largest message that is sent: servers collect whole messages in memory. */
const maxMessageBytes = 32 * 1024;

/** Calls back once it is done, with an error where it failed. */
export type Done = (error?: Error | null) => void;

/** Send bytes message by message, each after the one before has left. */
export function sendInPieces(
  bytes: Uint8Array,
  send: (piece: Uint8Array, done: Done) => void,
  done: Done,
): void {
  const next = (from: number): void => {
    const to = from + maxMessageBytes;
    send(bytes.subarray(from, to), (error) => {
      if (error) done(error);
      else if (to >= bytes.byteLength) done();
      else next(to);
    });
  };
  if (bytes.byteLength === 0) done();
  else next(0);
}

/** What arrives on one channel of a connection, as a stream of bytes. */
export class ChannelReadable extends Readable {
  readonly inflow: Inflow;

  constructor(flow: Flow) {
    super();
    this.inflow = new Inflow(this, flow);
  }

  override _read(): void {
    this.inflow.drained();
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    this.inflow.wasRead();
    return chunk;
  }

  override _destroy(error: Error | null, done: Done): void {
    this.inflow.drained();
    done(error);
  }
}

/** What is sent on one channel of a connection. */
export interface Outflow {
  send(piece: Uint8Array, done: Done): void;
  /** The writer has ended it. */
  end(done: Done): void;
}

/** One channel of a connection to write to; ends when the conversation does. */
export class ChannelWritable extends Writable {
  readonly #outflow: Outflow;

  constructor(outflow: Outflow) {
    super();
    this.#outflow = outflow;
    // Whoever writes is told by the write.
    this.on("error", () => {});
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    sendInPieces(chunk, (piece, sent) => this.#outflow.send(piece, sent), done);
  }

  override _final(done: Done): void {
    this.#outflow.end(done);
  }
}
