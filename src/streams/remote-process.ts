import type { Readable, Writable } from "node:stream";
import { KubeError } from "../base/errors.ts";
import { ChannelReadable, ChannelWritable, type Done } from "./channel-streams.ts";
import { expectTerminalSize, type StreamChoice, type TerminalSize } from "./exec-options.ts";
import { type ExitStatus, readExitStatus } from "./exit-status.ts";
import { feed } from "./stdin-source.ts";
import type { Upgraded } from "./upgrade.ts";
import { type PeerClose, WebSocketConnection } from "./web-socket.ts";

/** The protocol that ends stdin by a message of its own. */
export const protocolV5 = "v5.channel.k8s.io";
/** The one before, which cannot. */
export const protocolV4 = "v4.channel.k8s.io";

const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** Bytes of the Status that ends a conversation; none is larger. */
const maxStatusBytes = 1024 * 1024;

function prefix(channel: number): Uint8Array {
  return Uint8Array.of(channel);
}

/**
 * A command that runs in a container, or one that was attached to.
 *
 * Its streams are Node's, with back-pressure both ways; a stream that was not
 * asked for is there and has ended. `exited` tells how the command ended and
 * rejects where nobody can know: `CONNECTION_FAILED` where the connection broke
 * before, the server's `ApiError` where the command could not be started.
 * Output that nobody reads stops the command once the buffers on the way are full.
 */
export class RemoteProcess implements AsyncDisposable {
  /** Ended with `end()`, which the command sees as the end of its input (v5 servers only). */
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<ExitStatus>;
  /** The exit code of {@link exited}; rejects as that does. */
  readonly exitCode: Promise<number>;
  /** What the server chose: `v5.channel.k8s.io` or `v4.channel.k8s.io`. */
  readonly protocol: string;
  readonly #step: string;
  readonly #isTerminal: boolean;
  readonly #socket: WebSocketConnection;
  readonly #stdin: ChannelWritable;
  readonly #outputs: ReadonlyMap<number, ChannelReadable>;
  readonly #exit: PromiseWithResolvers<ExitStatus>;
  #stopListening: () => void = () => {};
  #stopFeeding: () => void = () => {};
  /** The channel of the message that is arriving; `undefined`: its first byte will tell. */
  #channel: number | undefined;
  #status: Buffer[] = [];
  #statusBytes = 0;
  #isOver = false;

