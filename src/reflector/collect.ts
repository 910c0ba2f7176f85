import { abortError } from "../base/abort.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import type { ListPart } from "./list-watch.ts";

/** One complete list: its items in the server's order, and the state they are of. */
export interface CompleteList<T> {
  readonly items: readonly ObjectRecord<T>[];
  readonly resourceVersion: string;
}

/**
 * Put the parts of one list together.
 *
 * The first resourceVersion counts (R15); a part that restarts the list voids
 * what came before it, its resourceVersion included (R16, P12).
 */
export async function collect<T>(
  parts: AsyncIterable<ListPart<T>>,
  signal: AbortSignal,
): Promise<CompleteList<T>> {
  let items: ObjectRecord<T>[] = [];
  let resourceVersion: string | undefined;
  for await (const part of parts) {
    if (signal.aborted) throw abortError(signal, "list");
    if (part.isRestart === true) {
      items = [];
      resourceVersion = undefined;
    }
    resourceVersion ??= part.resourceVersion;
    for (const item of part.items) items.push(item);
  }
  return { items, resourceVersion: resourceVersion ?? "" };
}
