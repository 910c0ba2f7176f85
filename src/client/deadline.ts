import { abortError, longestTimerMs, onAbort } from "../base/abort.ts";
import { expectDuration, expectSignal } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { withStep } from "../base/with-step.ts";
import type { CallClock } from "../transport/port.ts";
import type { ApiCall } from "./api-call.ts";

/** What every call can be told about when to give up. */
export interface CallOptions {
  /** Ends the call with `ABORTED`, at any time. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the call with `TIMEOUT`, its retries and the reading of its body included, but not the wait for the client's own rate limit (H2). @default none */
  readonly timeoutMs?: number | undefined;
}

/**
 * The caller's signal and time limit of one call, as one signal.
 *
 * `release()` must be called once the call is over: it clears the timer and
 * stops listening to the caller's signal.
 */
export class Deadline implements CallClock {
  readonly #controller: AbortController | undefined;
  readonly #plain: AbortSignal | undefined;
  readonly #stopListening: () => void;
  readonly #step: string;
  readonly #limitMs: number | undefined;
  /** What is left of the limit; absent where there is none, and once the call is over. */
  #leftMs: number | undefined;
  #startedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(step: string, options: CallOptions) {
    const { signal, timeoutMs } = options;
    expectDuration("timeoutMs", timeoutMs);
    expectSignal("signal", signal);
    if (signal?.aborted) throw abortError(signal, step);
    this.#step = step;
    this.#limitMs = timeoutMs;
    if (timeoutMs === undefined) {
      this.#plain = signal;
      this.#stopListening = () => {};
      return;
    }
    const controller = new AbortController();
    this.#controller = controller;
    this.#stopListening = onAbort(signal, () => controller.abort(signal?.reason));
    this.#leftMs = Math.min(timeoutMs, longestTimerMs);
    this.resume();
  }

  /** Aborts when the caller does, or when the time is over. */
  get signal(): AbortSignal | undefined {
    return this.#controller?.signal ?? this.#plain;
  }

  pause(): void {
    if (this.#leftMs === undefined || this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs -= performance.now() - this.#startedAt;
  }

  resume(): void {
    // A request that was given up may come back from its wait late: the call is over.
    if (this.#leftMs === undefined || this.#timer !== undefined) return;
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => {
      const text = `${this.#step}: not finished within ${this.#limitMs} ms`;
      this.#controller?.abort(new KubeError("TIMEOUT", text));
    }, this.#leftMs);
  }

  /** Stop the clock for good, but keep following the caller's signal. */
  disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs = undefined;
  }

  /** The call is over: stop the clock, and listen to nobody. */
  release(): void {
    this.disarm();
    this.#stopListening();
  }

  /**
   * What a failure of the call is to the caller.
   *
   * An abort or a time-out comes before what it caused; a transport knows
   * addresses, not calls, so the call is put in front.
   */
  explain(error: unknown, step: string): KubeError {
    const signal = this.signal;
    if (!signal?.aborted) return withStep(error, step);
    const ended = abortError(signal, step);
    // The transport may know more of it: what a previous attempt failed with (H8).
    const isSame =
      KubeError.is(error) && error.code === ended.code && error.message.startsWith(ended.message);
    return isSame ? error : ended;
  }
}

/** The time limit as the server takes it, a Go duration; absent where it is none, or more than a timer takes. */
function serverTimeout({ timeoutMs }: CallOptions): string | undefined {
  if (timeoutMs === undefined || !(timeoutMs > 0 && timeoutMs <= longestTimerMs)) return undefined;
  return `${Math.ceil(timeoutMs)}ms`;
}

/**
 * Tell the server the time limit too, so that it stops working for nobody (H11).
 *
 * Not for streams, which it covers only until they are accepted, and not
 * through a proxy, whose parameters are somebody else's.
 */
export function timedCall(call: ApiCall, options: CallOptions): ApiCall {
  const timeout = serverTimeout(options);
  const isStream = call.isStream ?? call.verb === "watch";
  if (timeout === undefined || isStream || call.subresource === "proxy") return call;
  return { ...call, query: { timeout, ...call.query } };
}

/** The same for a path. */
export function timedPath(path: string, options: CallOptions): string {
  const timeout = serverTimeout(options);
  if (timeout === undefined) return path;
  return `${path}${path.includes("?") ? "&" : "?"}timeout=${timeout}`;
}

/** A body whose reading ends what its deadline holds. */
export async function* releasing(
  body: AsyncIterable<Uint8Array>,
  deadline: Deadline,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body;
  } finally {
    deadline.release();
  }
}