  /** @internal made by `exec` and `attach` */
  constructor(upgraded: Upgraded, choice: StreamChoice, step: string) {
    this.#step = step;
    this.#isTerminal = choice.tty;
    this.protocol = upgraded.protocol;
    this.#exit = Promise.withResolvers<ExitStatus>();
    this.exited = this.#exit.promise;
    this.exitCode = this.exited.then(({ exitCode }) => exitCode);
    // Who awaits neither must not be ended by the rejection of both.
    this.exitCode.catch(() => {});
    this.#socket = new WebSocketConnection(upgraded.socket, step, {
      message: (piece, isFirst, isLast) => this.#receive(piece, isFirst, isLast),
      ended: (how) => this.#ended(how),
    });
    const stdout = new ChannelReadable(this.#socket);
    const stderr = new ChannelReadable(this.#socket);
    if (!choice.stdout) stdout.inflow.end();
    if (!choice.stderr) stderr.inflow.end();
    this.stdout = stdout;
    this.stderr = stderr;
    this.#outputs = new Map([
      [channels.stdout, stdout],
      [channels.stderr, stderr],
    ]);
    this.#stdin = new ChannelWritable({
      send: (piece, done) => this.#socket.send([prefix(channels.stdin), piece], done),
      end: (done) => this.#endStdin(done),
    });
    this.stdin = this.#stdin;
    if (choice.terminalSize !== undefined) this.resize(choice.terminalSize);
    if (!choice.stdin) this.#stdin.destroy();
    if (choice.source !== undefined) {
      this.#stopFeeding = feed(this.#stdin, choice.source, (error) => this.#fail(this.#sourceFailed(error)));
    }
    this.#stopListening = upgraded.onAbort((error) => this.#abort(error));
    // It may have aborted already, with nothing to stop listening to yet.
    if (this.#isOver) this.#stopListening();
  }

  /** Tell the command that its terminal has another size; throws `INVALID_ARGUMENT` where it has none. */
  resize(size: TerminalSize): void {
    expectTerminalSize("size", size);
    if (!this.#isTerminal) {
      throw new KubeError(
        "INVALID_ARGUMENT",
        `${this.#step}: there is no terminal to resize; ask for one with \`tty: true\``,
      );
    }
    if (this.#isOver) return;
    const message = JSON.stringify({ Width: size.columns, Height: size.rows });
    this.#socket.send([prefix(channels.resize), Buffer.from(message)], () => {});
  }

  /**
   * Leave the conversation; resolves once nothing of it is left.
   *
   * The command is not ended by it, except as a lost terminal or a closed pipe
   * ends one. Before the exit is known `exited` rejects with `ABORTED`.
   */
  async close(): Promise<void> {
    this.#abort(new KubeError("ABORTED", `${this.#step}: closed before the command had ended`));
    await this.#socket.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
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
    if (this.#channel === channels.status) this.#collectStatus(payload, isLast);
    else if (this.#channel === channels.close) this.#endOutput(payload);
    else this.#outputs.get(this.#channel)?.inflow.receive(payload);
  }

  #endOutput(payload: Buffer): void {
    const [channel] = payload;
    if (channel !== undefined) this.#outputs.get(channel)?.inflow.end();
  }

  #collectStatus(piece: Buffer, isLast: boolean): void {
    this.#statusBytes += piece.length;
    if (this.#statusBytes > maxStatusBytes) {
      throw new KubeError(
        "BAD_RESPONSE",
        `${this.#step}: the Status that tells how the command ended is too large`,
      );
    }
    this.#status.push(piece);
    // An empty message tells that the connection stands.
    if (!isLast || this.#statusBytes === 0) return;
    let status: ExitStatus;
    try {
      status = readExitStatus(Buffer.concat(this.#status), this.#step);
    } catch (error) {
      this.#fail(KubeError.from(error, "BAD_RESPONSE", this.#step));
      return;
    }
    // The Status is the last thing that a server says: all output is here.
    if (!this.#over()) return;
    for (const output of this.#outputs.values()) output.inflow.end();
    void this.#socket.close();
    this.#exit.resolve(status);
  }

  #ended(how: PeerClose | KubeError): void {
    if (KubeError.is(how)) {
      this.#fail(how);
      return;
    }
    const reason = how.reason === "" ? "" : `, ${JSON.stringify(how.reason.slice(0, 200))}`;
    this.#fail(
      new KubeError(
        "CONNECTION_FAILED",
        `${this.#step}: the server closed the connection (${how.code}${reason}) without telling how the command ended`,
      ),
    );
  }

  #endStdin(done: Done): void {
    if (this.protocol === protocolV5) {
      this.#socket.send([Uint8Array.of(channels.close, channels.stdin)], done);
      return;
    }
    done(
      new KubeError(
        "UNSUPPORTED",
        `${this.#step}: the server speaks ${this.protocol}, which cannot end stdin; have the command stop by itself`,
      ),
    );
  }

  #sourceFailed(error: unknown): KubeError {
    return KubeError.from(error, "ABORTED", `${this.#step}: reading what \`stdin\` was given failed`);
  }

  /** The connection is of no more use: what arrived can be read, and then the error comes. */
  #fail(error: KubeError): void {
    if (!this.#over()) return;
    for (const output of this.#outputs.values()) output.inflow.fail(error);
    void this.#socket.close();
    this.#exit.reject(error);
  }

  /** The caller has had enough: nothing can be read any more. */
  #abort(error: KubeError): void {
    const wasRunning = this.#over();
    // An output that ended by itself stays readable: the command was over, and closing only tidies up.
    if (!wasRunning) return;
    for (const output of this.#outputs.values()) {
      if (!output.inflow.isOver) output.destroy(error);
    }
    void this.#socket.close();
    this.#exit.reject(error);
  }

  /** Stop everything that could still act; false where that was done before. */
  #over(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#stopListening();
    this.#stopFeeding();
    this.#stdin.destroy();
    return true;
  }
}
