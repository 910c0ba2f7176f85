import { delay } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";

/** Something that was told to end, and when it has. */
export interface Ending {
  readonly name: string;
  readonly ended: Promise<unknown>;
}

/** Wait until everything has ended; after `graceMs`, reject with `TIMEOUT` naming what has not. */
export async function allEnded(step: string, endings: readonly Ending[], graceMs: number): Promise<void> {
  const open = new Set(endings);
  const all = Promise.all(
    endings.map(async (ending) => {
      await ending.ended;
      open.delete(ending);
    }),
  );
  const over = new AbortController();
  try {
    await Promise.race([all, delay(graceMs, over.signal)]);
  } finally {
    over.abort();
  }
  if (open.size === 0) return;
  const names = Array.from(open, ({ name }) => name).join(", ");
  throw new KubeError("TIMEOUT", `${step}: after ${graceMs} ms still running: ${names}`);
}
