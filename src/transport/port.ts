import type { Duplex } from "node:stream";

/** What becomes of one request on its way down, noted for telemetry. */
export interface RequestTrace {
  attempts: number;
  rateLimiterMs: number;
}

/** The time limit of the call that a request belongs to. */
export interface CallClock {
  /** Let it stand while the client itself holds the request back (H2). */
  pause(): void;
  /** Let it go on. */
  resume(): void;
}

/**
 * One HTTP request, below the server's address.
 *
 * Header names are lower case. `isStream` tells long-lived bodies (watch, logs)
 * from answers: streams go through a pool of their own without a limit, and no
 * body time-out applies to them.
 */
export interface TransportRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, escaped, beginning with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that are sent once per value, since the server does not split them at commas: Impersonate-Group. */
  readonly repeatedHeaders?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  readonly isStream: boolean;
  /**
   * Ask for the connection itself, for exec, attach and port-forward.
   *
   * Granted, the answer has status 101 and a `socket`; refused, it is an answer
   * like any other. The handshake's own headers are the caller's.
   */
  readonly upgrade?: "websocket" | undefined;
  /** `false`: sent once, whatever comes back; for callers with a repair of their own. @default true */
  readonly retry?: boolean | undefined;
  /** There while somebody subscribes to telemetry: each interceptor adds what it knows. */
  readonly trace?: RequestTrace | undefined;
  /** There where the call has a time limit, which `signal` tells of when it is over. */
  readonly clock?: CallClock | undefined;
  /**
   * Called before each time that it is sent, repetitions included; what it throws, it rejects with.
   *
   * For who may have lost the right to send it while the client held it back.
   */
  readonly beforeSend?: (() => void) | undefined;
  /** Ends the request and its body, at any time. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One HTTP answer, its body still to be read.
 *
 * The body yields bytes as they arrive and is read once. Breaking out of the
 * loop, or aborting the request's signal, closes the connection or, for an
 * answer nearly read, frees it. A body that ends early throws a `KubeError`
 * with code `CONNECTION_FAILED`; an aborted one ends by throwing `ABORTED`.
 */
export interface TransportResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** The connection, where an upgrade was granted (status 101): the reader's to end. */
  readonly socket?: Duplex | undefined;
}

/**
 * The port through which everything reaches an API server.
 *
 * Resolves with any HTTP status as soon as its headers are there; rejects with
 * a `KubeError` (`CONNECTION_FAILED`, `TLS_FAILED`, `TIMEOUT`, `ABORTED`,
 * `CREDENTIAL_FAILED`) when there is no answer. undici is one implementation,
 * the embedded API server's `handle` is another.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

/** Something that wraps a transport: credentials, retries, warnings, telemetry, faults. */
export type Interceptor = (next: Transport) => Transport;
