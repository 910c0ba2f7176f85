import { ApiError } from "../base/api-error.ts";
import { expectFunction, expectOptions, invalidContent } from "../base/arguments.ts";
import { isJsonObject } from "../base/json-object.ts";
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

/** What the last conflict of an edit is to its caller: that it was tried again already, and how often. */
function exhausted(error: unknown, attempts: number): unknown {
  if (!ApiError.is(error) || error.reason !== "Conflict") return error;
  const [step] = error.message.split(": conflict", 1);
  const { status, reason, details, retryAfterMs } = error;
  const message = `${step}: conflict: somebody else wrote in between, in each of ${attempts} attempts (${status}). Raise \`attempts\`, or change less at once.`;
  return new ApiError(message, { status, reason, details, retryAfterMs, cause: error });
}

/** Get, change, replace over that very state; bounded repetition on 409, nothing sent where nothing changed. */
export async function editObject<T extends KubeObject>(
  handle: Editable<T>,
  mutate: Mutate<T>,
  options: EditOptions,
): Promise<T> {
  expectOptions("options", options);
  expectFunction("mutate", mutate ?? null);
  const { attempts = 5, ...writeOptions } = options;
  const { signal, timeoutMs } = options;
  let tried = 0;
  const edited = retryOnConflict(
    async () => {
      tried += 1;
      const read = await handle.get({ signal, timeoutMs });
      const before = JSON.stringify(read);
      const { resourceVersion } = read.metadata ?? {};
      const changed = (await mutate(read)) ?? read;
      // `(map) => (map.data.a = "b")` returns a text: written, it would leave nothing of the object.
      if (!isJsonObject(changed))
        throw invalidContent("what mutate returns", "an object, or nothing", changed);
      if (JSON.stringify(changed) === before) return changed;
      // The lock is the state that was read, whatever the mutator did to it.
      const locked = { ...changed, metadata: { ...changed.metadata, resourceVersion } };
      return handle.replace(locked, writeOptions);
    },
    { attempts, signal },
  );
  return edited.catch((error: unknown) => {
    throw tried >= attempts ? exhausted(error, tried) : error;
  });
}
