import type { Duplex } from "node:stream";
import { abortError, onAbort } from "../base/abort.ts";
import {
  expectDuration,
  expectFunction,
  expectOptions,
  expectSignal,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { type CallOptions, Deadline } from "../client/deadline.ts";
import type { Transport } from "../transport/port.ts";
import { type LocalListener, type LocalListenOptions, openLocalListener } from "./local-listener.ts";
import { describeAddress, type PodAddress } from "./pod-address.ts";
import { PortForwardConnection } from "./port-forward-connection.ts";
import { openUpgrade } from "./upgrade.ts";

/** The kubelet's own protocol, two channels for a port; the API server's newer one carries SPDY inside. */
const protocol = "v4.channel.k8s.io";

/** What `portForward` takes besides the port. */
export interface PortForwardOptions {
  /** Ends every connection and every listener, with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long a connection whose writer has ended may stay silent before it is closed.
   *
   * The pod cannot be told that we ended our half, and may wait for more for ever.
   *
   * @default 10_000
   */
  readonly halfOpenMs?: number | undefined;
}

/**
 * The way to one port of a pod: connections as streams, or a local address that leads there.
 *
 * Nothing is requested before `open` or `listen`; each connection is a request of
 * its own. `close` ends them all.
 */
export class PortForward implements AsyncDisposable {
  /** The port in the pod. */
  readonly port: number;
  readonly #transport: Transport;
  readonly #pod: PodAddress;
  readonly #step: string;
  readonly #halfOpenMs: number;
  /** Aborts when this is closed, or by the caller's signal. */
  readonly #over = new AbortController();
  readonly #live = new Set<Duplex>();
  readonly #listeners = new Set<LocalListener>();
  readonly #stopListening: () => void;

  /** @internal made by {@link portForward} */
  constructor(transport: Transport, pod: PodAddress, port: number, options: PortForwardOptions) {
    this.port = port;
    this.#transport = transport;
    this.#pod = pod;
    this.#step = `forward port ${port} of ${describeAddress(pod)}`;
    this.#halfOpenMs = options.halfOpenMs ?? 10_000;
    const { signal } = options;
    this.#stopListening = onAbort(signal, () => {
      if (signal !== undefined) void this.#end(abortError(signal, this.#step));
    });
  }

  /**
   * Connect to the port; resolves once the server has accepted it.
   *
   * That the pod refuses is known later: the stream is then destroyed with `CONNECTION_FAILED`.
   */
  async open(options: CallOptions = {}): Promise<Duplex> {
    expectOptions("options", options);
    const over = this.#over.signal;
    if (over.aborted) throw abortError(over, this.#step);
    const step = this.#step;
    const deadline = new Deadline(step, options);
    const either = new AbortController();
    const stop = [
      onAbort(over, () => either.abort(over.reason)),
      onAbort(deadline.signal, () => either.abort(deadline.signal?.reason)),
    ];
    const release = (): void => {
      for (const one of stop) one();
      deadline.release();
    };
    try {
      const call = {
        pod: this.#pod,
        subresource: "portforward",
        query: { ports: this.port },
        protocols: [protocol],
        step,
      };
      const upgraded = await openUpgrade(this.#transport, call, { signal: either.signal });
      deadline.disarm();
      const init = { upgraded, port: this.port, halfOpenMs: this.#halfOpenMs, step };
      const connection = new PortForwardConnection(init);
      this.#live.add(connection);
      connection.once("close", () => {
        this.#live.delete(connection);
        release();
      });
      return connection;
    } catch (error) {
      release();
      throw error;
    }
  }

  /**
   * Accept connections on this machine and forward each of them to the port.
   *
   * On 127.0.0.1 and a free port unless told otherwise; resolves once it listens.
   * What fails for one connection resets that connection and is told to `onError`.
   */
  async listen(options: LocalListenOptions = {}): Promise<LocalListener> {
    expectOptions("options", options);
    expectFunction("onError", options.onError);
    const over = this.#over.signal;
    if (over.aborted) throw abortError(over, this.#step);
    const listener = await openLocalListener(options, this.#step, (signal) => this.open({ signal }));
    if (over.aborted) {
      await listener.close();
      throw abortError(over, this.#step);
    }
    this.#listeners.add(listener);
    void listener.closed.then(() => this.#listeners.delete(listener));
    return listener;
  }

  /** End every connection and every listener; resolves once none is left. */
  async close(): Promise<void> {
    await this.#end(new KubeError("STOPPED", `${this.#step}: the port-forward was closed`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #end(error: KubeError): Promise<void> {
    const gone = [...this.#live].map(
      (connection) => new Promise<void>((resolve) => connection.once("close", resolve)),
    );
    const listeners = [...this.#listeners].map((listener) => listener.close());
    this.#over.abort(error);
    this.#stopListening?.();
    await Promise.all([...gone, ...listeners]);
  }
}

/**
 * Make the way to a port of a pod; nothing is requested yet.
 *
 * Throws `INVALID_ARGUMENT` for a port that is none, and for a pod without a name or namespace when it is opened.
 */
export function portForward(
  transport: Transport,
  pod: PodAddress,
  port: number,
  options: PortForwardOptions = {},
): PortForward {
  expectOptions("options", options);
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) {
    throw invalidArgument("port", "a whole number from 1 to 65535", port);
  }
  expectSignal("signal", options.signal);
  expectDuration("halfOpenMs", options.halfOpenMs);
  return new PortForward(transport, pod, port, options);
}
