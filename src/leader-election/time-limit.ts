import { abortError, onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import type { ElectionClock } from "./election-clock.ts";

/** How long something may take. */
export interface TimeLimit {
  readonly clock: ElectionClock;
  readonly limitMs: number;
  /** Ends it before. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Do something that is given up at a time limit, by its signal, whether it heeds that or not.
 *
 * Rejects with `TIMEOUT` then, and with what `signal` aborts with; leaves no
 * timer and no listener behind.
 */
export async function withinLimit<T>(
  step: string,
  { clock, limitMs, signal }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw abortError(signal, step);
  const limit = new AbortController();
  const done = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const stopListening = onAbort(signal, () => limit.abort(signal?.reason));
  onAbort(limit.signal, () => reject(abortError(limit.signal, step)));
  void clock.delay(limitMs, done.signal).then((isOver) => {
    if (isOver) limit.abort(new KubeError("TIMEOUT", `${step}: not done within ${limitMs} ms`));
  });
  try {
    return await Promise.race([work(limit.signal), ended]);
  } finally {
    done.abort();
    stopListening();
  }
}
