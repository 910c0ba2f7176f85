import { onAbort } from "./abort.ts";

/** Let the event loop turn once; not waited for once `signal` aborts. Never rejects. */
export async function eventLoopTurn(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const immediate = setImmediate(resolve);
  const stopListening = onAbort(signal, resolve);
  await promise;
  clearImmediate(immediate);
  stopListening();
}
