import type { Duplex } from "node:stream";
import { abortError, onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import { answerError } from "../client/answer.ts";
import type { ApiCall, Query } from "../client/api-call.ts";
import { buildRequest } from "../client/call.ts";
import { type CallOptions, Deadline } from "../client/deadline.ts";
import type { Transport, TransportResponse } from "../transport/port.ts";
import { beginHandshake, finishHandshake } from "./handshake.ts";
import { expectSubresource, type PodAddress } from "./pod-address.ts";

/** What to ask for, and in which words to report about it. */
export interface UpgradeCall {
  readonly pod: PodAddress;
  readonly subresource: string;
  readonly query: Query;
  /** Subresource's own protocols, the preferred one first. */
  readonly protocols: readonly string[];
  /** What errors begin with. */
  readonly step: string;
}

/** A connection that speaks one of the protocols asked for. */
export interface Upgraded {
  readonly socket: Duplex;
  readonly protocol: string;
  /** Call `listener` with why, once the caller's signal aborts; returns how to stop listening. */
  onAbort(listener: (error: KubeError) => void): () => void;
}

/** What an answer means that should have been a connection; reads its body. */
async function refusal(response: TransportResponse, call: UpgradeCall, sent: ApiCall): Promise<KubeError> {
  const { status, headers } = response;
  const { step } = call;
  if (status === 101) {
    return new KubeError("UNSUPPORTED", `${step}: this transport hands out no connections, which this needs`);
  }
  const error = await answerError(response, step, sent);
  if (status === 403 && headers["content-type"] === undefined) {
    // So answer servers that know WebSockets, but none of these protocols: API servers that forbid send a Status.
    return new KubeError(
      "UNSUPPORTED",
      `${step}: the server speaks none of the protocols ${call.protocols.join(", ")}, or somebody on the way forbids it`,
      { cause: error },
    );
  }
  if (status >= 400) return error;
  return new KubeError(
    "BAD_RESPONSE",
    `${step}: ${status} instead of a WebSocket; a proxy on the way may not let them through`,
  );
}

/**
 * Ask for a subresource's WebSocket and shake hands.
 *
 * `INVALID_ARGUMENT` comes before anything is sent; a refusal is the `ApiError`
 * that the server answers with. `timeoutMs` covers the time until the server has
 * accepted, `signal` what comes after as well.
 */
export async function openUpgrade(
  transport: Transport,
  call: UpgradeCall,
  options: CallOptions,
): Promise<Upgraded> {
  const { pod, subresource, query, step } = call;
  const { kind, namespace, name } = pod;
  expectSubresource(kind, subresource, step);
  const sent: ApiCall = { verb: "get", kind, namespace, name, subresource, query, isStream: true };
  const request = buildRequest(sent);
  const handshake = beginHandshake(call.protocols);
  const deadline = new Deadline(step, options);
  let socket: Duplex | undefined;
  try {
    const { signal } = deadline;
    const headers = { ...request.headers, ...handshake.headers };
    const response = await transport({ ...request, headers, upgrade: "websocket", signal });
    socket = response.socket;
    // An error between here and the first listener would end the process.
    socket?.on("error", () => {});
    if (signal?.aborted) throw abortError(signal, step);
    if (response.status !== 101 || socket === undefined) throw await refusal(response, call, sent);
    const protocol = finishHandshake(handshake, response, step);
    const granted = socket;
    return {
      socket: granted,
      protocol,
      onAbort: (listener) =>
        onAbort(options.signal, () => {
          if (options.signal !== undefined) listener(abortError(options.signal, step));
        }),
    };
  } catch (error) {
    socket?.destroy();
    throw deadline.explain(error, step);
  } finally {
    // From here on the caller's own signal counts, and no clock.
    deadline.release();
  }
}
