import { vi } from "vitest";

/** Let everything run that needs no time. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await vi.advanceTimersByTimeAsync(0);
}

/** Move the clock in small steps until something holds; throws when it does not within `withinMs`. */
export async function until(what: () => boolean, withinMs = 0, stepMs = 50): Promise<void> {
  const deadline = Date.now() + withinMs;
  await settle();
  while (!what()) {
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) throw new Error(`not within ${withinMs} ms: ${what}`);
    await vi.advanceTimersByTimeAsync(Math.min(stepMs, leftMs));
    await settle();
  }
}
