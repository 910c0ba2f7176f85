import { expectBoolean, expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { keyOf } from "../resource/key.ts";
import { apiVersionOf, isKind, type Kind, resourceName } from "../resource/kind.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "../resource/object.ts";

/** Anything with metadata: an object to be written, or what is applied of one. */
export interface Owned {
  metadata?: ObjectMeta;
}

/** How an owner is written into an object. */
export interface OwnerReferenceOptions {
  /**
   * Whether a foreground deletion of the owner waits for this object. On clusters that check it, whoever sets
   * it must be allowed to update the owner's `finalizers`.
   * @default true for a controller, else not said
   */
  readonly blockOwnerDeletion?: boolean | undefined;
  /** The object's kind: an object to be created that does not say its namespace gets its owner's. */
  readonly objectKind?: Kind | undefined;
}

/** What {@link ownerReference} is told besides. */
export interface NewOwnerReference {
  /** It is the one that manages the object. @default false */
  readonly controller?: boolean | undefined;
  readonly blockOwnerDeletion?: boolean | undefined;
}

function expectKind(name: string, kind: Kind): Kind {
  if (isKind(kind)) return kind;
  throw invalidArgument(name, "a kind, made by defineKind", kind);
}

/** Of an object that is not there, say so: `store.get(key)` may have found none. */
function expectObject(name: string, value: unknown): void {
  expectOptions(name, value ?? null);
}

function expectRead(field: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalidArgument(`owner.metadata.${field}`, "that of an object read from the server", value);
}

/** The reference that names `owner`, as it stands in what it owns; throws `INVALID_ARGUMENT` where it has no name or no uid. */
export function ownerReference(
  owner: KubeObject,
  kind: Kind,
  options: NewOwnerReference = {},
): OwnerReference {
  expectObject("owner", owner);
  expectKind("ownerKind", kind);
  expectOptions("options", options);
  const { controller, blockOwnerDeletion } = options;
  expectBoolean("controller", controller);
  expectBoolean("blockOwnerDeletion", blockOwnerDeletion);
  const { name, uid } = owner.metadata ?? {};
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    name: expectRead("name", name),
    uid: expectRead("uid", uid),
    ...(controller === undefined ? {} : { controller }),
    ...(blockOwnerDeletion === undefined ? {} : { blockOwnerDeletion }),
  };
}

/** An `apiVersion` without its version: owners are the same in all of them (Q37). */
function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash === -1 ? "" : apiVersion.slice(0, slash);
}

/** Who owns, whatever the version, and whatever became of the object of that name meanwhile. */
type OwnerName = Pick<OwnerReference, "apiVersion" | "kind" | "name">;

function isSameOwner(a: OwnerName, b: OwnerName): boolean {
  return groupOf(a.apiVersion) === groupOf(b.apiVersion) && a.kind === b.kind && a.name === b.name;
}

function isSameReference(a: OwnerReference, b: OwnerReference): boolean {
  return (
    isSameOwner(a, b) &&
    a.apiVersion === b.apiVersion &&
    a.uid === b.uid &&
    a.controller === b.controller &&
    a.blockOwnerDeletion === b.blockOwnerDeletion
  );
}

function describe({ metadata }: Owned): string {
  return `\`${keyOf(metadata?.namespace, metadata?.name ?? metadata?.generateName ?? "")}\``;
}

/**
 * The namespace that an object has or gets; throws where its owner cannot be seen from there.
 *
 * Such a reference is worse than none: the garbage collector finds no owner in
 * the object's namespace, and deletes the object.
 */
function namespaceFor(
  owner: KubeObject,
  ownerKind: Kind,
  object: Owned,
  objectKind: Kind | undefined,
): string | undefined {
  if (objectKind !== undefined) expectKind("objectKind", objectKind);
  const own = object.metadata?.namespace || undefined;
  if (ownerKind.scope === "Cluster") return own;
  const namespace = expectRead("namespace", owner.metadata?.namespace);
  const step = `Let ${resourceName(ownerKind)} ${describe(owner)} own ${describe(object)}`;
  if (objectKind?.scope === "Cluster") {
    throw new KubeError(
      "INVALID_ARGUMENT",
      `${step}: ${resourceName(objectKind)} live in no namespace and can only have owners that do not either; clean up by a finalizer instead`,
    );
  }
  if (own === undefined && objectKind === undefined) {
    throw new KubeError(
      "INVALID_ARGUMENT",
      `${step}: it says no namespace, as what lives in none; set metadata.namespace, or say its kind by \`objectKind\``,
    );
  }
  if (own !== undefined && own !== namespace) {
    throw new KubeError(
      "INVALID_ARGUMENT",
      `${step}: they are in different namespaces; owners must be in the object's own`,
    );
  }
  return namespace;
}

