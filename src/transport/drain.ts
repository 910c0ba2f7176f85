import type { TransportResponse } from "./port.ts";

/** Bytes worth reading to keep a connection; above, a new one is cheaper. */
const maxDrainedBytes = 64 * 1024;

/** How long the rest of it is waited for: on a stream nothing else would end the wait. */
const maxWaitMs = 1000;

/** Read an answer that is not used, so that its connection can be; never rejects. */
export async function drain(response: TransportResponse): Promise<void> {
  const reader = response.body[Symbol.asyncIterator]();
  const { promise: isLate, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), maxWaitMs);
  let bytes = 0;
  try {
    for (;;) {
      const result = await Promise.race([reader.next(), isLate]);
      if (result?.done) return;
      bytes += result?.value.byteLength ?? 0;
      if (result === undefined || bytes > maxDrainedBytes) break;
    }
    // Not waited for: a generator takes its turn behind the chunk that does not come.
    void reader.return?.().catch(() => {});
  } catch {
    // The answer is not used: how its body ended tells nothing.
  } finally {
    clearTimeout(timer);
  }
}
