import { isJsonObject } from "../../base/json-object.ts";
import { equalJson } from "../storage/frozen-json.ts";

/** Where an item is in a list, by its key or, without one, by its value; -1 if it is not. */
export function keyIn(list: readonly unknown[], item: unknown, key: string): number {
  const of = (one: unknown): unknown => (key === "" ? one : isJsonObject(one) ? one[key] : undefined);
  return list.findIndex((one) => equalJson(of(one), of(item)));
}

function sorted<T>(items: readonly T[], order: readonly unknown[], key: string): T[] {
  const at = (item: T): number => keyIn(order, item, key);
  return [...items].sort((a, b) => at(a) - at(b));
}

/**
 * The items of a merged list: those that the patch names in its order, the rest in the order they were in.
 *
 * Of the rest, each comes before the first patched item that it was before.
 */
export function inOrder<T>(
  merged: readonly T[],
  patch: readonly unknown[],
  original: readonly unknown[],
  key: string,
): T[] {
  const isPatched = (item: T): boolean => keyIn(patch, item, key) >= 0;
  const rest = sorted(
    merged.filter((item) => !isPatched(item)),
    original,
    key,
  );
  const result: T[] = [];
  for (const item of sorted(merged.filter(isPatched), patch, key)) {
    const at = keyIn(original, item, key);
    while (rest.length > 0 && at >= 0) {
      const before = keyIn(original, rest[0], key);
      if (before < 0 || before > at) break;
      result.push(...rest.splice(0, 1));
    }
    result.push(item);
  }
  return [...result, ...rest];
}
