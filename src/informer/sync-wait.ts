import { abortError, delay, onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import type { SharedInformer } from "./shared-informer.ts";

/** When the wait for the first list ends without it. */
export interface SyncWait {
  readonly timeoutMs: number;
  /** Aborts when the waiting lease stops. */
  readonly stopped: AbortSignal;
  readonly signal: AbortSignal | undefined;
}

/** Wait, without polling, until the first list is in the store, or until it is clear that it will not be (K11). */
export async function untilSynced<T extends KubeObject>(
  shared: SharedInformer<T>,
  { timeoutMs, stopped, signal }: SyncWait,
): Promise<void> {
  const step = `Wait for the informer of ${shared.name} to sync`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const over = new AbortController();
  const look = (): void => {
    const { state, lastError } = shared.condition();
    if (state === "stopped") reject(new KubeError("STOPPED", `${step}: it was stopped; ask for another one`));
    else if (state === "failed") reject(lastError);
  };
  const atDeadline = (hasPassed: boolean): void => {
    if (!hasPassed) return;
    const cause = shared.condition().lastError;
    const why = cause === undefined ? "no answer yet" : cause.message;
    reject(
      new KubeError("SYNC_TIMEOUT", `${step}: not within ${timeoutMs} ms; last error: ${why}`, { cause }),
    );
  };
  const signals = [stopped, signal].filter((one) => one !== undefined);
  const stopListening = signals.map((one) => onAbort(one, () => reject(abortError(one, step))));
  shared.on("synced", resolve);
  shared.on("health", look);
  look();
  void delay(timeoutMs, over.signal).then(atDeadline);
  try {
    await promise;
  } finally {
    over.abort();
    for (const stop of stopListening) stop();
    shared.off("synced", resolve);
    shared.off("health", look);
  }
}
