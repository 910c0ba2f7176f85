import { KubeError } from "../../src/base/errors.ts";
import type { WorkItem } from "../../src/work-queue/work-item.ts";
import type { WorkQueue } from "../../src/work-queue/work-queue.ts";

/** Take a key that must be ready. */
export function takeNow(queue: WorkQueue): WorkItem {
  const item = queue.tryTake();
  if (item === undefined) throw new Error("nothing is ready");
  return item;
}

/** Take and finish everything that is ready; returns the keys in their order. */
export function workOff(queue: WorkQueue): string[] {
  const keys: string[] = [];
  for (let item = queue.tryTake(); item !== undefined; item = queue.tryTake()) {
    keys.push(item.key);
    queue.done(item.key);
  }
  return keys;
}

/** Let everything run that waits for promises only. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await Promise.resolve();
}

/** What a call throws, as `CODE message`. */
export function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (KubeError.is(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return "nothing";
}
