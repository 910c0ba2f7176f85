import type { TransportResponse } from "./port.ts";

/** Bytes worth reading to keep a connection; above, a new one is cheaper. */
const maxDrainedBytes = 64 * 1024;

/** Read an answer that is not used, so that its connection can be; never rejects. */
export async function drain(response: TransportResponse): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      if (bytes > maxDrainedBytes) break;
    }
  } catch {
    // The answer is not used: how its body ended tells nothing.
  }
}
