import { abortError, delay, onAbort } from "../base/abort.ts";
import { expectDuration, expectOptions, expectSignal, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { ReachedBy } from "./source-states.ts";
import type { StoreObserver } from "./store.ts";

/** How `waitFor` waits. */
export interface WaitForOptions {
  /** @default 120_000: what two bookmarks of a quiet watch take */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is asked of a store to wait for its states. */
export interface WaitableStore {
  readonly listMark: number;
  hasReached(resourceVersion: string, by?: ReachedBy): boolean;
  stateBehind(resourceVersion: string): string | undefined;
  observe(observer: StoreObserver): () => void;
}

function timeoutError(store: WaitableStore, resourceVersion: string, step: string, ms: number): KubeError {
  const state = store.stateBehind(resourceVersion);
  const where = state === undefined || state === "" ? "nothing is listed yet" : `it is at ${state}`;
  return new KubeError(
    "TIMEOUT",
    `${step}: ${where} after ${ms} ms. A watch on which nothing happens moves about once a minute only: ` +
      "wait longer, or read from the server itself",
  );
}

/**
 * Wait until a store has reached a state; see {@link Lister.waitFor}.
 *
 * It looks when the store moves, and only then. `stopped` are signals after
 * which it will not move any more.
 */
export async function waitForState(
  store: WaitableStore,
  resourceVersion: string,
  options: WaitForOptions = {},
  stopped: readonly AbortSignal[] = [],
): Promise<void> {
  expectOptions("options", options);
  const { timeoutMs = 120_000, signal } = options;
  expectDuration("timeoutMs", timeoutMs);
  expectSignal("signal", signal);
  if (typeof resourceVersion !== "string" || resourceVersion === "") {
    throw invalidArgument("resourceVersion", "one that the server sent, as text", resourceVersion);
  }
  const step = `Wait until the store has reached resourceVersion ${resourceVersion}`;
  if (signal?.aborted) throw abortError(signal, step);
  const since = store.listMark;
  if (store.hasReached(resourceVersion, { since })) return;

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const over = new AbortController();
  const leave = store.observe({
    moved: () => {
      if (store.hasReached(resourceVersion, { since })) resolve();
    },
  });
  const stopListening = [
    ...stopped.map((one) =>
      onAbort(one, () => reject(new KubeError("STOPPED", `${step}: the informer was stopped before`))),
    ),
    onAbort(signal, () => {
      if (signal !== undefined) reject(abortError(signal, step));
    }),
  ];
  void delay(timeoutMs, over.signal).then((hasPassed) => {
    if (hasPassed) reject(timeoutError(store, resourceVersion, step, timeoutMs));
  });
  try {
    await promise;
  } finally {
    over.abort();
    leave();
    for (const stop of stopListening) stop();
  }
}
