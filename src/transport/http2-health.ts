import type { Socket } from "node:net";

/** How often an HTTP/2 connection is asked by PING whether the other side is there (H24). */
export const pingEveryMs = 30_000;
/** How long an answer may take (H24). */
const pingTimeoutMs = 15_000;
const stepMs = 15_000;

/**
 * Drop an HTTP/2 connection over which nothing has come, not even the answer to a PING (H24).
 *
 * undici sends the PINGs. All that its requests and watches would notice by
 * themselves is their own silence, and they would begin anew over the same dead
 * connection. It is looked at in steps: a process that was stopped for an hour
 * gives the other side its time to answer.
 */
export function followHealth(socket: Socket): void {
  const silentSteps = (pingEveryMs + pingTimeoutMs) / stepMs;
  let bytesRead = socket.bytesRead;
  let silent = 0;
  const timer = setInterval(() => {
    silent = socket.bytesRead === bytesRead ? silent + 1 : 0;
    bytesRead = socket.bytesRead;
    if (silent < silentSteps) return;
    const error = new Error(`nothing came for ${silentSteps * stepMs} ms, a PING's answer included`);
    // As undici's own: any other code it lays to the requests that wait for the next connection, too.
    socket.destroy(Object.assign(error, { code: "UND_ERR_SOCKET" }));
  }, stepMs);
  timer.unref();
  socket.once("close", () => clearInterval(timer));
}
