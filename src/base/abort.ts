import { KubeError } from "./errors.ts";

/** The error that everything waiting on `signal` rejects with once it aborts. */
export function abortError(signal: AbortSignal, step: string): KubeError {
  if (KubeError.is(signal.reason)) return signal.reason;
  return new KubeError("ABORTED", `${step}: aborted by the caller's signal`, { cause: signal.reason });
}

/** Call `listener` once when `signal` aborts, at once if it already has; returns how to stop listening. */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    listener();
    return () => {};
  }
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

/** The longest time one timer takes; above it, it would fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/**
 * Wait `ms` milliseconds, or until `signal` aborts; never rejects.
 *
 * Resolves to whether the whole time passed. The timer is looked up at the
 * call, so fake timers move it, and is cleared at abort.
 */
export function delay(ms: number, signal?: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let leftMs = ms;
  let timer: ReturnType<typeof setTimeout>;
  const arm = (): void => {
    const stepMs = Math.min(leftMs, longestTimerMs);
    timer = setTimeout(() => {
      leftMs -= stepMs;
      if (leftMs > 0) return arm();
      stopListening();
      resolve(true);
    }, stepMs);
  };
  arm();
  const stopListening = onAbort(signal, () => {
    clearTimeout(timer);
    resolve(false);
  });
  return promise;
}
