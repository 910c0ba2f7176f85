import { randomFillSync } from "node:crypto";
import type { Duplex } from "node:stream";
import { KubeError } from "../base/errors.ts";
import { withStep } from "../base/with-step.ts";
import { encodeFrame, FrameDecoder, opcodes } from "./frames.ts";

/** How a peer ended a conversation by its own will. */
export interface PeerClose {
  /** As in RFC 6455: 1000 is normal, 1005 stands for none given. */
  readonly code: number;
  readonly reason: string;
}

/** Who listens to a {@link WebSocketConnection}. */
export interface WebSocketListener {
  /** A piece of a binary message, in order; `isFirst` and `isLast` tell where messages begin and end. */
  message(piece: Buffer, isFirst: boolean, isLast: boolean): void;
  /** The peer closed it, or it broke; called once and last, and not after `close` or `destroy`. */
  ended(how: PeerClose | KubeError): void;
}

/** How often the peer is asked for a sign of life. */
const pingIntervalMs = 30_000;
/** Pings in a row without any answer after which the connection is taken for dead. */
const maxMisses = 2;
/** How long a closed connection may take to go away by itself. */
const lingerMs = 2000;
/** Bytes that wait to be sent above which pongs are left out: the peer is not reading them. */
const maxPongBacklogBytes = 256 * 1024;
/** Masks drawn at once; drawing four bytes at a time costs more than masking. */
const maskPoolBytes = 4096;

/**
 * The client's end of a WebSocket over a connection that was granted.
 *
 * Messages are binary, handed on piece by piece. `pause` stops reading from the
 * connection until as many `resume`s, so that the peer slows down; sending tells
 * when it has left. A peer that answers no pings for a minute and a half is an
 * error, unless it may just be slow to take what it was sent.
 */
export class WebSocketConnection {
  /** Resolves when nothing of the connection is left; never rejects. */
  readonly closed: Promise<void>;
  readonly #step: string;
  readonly #socket: Duplex;
  readonly #listener: WebSocketListener;
  readonly #decoder: FrameDecoder;
  readonly #pingTimer: ReturnType<typeof setInterval>;
  #lingerTimer: ReturnType<typeof setTimeout> | undefined;
  #masks: Uint8Array = new Uint8Array(0);
  #pauses = 0;
  #isOver = false;
  #pings = 0;
  #answeredPing = 0;
  /** How many pings were sent when data last was; the next one's answer proves that it was taken. */
  #pingsAtData = -1;
  #hasHeard = true;
  #misses = 0;

