import { Duplex } from "node:stream";
import { KubeError } from "../base/errors.ts";
import { type Done, sendInPieces } from "./channel-streams.ts";
import { Inflow } from "./inflow.ts";
import type { Upgraded } from "./upgrade.ts";
import { type PeerClose, WebSocketConnection } from "./web-socket.ts";

const channels = { data: 0, error: 1 } as const;

/** Characters of the kubelet's error that are kept. */
const maxErrorBytes = 16 * 1024;

/** What a {@link PortForwardConnection} is made of. */
export interface ConnectionInit {
  readonly upgraded: Upgraded;
  readonly port: number;
  /** How long a connection of which we have ended our half may stay silent. */
  readonly halfOpenMs: number;
  /** What errors begin with. */
  readonly step: string;
}

/**
 * One connection to a port of a pod, as a Duplex with back-pressure both ways.
 *
 * The protocol has no half-open connections: `end()` cannot be told to the pod,
 * so what it still sends is read until it ends or falls silent. A refused or
 * broken connection destroys the stream with `CONNECTION_FAILED`, after what
 * had arrived.
 */
export class PortForwardConnection extends Duplex {
  readonly #inflow: Inflow;
  readonly #socket: WebSocketConnection;
  readonly #port: number;
  readonly #halfOpenMs: number;
  readonly #step: string;
  #stopListening: () => void = () => {};
  #silence: ReturnType<typeof setTimeout> | undefined;
  #channel: number | undefined;
  /** Each channel's first two bytes are the port it belongs to. */
  readonly #heads: [number[], number[]] = [[], []];
  #errorText: Buffer[] = [];
  #errorBytes = 0;

  constructor(init: ConnectionInit) {
    // The pod's end ends both halves: there would be nobody left to write to.
    super({ allowHalfOpen: false });
    const { upgraded, port, halfOpenMs, step } = init;
    this.#port = port;
    this.#halfOpenMs = halfOpenMs;
    this.#step = step;
    this.#socket = new WebSocketConnection(upgraded.socket, step, {
      message: (piece, isFirst, isLast) => this.#receive(piece, isFirst, isLast),
      ended: (how) => this.#ended(how),
    });
    this.#inflow = new Inflow(this, this.#socket);
    this.#stopListening = upgraded.onAbort((error) => this.destroy(error));
    if (this.destroyed) this.#stopListening();
  }

  override _read(): void {
    this.#inflow.drained();
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    this.#inflow.wasRead();
    return chunk;
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    const prefix = Uint8Array.of(channels.data);
    const send = (piece: Uint8Array, sent: Done): void => this.#socket.send([prefix, piece], sent);
    sendInPieces(chunk, send, (error) => done(error ? (this.#inflow.failure ?? error) : null));
  }

  override _final(done: Done): void {
    done();
    this.#restartSilence();
  }

  override _destroy(error: Error | null, done: Done): void {
    clearTimeout(this.#silence);
    this.#stopListening();
    void this.#socket.close();
    // The caller may count on it that a destroyed connection is gone.
    void this.#socket.closed.then(() => done(error));
  }

  #receive(piece: Buffer, isFirst: boolean, isLast: boolean): void {
    if (isFirst) this.#channel = undefined;
    let payload = piece;
    if (this.#channel === undefined) {
      const [channel] = piece;
      if (channel === undefined) return;
      this.#channel = channel;
      payload = piece.subarray(1);
    }
    const { data, error } = channels;
    if (this.#channel !== data && this.#channel !== error) return;
    payload = this.#withoutPort(payload, this.#channel);
    if (this.#channel === data) this.#receiveData(payload);
    else this.#receiveError(payload, isLast);
  }

  #withoutPort(payload: Buffer, channel: 0 | 1): Buffer {
    const head = this.#heads[channel];
    if (head.length === 2) return payload;
    const missing = payload.subarray(0, 2 - head.length);
    head.push(...missing);
    const [low, high] = head;
    if (low !== undefined && high !== undefined && low + high * 256 !== this.#port) {
      throw new KubeError(
        "BAD_RESPONSE",
        `${this.#step}: the server forwards port ${low + high * 256} instead`,
      );
    }
    return payload.subarray(missing.length);
  }

  #receiveData(payload: Buffer): void {
    if (this.#silence !== undefined) this.#restartSilence();
    this.#inflow.receive(payload);
  }

  #receiveError(payload: Buffer, isLast: boolean): void {
    if (payload.length > 0 && this.#errorBytes < maxErrorBytes) this.#errorText.push(Buffer.from(payload));
    this.#errorBytes += payload.length;
    if (!isLast || this.#errorBytes === 0) return;
    const text = Buffer.concat(this.#errorText).toString("utf8", 0, maxErrorBytes);
    this.#inflow.fail(new KubeError("CONNECTION_FAILED", `${this.#step}: ${text.trim()}`));
    void this.#socket.close();
  }

  #ended(how: PeerClose | KubeError): void {
    if (KubeError.is(how)) this.#inflow.fail(how);
    else if (how.code === 1000 || how.code === 1005) this.#inflow.end();
    else {
      const reason = how.reason === "" ? "" : `, ${JSON.stringify(how.reason.slice(0, 200))}`;
      const what = `the server closed the connection (${how.code}${reason})`;
      this.#inflow.fail(new KubeError("CONNECTION_FAILED", `${this.#step}: ${what}`));
    }
  }

  #restartSilence(): void {
    clearTimeout(this.#silence);
    if (this.destroyed || this.#inflow.isOver) return;
    this.#silence = setTimeout(() => {
      // The silence is ours as long as there is something left to read.
      if (this.readableLength > 0) {
        this.#restartSilence();
        return;
      }
      this.#inflow.end();
      void this.#socket.close();
    }, this.#halfOpenMs);
  }
}
