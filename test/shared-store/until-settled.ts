import type { KubeObject } from "../../src/resource/object.ts";
import type { SharedStore } from "../../src/shared-store/shared-store.ts";

/** Let the event loop turn until readers see what the source has, or something is in the way. */
export async function untilSettled<T extends KubeObject>(shared: SharedStore<T>): Promise<void> {
  while (!shared.isCurrent && shared.stats().problem === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
