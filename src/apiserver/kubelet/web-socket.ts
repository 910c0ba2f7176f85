import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import type { WebSocket } from "ws";
import type { TransportResponse } from "../../transport/port.ts";

const headEnd = "\r\n\r\n";

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

/** Read the head of the answer that was written to the other end; what follows stays in `socket`. */
async function readHead(socket: Duplex): Promise<Record<string, string>> {
  let read = Buffer.alloc(0);
  let end = -1;
  while (end < 0) {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("readable", resolve);
    await promise;
    const chunk: unknown = socket.read();
    if (Buffer.isBuffer(chunk)) read = Buffer.concat([read, chunk]);
    end = read.indexOf(headEnd);
  }
  const rest = read.subarray(end + headEnd.length);
  if (rest.byteLength > 0) socket.unshift(rest);
  const [, ...lines] = read.subarray(0, end).toString("latin1").split("\r\n");
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}

/** Let an end that is destroyed take the other one with it, as a broken connection does. */
function breakTogether(one: Duplex, other: Duplex): void {
  one.once("close", () => {
    // Otherwise it has ended in order, and what the other has not read yet is still there.
    if (!other.writableFinished) other.destroy();
  });
}

/**
 * Accept an upgrade to WebSocket in memory: the answer has the client's end of the connection.
 *
 * The handshake's headers must have been checked; `serve` gets the server's end.
 * Loads the package `ws`, whose server side speaks the protocol.
 */
export async function acceptWebSocket(
  headers: Readonly<Record<string, string>>,
  protocol: string,
  serve: (socket: WebSocket) => void,
): Promise<TransportResponse> {
  const { WebSocketServer } = await import("ws");
  const [client, server] = duplexPair();
  breakTogether(client, server);
  breakTogether(server, client);
  const front = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    handleProtocols: () => protocol,
  });
  const request = new IncomingMessage(new Socket());
  request.method = "GET";
  request.headers = {
    ...headers,
    connection: "Upgrade",
    upgrade: "websocket",
    // The one that was chosen: `ws` refuses lists that servers in Go take, such as one with an empty entry.
    "sec-websocket-protocol": protocol,
  };
  front.handleUpgrade(request, server, Buffer.alloc(0), serve);
  return { status: 101, headers: await readHead(client), body: nothing(), socket: client };
}
