import { Duplex, finished } from "node:stream";
import type { WebSocket } from "ws";
import { Channels } from "./channels.ts";

/** What a scripted port gets: one connection to it. */
export interface ForwardedConnection {
  readonly namespace: string;
  /** The pod's name. */
  readonly name: string;
  readonly port: number;
  readonly connection: Duplex;
  /** Aborts when the client has gone or the server stops. */
  readonly signal: AbortSignal;
}

/**
 * Plays what listens on a port of a pod; the connection ends when `connection` does.
 *
 * What it throws is told to the client as the port's error.
 */
export type PortForwardHandler = (forwarded: ForwardedConnection) => unknown;

/** What is asked to be forwarded. */
export interface ForwardOptions extends Pick<ForwardedConnection, "namespace" | "name"> {
  readonly ports: readonly number[];
  readonly uid: string;
}

function portPrefix(port: number): Uint8Array {
  return Uint8Array.of(port % 256, Math.floor(port / 256));
}

async function playPort(
  channels: Channels,
  index: number,
  options: ForwardOptions,
  handler: PortForwardHandler,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid, ports } = options;
  const port = ports[index] ?? 0;
  const [data, failure] = [2 * index, 2 * index + 1];
  const connection = Duplex.from({ readable: channels.readable(data), writable: channels.writable(data) });
  // Told by the handler's promise, or by nobody: a broken connection is the client's matter.
  connection.on("error", () => {});
  const { promise: isDone, resolve } = Promise.withResolvers<void>();
  finished(connection, { readable: false }, () => resolve());
  for (const each of [data, failure]) await channels.send(each, portPrefix(port));
  try {
    await handler({ namespace, name, port, connection, signal });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    await channels.send(failure, `error forwarding port ${port} to pod ${name}, uid ${uid}: ${why}`);
    connection.destroy();
    return;
  }
  await Promise.race([isDone, channels.closed]);
}

/**
 * Forward ports over one WebSocket: of each a channel for data and one for its error, which begin with its number.
 *
 * Resolves when the connection is closed: in order after all ports have ended,
 * broken when `signal` aborts.
 */
export async function forwardPorts(
  socket: WebSocket,
  options: ForwardOptions,
  handler: PortForwardHandler,
  signal: AbortSignal,
): Promise<void> {
  const channels = new Channels(socket, signal);
  const gone = new AbortController();
  const closed = channels.closed.then(() => gone.abort(signal.reason));
  const ports = options.ports.map((_, i) => playPort(channels, i, options, handler, gone.signal));
  await Promise.all(ports);
  channels.close();
  await closed;
}
