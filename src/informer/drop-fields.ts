import { invalidArgument } from "../base/arguments.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { KubeObject } from "../resource/object.ts";

/** Fields that every stage needs. */
const needed: readonly string[] = ["name", "namespace", "uid", "resourceVersion"];

const dropped: unique symbol = Symbol("dropped fields");

/** A transform that only leaves fields out, and says which. */
export interface FieldDrop {
  <T extends KubeObject>(object: T): T;
  readonly [dropped]: readonly (readonly string[])[];
}

/**
 * A transform that leaves fields out: `dropFields("metadata.managedFields")`.
 *
 * Unlike a function of one's own it is done on the bytes as they arrive: what
 * is dropped is never parsed, and never kept. A path is the names with dots
 * between them, or an array of them where a name has dots itself; it leads
 * through objects, not through arrays. Throws `INVALID_ARGUMENT` for no path,
 * and for those without which an object has no identity: `metadata` and its
 * `name`, `namespace`, `uid` and `resourceVersion`.
 */
export function dropFields(...paths: readonly (string | readonly string[])[]): FieldDrop {
  const drop = paths.map((path) => namesOf(path));
  if (drop.length === 0) throw invalidArgument("paths", "at least one path", undefined);
  const transform = <T extends KubeObject>(object: T): T =>
    drop.reduce((rest, path) => without(rest, path), object);
  return Object.assign(transform, { [dropped]: drop } as const);
}

/** The paths that a transform only drops; undefined for one that may do anything. */
export function droppedFields(transform: object | undefined): readonly (readonly string[])[] | undefined {
  return transform !== undefined && isFieldDrop(transform) ? transform[dropped] : undefined;
}

function isFieldDrop(transform: object): transform is FieldDrop {
  return dropped in transform;
}

function namesOf(path: unknown): readonly string[] {
  const names: unknown = typeof path === "string" ? path.split(".") : path;
  if (!Array.isArray(names) || names.length === 0 || !names.every(isName)) {
    throw invalidArgument("path", "names with dots between them, or an array of names", path);
  }
  const [first, second] = names;
  if (first === "metadata" && (second === undefined || (names.length === 2 && needed.includes(second)))) {
    throw invalidArgument("path", "a field that no object needs to be found", path);
  }
  return names;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** A copy without a field; the same object where it has none. */
function without<V extends object>(value: V, [name = "", ...rest]: readonly string[]): V {
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return value;
  const { [name]: dropped, ...others } = value;
  // Only what may be absent is ever left out.
  if (rest.length === 0) return others as unknown as V;
  const less = isJsonObject(dropped) ? without(dropped, rest) : dropped;
  return less === dropped ? value : { ...value, [name]: less };
}
