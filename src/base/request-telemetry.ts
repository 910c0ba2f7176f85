import type { KubeErrorCode } from "./errors.ts";

/** The `node:diagnostics_channel` that gets an {@link AttemptRecord} per HTTP request sent (H30). */
export const attemptChannel = "kube-reflex:attempt";

/** The `node:diagnostics_channel` that gets a {@link RequestRecord} per call of a transport, its retries included (H30). */
export const requestChannel = "kube-reflex:request";

/** The `node:diagnostics_channel` that gets a {@link LookupRecord} per name that is looked up for a connection (H30). */
export const lookupChannel = "kube-reflex:lookup";

/** One look-up of the server's name; through a proxy the proxy looks it up, and there is none. */
export interface LookupRecord {
  readonly host: string;
  readonly durationMs: number;
  /** The system's code, such as `ENOTFOUND`, where it failed. */
  readonly error?: string | undefined;
}

/** What both kinds of record say; nothing in it names an object, a namespace or a credential. */
export interface TelemetryRecord {
  readonly method: string;
  /** Host and port of the server. */
  readonly host: string;
  /** The path with its names left out: `/api/v1/namespaces/{namespace}/pods/{name}/log`. */
  readonly route: string;
  /** A watch, a followed log, or an upgraded connection. */
  readonly isStream: boolean;
  /** The HTTP status, or `<error>` where there was no answer, as client-go's metrics have it. */
  readonly code: string;
  /** What went wrong where `code` is `<error>`. */
  readonly error?: KubeErrorCode | undefined;
}

/** One HTTP request and the head of its answer. */
export interface AttemptRecord extends TelemetryRecord {
  /** 1 for the first; above it, it is a retry. */
  readonly attempt: number;
  /** Until the answer's headers were there. */
  readonly durationMs: number;
}

/** One call, from its first attempt to the last byte of its answer; a stream's, to the answer's headers. */
export interface RequestRecord extends TelemetryRecord {
  readonly attempts: number;
  readonly durationMs: number;
  /** How much of it was spent waiting for the client's own rate limit. */
  readonly rateLimiterMs: number;
  readonly requestBytes: number;
  /** The body as it was read, decompressed; `undefined` for streams. */
  readonly responseBytes?: number | undefined;
}
