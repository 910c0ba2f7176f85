import { isJsonObject } from "../base/json-object.ts";
import type { TransportRequest } from "../transport/port.ts";
import type { ApiCall } from "./api-call.ts";
import type { CallOptions } from "./deadline.ts";

/** What the calls of one piece of work have in common: one reconcile, for example. */
export interface CallScope {
  /** Ends every call, streams and pages included, beside the call's own signal. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Asked right before each write is sent, with the call in words; what it throws, the call rejects with.
   *
   * Each attempt asks anew, of an `edit` and of what is repeated as the server asks
   * for it, and may be asked more than once. A dry run writes nothing.
   */
  readonly beforeWrite?: ((step: string) => void) | undefined;
  /** Told of each write that was answered with an object, before its caller is; must not throw. Not of `raw`. */
  readonly written?: ((call: ApiCall, answer: unknown) => void) | undefined;
}

/** A call's options, with the scope's signal added. */
export function withinScope(options: CallOptions, { signal }: CallScope): CallOptions {
  const own = options.signal;
  if (signal === undefined || own === signal) return options;
  // What is no signal is refused where all options are checked.
  if (own !== undefined && !(own instanceof AbortSignal)) return options;
  return { ...options, signal: own === undefined ? signal : AbortSignal.any([own, signal]) };
}

/** Tell whether a request changes something, if it is granted: any but a read and a dry run. */
export function isWrite(
  { method, path }: Pick<TransportRequest, "method" | "path">,
  call?: ApiCall,
): boolean {
  if (method === "GET") return false;
  const query = path.split("?", 2)[1] ?? "";
  if (new URLSearchParams(query).getAll("dryRun").includes("All")) return false;
  const inBody = method === "DELETE" && isJsonObject(call?.body) ? call.body.dryRun : undefined;
  return !(Array.isArray(inBody) && inBody.includes("All"));
}