  constructor(socket: Duplex, step: string, listener: WebSocketListener) {
    this.#socket = socket;
    this.#step = step;
    this.#listener = listener;
    this.#decoder = new FrameDecoder(step, {
      data: (piece, isFirst, isLast, isText) => this.#data(piece, isFirst, isLast, isText),
      control: (opcode, payload) => this.#control(opcode, payload),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    let cause: unknown;
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    socket.on("end", () => this.#broken(undefined));
    // Without a listener an error ends the process, also one that comes after everything is over.
    socket.on("error", (error) => {
      cause = error;
      this.#broken(error);
    });
    socket.on("close", () => {
      this.#broken(cause);
      clearTimeout(this.#lingerTimer);
      resolve();
    });
    this.#pingTimer = setInterval(() => this.#ping(), pingIntervalMs);
    // The connection keeps a process alive; its clock does not.
    this.#pingTimer.unref?.();
    if (socket.destroyed) {
      queueMicrotask(() => this.#broken(undefined));
      resolve();
    }
  }

  /** Send one binary message; `done` is called once it has left, or with why it never will. */
  send(parts: readonly Uint8Array[], done: (error?: Error | null) => void): void {
    if (this.#isOver) {
      done(new KubeError("CONNECTION_FAILED", `${this.#step}: the connection was closed`));
      return;
    }
    this.#pingsAtData = this.#pings;
    this.#write(opcodes.binary, parts, done);
  }

  /** Stop reading; each call needs a `resume` of its own. */
  pause(): void {
    this.#pauses += 1;
    if (this.#pauses === 1 && !this.#isOver) this.#socket.pause();
  }

  /** Take one `pause` back. */
  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses === 0 && !this.#isOver) this.#socket.resume();
  }

  /** Say goodbye and let go of the connection; what still arrives is dropped. */
  close(code = 1000): Promise<void> {
    if (!this.#isOver) this.#finish(code);
    return this.closed;
  }

  /** Drop the connection at once. */
  destroy(): void {
    this.#end();
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#hasHeard = true;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      const wrong = KubeError.from(error, "BAD_RESPONSE", this.#step);
      if (this.#isOver) return;
      this.#finish(1002);
      this.#listener.ended(wrong);
    }
  }

  #data(piece: Buffer, isFirst: boolean, isLast: boolean, isText: boolean): void {
    if (this.#isOver) return;
    if (isText)
      throw new KubeError("BAD_RESPONSE", `${this.#step}: the server sent text where bytes are due`);
    this.#listener.message(piece, isFirst, isLast);
  }

  #control(opcode: number, payload: Buffer): void {
    if (this.#isOver) return;
    if (opcode === opcodes.ping) {
      if (this.#socket.writableLength < maxPongBacklogBytes) this.#write(opcodes.pong, [payload]);
    } else if (opcode === opcodes.pong) {
      if (payload.length === 4) this.#answeredPing = Math.max(this.#answeredPing, payload.readUInt32BE(0));
    } else {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.#finish(code === 1005 ? 1000 : code);
      this.#listener.ended({ code, reason: payload.toString("utf8", 2) });
    }
  }

  /** The connection went away, and nobody had said so before. */
  #broken(cause: unknown): void {
    if (this.#isOver) return;
    this.destroy();
    if (KubeError.is(cause)) {
      this.#listener.ended(withStep(cause, this.#step));
      return;
    }
    const why = cause instanceof Error ? `: ${cause.message}` : "";
    this.#listener.ended(
      new KubeError("CONNECTION_FAILED", `${this.#step}: the connection broke${why}`, { cause }),
    );
  }

  #ping(): void {
    const isWaiting = this.#pings > this.#answeredPing;
    // A paused connection is not read, so no answer could be seen.
    const isExcused = this.#hasHeard || this.#pauses > 0 || this.#pingsAtData >= this.#answeredPing;
    this.#misses = isWaiting && !isExcused ? this.#misses + 1 : 0;
    this.#hasHeard = false;
    if (this.#misses >= maxMisses) {
      this.#broken(new Error(`no answer to pings for ${(maxMisses * pingIntervalMs) / 1000} s`));
      return;
    }
    // One at a time: a server that is slow to read would find a heap of them, and may take it for an attack.
    if (isWaiting) return;
    this.#pings += 1;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(this.#pings);
    this.#write(opcodes.ping, [count]);
  }

  #finish(code: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    if (!this.#socket.writableEnded && !this.#socket.destroyed) this.#write(opcodes.close, [payload]);
    this.#end();
    this.#socket.end();
    // Read on, or the peer's end would never be seen.
    this.#socket.resume();
    this.#lingerTimer = setTimeout(() => this.#socket.destroy(), lingerMs);
    this.#lingerTimer.unref?.();
  }

  #end(): void {
    this.#isOver = true;
    clearInterval(this.#pingTimer);
  }

  #write(opcode: number, parts: readonly Uint8Array[], done?: (error?: Error | null) => void): void {
    if (this.#masks.length < 4) this.#masks = randomFillSync(new Uint8Array(maskPoolBytes));
    const mask = this.#masks.subarray(0, 4);
    this.#masks = this.#masks.subarray(4);
    this.#socket.write(encodeFrame(opcode, parts, mask), (error) => done?.(error));
  }
}
