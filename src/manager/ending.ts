import { delay } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import { ended, type Running } from "./running.ts";

/** How long what was cancelled may take to break off; a controller names what does not after 5 seconds. */
const breakOffMs = 6000;

/** How a manager ends what it runs. */
export interface Ending {
  /** Ended one after the other, each once nothing of the one before goes on. */
  readonly groups: readonly (readonly Running[])[];
  /** Told to each runnable. */
  readonly reason: unknown;
  readonly graceMs: number;
  /** Aborted when the grace is over, and by whoever wants it over at once. */
  readonly cancelled: AbortController;
}

/**
 * End everything: group after group within one grace period, then what is left at once.
 *
 * Resolves to what still runs then, 6 seconds after it was cancelled; never rejects.
 */
export async function endAll({ groups, reason, graceMs, cancelled }: Ending): Promise<readonly Running[]> {
  const over = new AbortController();
  const timeUp = (): void =>
    cancelled.abort(new KubeError("TIMEOUT", `Stop the manager: the grace of ${graceMs} ms is over`));
  void delay(graceMs, over.signal).then((hasPassed) => hasPassed && timeUp());
  const all = groups.flat();
  try {
    for (const group of groups) {
      for (const running of group) running.stop(reason);
      if (!(await ended(group, cancelled.signal))) break;
    }
    if (!cancelled.signal.aborted) return [];
    for (const running of all) running.stop(reason);
    const late = new AbortController();
    void delay(breakOffMs, over.signal).then(() => late.abort());
    await ended(all, late.signal);
    return all.filter(({ state }) => state === "running");
  } finally {
    over.abort();
  }
}

/** The error that names what did not end. */
export function leftoverError(leftovers: readonly Running[], graceMs: number): KubeError {
  const names = leftovers.map(({ name }) => name).join(", ");
  const when = `${graceMs} ms after it was told to end, and ${breakOffMs} ms after it was cancelled`;
  return new KubeError(
    "TIMEOUT",
    `Stop the manager: still running: ${names} (${when}); let it heed its signal, or raise \`graceMs\``,
  );
}
