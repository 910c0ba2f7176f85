import { Readable, Writable } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { onAbort } from "../../base/abort.ts";

/** The channel that says which other one is closed, since v5. */
const closeChannel = 255;

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

/**
 * Several streams over one WebSocket, as Kubernetes has them: each message begins with its channel's number.
 *
 * What nobody reads holds the connection back; what is sent to a client that has
 * gone is dropped.
 */
export class Channels {
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #receivers = new Map<number, (bytes: Buffer) => boolean>();
  readonly #ends = new Map<number, () => void>();

  /** `signal` breaks the connection when it aborts. */
  constructor(socket: WebSocket, signal: AbortSignal) {
    this.#socket = socket;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    socket.on("message", (data) => this.#receive(bytesOf(data)));
    socket.on("close", () => {
      for (const end of this.#ends.values()) end();
      resolve();
    });
    // A client that breaks the protocol is told by "close".
    socket.on("error", () => {});
    onAbort(signal, () => socket.terminate());
  }

  /** What the client sends on a channel; ends when it says so or has gone. */
  readable(channel: number): Readable {
    const stream = new Readable({ read: () => this.#socket.resume() });
    // What came while it was held back may have ended it: then it is read no more, and nothing else held back.
    stream.once("close", () => this.#socket.resume());
    this.#receivers.set(channel, (bytes) => stream.destroyed || stream.push(bytes));
    this.#ends.set(channel, () => {
      this.#receivers.delete(channel);
      this.#ends.delete(channel);
      if (!stream.destroyed && !stream.readableEnded) stream.push(null);
    });
    return stream;
  }

  /** Take no more from the client on a channel. */
  end(channel: number): void {
    this.#ends.get(channel)?.();
  }

  /** Where what is written is sent to the client on a channel. */
  writable(channel: number): Writable {
    return new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        this.send(channel, chunk).then(() => done());
      },
    });
  }

  /** Hear every message on a channel. */
  on(channel: number, listener: (bytes: Buffer) => void): void {
    this.#receivers.set(channel, (bytes) => {
      listener(bytes);
      return true;
    });
  }

  /** Send one message; resolves when it is on its way, or nobody is there to take it. */
  send(channel: number, bytes: Uint8Array | string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const message = Buffer.concat([Buffer.of(channel), Buffer.from(bytes)]);
    this.#socket.send(message, { binary: true }, () => resolve());
    return promise;
  }

  /** Close the connection in order, after what was sent. */
  close(): void {
    // The client's goodbye must be heard, also behind what nobody has read.
    for (const channel of this.#ends.keys()) this.end(channel);
    this.#socket.resume();
    this.#socket.close(1000);
  }

  #receive(message: Buffer): void {
    const [channel, closed] = message;
    if (channel === undefined) return;
    if (channel === closeChannel) {
      if (closed !== undefined) this.end(closed);
      return;
    }
    const takesMore = this.#receivers.get(channel)?.(message.subarray(1)) ?? true;
    if (!takesMore) this.#socket.pause();
  }
}