function withOwners<O extends Owned>(
  object: O,
  namespace: string | undefined,
  ownerReferences: OwnerReference[],
): O {
  const place = namespace === undefined ? {} : { namespace };
  return { ...object, metadata: { ...object.metadata, ...place, ownerReferences } };
}

/** Put a reference in the place of the one to the same owner, or behind all others. */
function withOwner<O extends Owned>(object: O, namespace: string | undefined, reference: OwnerReference): O {
  const owners = object.metadata?.ownerReferences ?? [];
  const at = owners.findIndex((one) => isSameOwner(one, reference));
  const known = owners[at];
  const isThere = known !== undefined && isSameReference(known, reference);
  if (isThere && (namespace === undefined || namespace === object.metadata?.namespace)) return object;
  return withOwners(object, namespace, at === -1 ? [...owners, reference] : owners.with(at, reference));
}

/** The owner that manages an object: the one reference with `controller: true`. */
export function controllerOf(object: Owned): OwnerReference | undefined {
  expectObject("object", object);
  return object.metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

/** Whether `owner` is the very object that manages another; compares uids, as one of the same name may be a later one. */
export function isControlledBy(object: Owned, owner: KubeObject): boolean {
  expectObject("owner", owner);
  const uid = controllerOf(object)?.uid;
  return uid !== undefined && uid === owner.metadata?.uid;
}

/** Throw `OWNED_BY_ANOTHER` where a controller that `reference` does not name manages an object. */
export function expectNoOtherController(object: Owned, reference: OwnerReference): void {
  const found = controllerOf(object);
  if (found === undefined || isSameOwner(found, reference)) return;
  throw new KubeError(
    "OWNED_BY_ANOTHER",
    `Let ${reference.kind} \`${reference.name}\` own ${describe(object)}: ${found.kind} \`${found.name}\` controls it already; choose another name, or remove that owner first`,
  );
}

/**
 * A copy of an object that `owner` controls: it is deleted with its owner, and `.owns(…)` reports it (Q45).
 *
 * The same object where it says so already; a reference to the same owner by
 * another version or uid is brought up to date in its place. Throws
 * `OWNED_BY_ANOTHER` where another controller has it, and `INVALID_ARGUMENT`
 * where its owner could not be seen from its namespace, or was not read from the server.
 */
export function setControllerReference<O extends Owned>(
  owner: KubeObject,
  ownerKind: Kind,
  object: O,
  options: OwnerReferenceOptions = {},
): O {
  expectObject("object", object);
  expectOptions("options", options);
  const { blockOwnerDeletion = true, objectKind } = options;
  const reference = ownerReference(owner, ownerKind, { controller: true, blockOwnerDeletion });
  const namespace = namespaceFor(owner, ownerKind, object, objectKind);
  expectNoOtherController(object, reference);
  return withOwner(object, namespace, reference);
}

/** A copy of an object that `owner` owns beside others: the last of its owners takes it along; see {@link setControllerReference}. */
export function setOwnerReference<O extends Owned>(
  owner: KubeObject,
  ownerKind: Kind,
  object: O,
  options: OwnerReferenceOptions = {},
): O {
  expectObject("object", object);
  expectOptions("options", options);
  const { blockOwnerDeletion, objectKind } = options;
  const reference = ownerReference(owner, ownerKind, { blockOwnerDeletion });
  const namespace = namespaceFor(owner, ownerKind, object, objectKind);
  return withOwner(object, namespace, reference);
}

/** A copy of an object that `owner` does not own, in whatever version; the same object where it did not. */
export function removeOwnerReference<O extends Owned>(owner: KubeObject, ownerKind: Kind, object: O): O {
  expectObject("owner", owner);
  expectObject("object", object);
  const { kind } = expectKind("ownerKind", ownerKind);
  const name = { apiVersion: apiVersionOf(ownerKind), kind, name: owner.metadata?.name ?? "" };
  const owners = object.metadata?.ownerReferences ?? [];
  const others = owners.filter((one) => !isSameOwner(one, name));
  return others.length === owners.length ? object : withOwners(object, undefined, others);
}
