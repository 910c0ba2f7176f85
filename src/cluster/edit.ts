import { expectFunction, expectOptions, invalidArgument } from "../base/arguments.ts";
import { retryOnConflict } from "../client/retry-on-conflict.ts";
import type { KubeObject } from "../resource/object.ts";
import type { EditOptions, GetOptions, WriteOptions } from "./handle-options.ts";

/** Changes an object in place, or returns the one to be written; it may be called several times. */
// biome-ignore lint/suspicious/noConfusingVoidType: a mutator that returns nothing is the usual one
export type Mutate<T> = (object: T) => T | void | Promise<T | void>;

interface Editable<T> {
  get(options?: GetOptions): Promise<T>;
  replace(object: T, options?: WriteOptions): Promise<T>;
}

/** Get, change, replace over that very state; bounded repetition on 409, nothing sent where nothing changed. */
export async function editObject<T extends KubeObject>(
  handle: Editable<T>,
  mutate: Mutate<T>,
  options: EditOptions,
): Promise<T> {
  expectOptions("options", options);
  if (typeof mutate !== "function") throw invalidArgument("mutate", "a function", mutate);
  expectFunction("mutate", mutate);
  const { attempts, ...writeOptions } = options;
  const { signal, timeoutMs } = options;
  return retryOnConflict(
    async () => {
      const read = await handle.get({ signal, timeoutMs });
      const before = JSON.stringify(read);
      const { resourceVersion } = read.metadata ?? {};
      const changed = (await mutate(read)) ?? read;
      if (JSON.stringify(changed) === before) return changed;
      // The lock is the state that was read, whatever the mutator did to it.
      const locked = { ...changed, metadata: { ...changed.metadata, resourceVersion } };
      return handle.replace(locked, writeOptions);
    },
    { attempts, signal },
  );
}
