import { createHash, randomBytes } from "node:crypto";
import { KubeError } from "../base/errors.ts";
import type { TransportResponse } from "../transport/port.ts";

/** What RFC 6455 has both sides append to the key. */
const acceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The headers that ask for a WebSocket, and the key that the answer is checked against. */
export interface Handshake {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Begin a WebSocket handshake that offers these subprotocols, the preferred one first. */
export function beginHandshake(protocols: readonly string[]): Handshake {
  const wrong = protocols.find((protocol) => !token.test(protocol));
  // One that holds a comma or a line end would be a header of its own.
  if (wrong !== undefined) {
    throw new KubeError(
      "INVALID_ARGUMENT",
      `Expected subprotocols to be tokens, got ${JSON.stringify(wrong)}`,
    );
  }
  const key = randomBytes(16).toString("base64");
  return {
    key,
    protocols,
    headers: {
      "sec-websocket-key": key,
      "sec-websocket-version": "13",
      "sec-websocket-protocol": protocols.join(", "),
    },
  };
}

/** The `Sec-WebSocket-Accept` that proves that a server read this key. */
export function acceptOf(key: string): string {
  return createHash("sha1")
    .update(key + acceptSuffix)
    .digest("base64");
}

/**
 * Check a granted handshake and tell which subprotocol the server chose.
 *
 * Throws `BAD_RESPONSE` for an answer that is no WebSocket's, and `UNSUPPORTED`
 * for a server that chose none of the subprotocols offered.
 */
export function finishHandshake(
  handshake: Handshake,
  head: Pick<TransportResponse, "headers">,
  step: string,
): string {
  const { headers } = head;
  const upgrade = headers.upgrade;
  if (upgrade !== undefined && upgrade.toLowerCase() !== "websocket") {
    throw new KubeError(
      "BAD_RESPONSE",
      `${step}: the server switched to ${JSON.stringify(upgrade)}, not to a WebSocket`,
    );
  }
  if (headers["sec-websocket-accept"] !== acceptOf(handshake.key)) {
    throw new KubeError(
      "BAD_RESPONSE",
      `${step}: the answer to the WebSocket handshake is not this handshake's; a proxy may have answered`,
    );
  }
  // None was offered, and frames that use one cannot be read.
  if ((headers["sec-websocket-extensions"] ?? "") !== "") {
    throw new KubeError("BAD_RESPONSE", `${step}: the server uses WebSocket extensions that nobody offered`);
  }
  const chosen = headers["sec-websocket-protocol"] ?? "";
  if (!handshake.protocols.includes(chosen)) {
    const what = chosen === "" ? "none" : JSON.stringify(chosen.slice(0, 100));
    throw new KubeError(
      "UNSUPPORTED",
      `${step}: the server chose ${what} of the subprotocols ${handshake.protocols.join(", ")}`,
    );
  }
  return chosen;
}
