import { expectOptions, invalidArgument } from "../base/arguments.ts";
import { isThenable } from "../base/thenable.ts";
import { keyOf } from "../resource/key.ts";
import { isKind, type Kind } from "../resource/kind.ts";
import type { KubeObject, OwnerReference } from "../resource/object.ts";
import { controllerOf } from "./owner-reference.ts";

/** Says which keys an object wakes; must be pure, and answer at once. */
export type KeysOf<T> = (object: T, key: string) => Iterable<string>;

/** An object to reconcile, by its key or by its names. */
export type KeyReference =
  | string
  | { readonly name: string; readonly namespace?: string | undefined }
  | { readonly metadata?: { readonly name?: string; readonly namespace?: string } };

/** What a mapper may return: one, several, or none. */
export type Mapped = KeyReference | Iterable<KeyReference> | undefined;

/** Tell whether a text can be a key: `namespace/name`, or `name`. */
export function isKey(value: unknown): value is string {
  if (typeof value !== "string" || value === "") return false;
  const slash = value.indexOf("/");
  if (slash === -1) return true;
  return slash > 0 && slash < value.length - 1 && value.indexOf("/", slash + 1) === -1;
}

/** An object wakes its own key (Q37). */
export function forObject(_object: KubeObject, key: string): Iterable<string> {
  return [key];
}

/** How owners are found. */
export interface ForOwnerOptions {
  /** Wake every owner of the kind, not only the one that controls the object. @default false */
  readonly everyOwner?: boolean | undefined;
}

/** The group of an `apiVersion`; undefined where it is none. */
function groupOf(apiVersion: unknown): string | undefined {
  if (typeof apiVersion !== "string") return undefined;
  const parts = apiVersion.split("/");
  if (parts.length > 2) return undefined;
  return parts.length === 2 ? parts[0] : "";
}

/**
 * An object wakes its owner of a kind (Q37): the one that controls it, or every one.
 *
 * Group and kind decide, whatever the version, so an owner that was set as
 * `example.com/v1alpha1` is found by one who follows `v1`. An owner lives in its
 * object's namespace, or in none where its kind is cluster-scoped.
 */
export function forOwner(owner: Kind, options: ForOwnerOptions = {}): KeysOf<KubeObject> {
  if (!isKind(owner)) throw invalidArgument("owner", "a kind, as defineKind makes it", owner);
  expectOptions("options", options);
  const { everyOwner = false } = options;
  const isOwner = (reference: OwnerReference): boolean =>
    reference.kind === owner.kind && groupOf(reference.apiVersion) === owner.group;
  const isNamespaced = owner.scope === "Namespaced";
  return (object) => {
    const namespace = isNamespaced ? object.metadata?.namespace : undefined;
    // What lives in no namespace cannot be owned by what does, whatever it says.
    if (isNamespaced && !namespace) return [];
    const owners = everyOwner ? (object.metadata?.ownerReferences ?? []) : [controllerOf(object)];
    return owners.flatMap((one) => (one !== undefined && isOwner(one) ? [keyOf(namespace, one.name)] : []));
  };
}

/** Tell whether a value can be iterated, and is no text. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function keyOfReference(reference: unknown): string {
  if (typeof reference === "string") return reference;
  if (typeof reference === "object" && reference !== null) {
    const names: unknown = "metadata" in reference ? reference.metadata : reference;
    if (typeof names === "object" && names !== null && "name" in names && typeof names.name === "string") {
      const namespace = "namespace" in names ? names.namespace : undefined;
      if (namespace === undefined || typeof namespace === "string") return keyOf(namespace, names.name);
    }
  }
  throw new TypeError("A mapper returns keys, objects with a name, or nothing");
}

/**
 * An object wakes what a function says: keys, `{ namespace, name }`, or whole objects (Q37).
 *
 * It is called with the old and the new state of a change; a key that both name is woken once.
 */
export function fromMap<T extends KubeObject>(map: (object: T) => Mapped): KeysOf<T> {
  return (object) => {
    const mapped: unknown = map(object);
    if (mapped === undefined || mapped === null) return [];
    const references = isIterable(mapped) ? Array.from(mapped) : [mapped];
    if (references.some(isThenable)) {
      // What they reject with is nobody's: the mistake is that they are promises.
      for (const one of references) if (isThenable(one)) one.then(undefined, () => {});
      throw new TypeError(
        "A mapper must answer at once, not by a promise: read from a store, not from the server",
      );
    }
    return references.map(keyOfReference);
  };
}
