import { isDeepStrictEqual } from "node:util";
import { expectFunction, expectOptions, invalidArgument, invalidContent } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { Kind } from "../resource/kind.ts";
import type { Applied, KubeObject } from "../resource/object.ts";
import type { CollectionPort, ObjectPort, PortApplyOptions, PortWriteOptions } from "./cluster-port.ts";
import { expectNoOtherController, ownerReference, setControllerReference } from "./owner-reference.ts";
import { isAlreadyThere, isConflict, pauseBeforeRetry, triedInVain, writeAttempts } from "./stale-write.ts";

/** What a write did, in the words of controller-runtime. */
export type WriteOutcome = "created" | "updated" | "unchanged";

/** What was done, and the object as it is now. */
export interface Written<T> {
  readonly outcome: WriteOutcome;
  readonly object: T;
}

/** Who is to control the object. */
export interface ControllingOwner {
  readonly object: KubeObject;
  readonly kind: Kind;
}

/** What {@link createOrApply} takes. */
export interface CreateOrApplyOptions<T extends KubeObject> extends Omit<PortApplyOptions, "dryRun"> {
  /** Made its controller, by {@link setControllerReference}; a namespaced one says its namespace too. */
  readonly owner?: ControllingOwner | undefined;
  /**
   * The object as a store has it, `undefined` where it has none: then nothing is read first.
   *
   * What it says is taken for the present: from an old copy follows "updated"
   * where nothing changed, or "created" where the store does not show the object.
   * @default it is read
   */
  readonly current?: T | undefined;
}

/** The one object that a handle selects. */
type AppliedObject<T extends KubeObject> = Pick<ObjectPort<T>, "find" | "apply">;

/** A collection, in which the object says its name. */
interface AppliedCollection<T extends KubeObject> {
  inNamespace(namespace: string): AppliedCollection<T>;
  withName(name: string): AppliedObject<T>;
}

function outcomeOf<T extends KubeObject>(before: T | undefined, after: T): WriteOutcome {
  const { uid, resourceVersion } = before?.metadata ?? {};
  if (before === undefined || uid !== after.metadata?.uid) return "created";
  return resourceVersion === after.metadata?.resourceVersion ? "unchanged" : "updated";
}

function owned<T extends KubeObject>(object: Applied<T>, owner: ControllingOwner | undefined): Applied<T> {
  if (owner === undefined) return object;
  expectOptions("owner", owner);
  expectOptions("owner.object", owner.object ?? null);
  const { namespace } = owner.kind?.scope === "Cluster" ? {} : (owner.object.metadata ?? {});
  if (namespace === undefined || object.metadata?.namespace !== undefined) {
    return setControllerReference(owner.object, owner.kind, object);
  }
  // It can only be owned there, and a handle of another namespace then refuses it.
  const placed = { ...object, metadata: { ...object.metadata, namespace } };
  return setControllerReference(owner.object, owner.kind, placed);
}

/**
 * Apply an object on the server, and say what that did: created, updated, unchanged (Q45).
 *
 * Needs a `fieldManager`, and like `apply` takes what is wished for: fields that
 * were applied before and are missing now are removed. One GET before it tells
 * whether the object was there, unless `current` does. Rejects with
 * `OWNED_BY_ANOTHER`, before anything is written, where another controller has
 * it, and with 409 where another manager has a field of it, unless `force` is given.
 */
export async function createOrApply<T extends KubeObject>(
  handle: AppliedObject<T> | AppliedCollection<T>,
  object: Applied<T>,
  options: CreateOrApplyOptions<T> = {},
): Promise<Written<T>> {
  const isHandle =
    typeof handle === "object" && handle !== null && ("withName" in handle || "apply" in handle);
  if (!isHandle) throw invalidArgument("handle", "that of an object or a collection", handle);
  expectOptions("object", object ?? null);
  expectOptions("options", options);
  const { owner, current, fieldManager, force, signal, timeoutMs } = options;
  const wanted = owned(object, owner);
  const { name, namespace } = wanted.metadata ?? {};
  if (typeof name !== "string" || name === "") throw invalidArgument("object.metadata.name", "a name", name);
  const place = "withName" in handle && namespace !== undefined ? handle.inNamespace(namespace) : handle;
  const target = "withName" in place ? place.withName(name) : place;
  const call = { signal, timeoutMs };
  const before = Object.hasOwn(options, "current") ? current : await target.find(call);
  if (owner !== undefined && before !== undefined) {
    expectNoOtherController(before, ownerReference(owner.object, owner.kind));
  }
  const after = await target.apply(wanted, { ...call, fieldManager, force });
  return { outcome: outcomeOf(before, after), object: after };
}

/**
 * Gives the object as it is to be, from the one that is there or from nothing.
 *
 * What it is given is its own to change; it returns it or another.
 */
export type MutateOrMake<T extends KubeObject> = (
  existing: T | undefined,
  // biome-ignore lint/suspicious/noConfusingVoidType: a mutator that returns nothing is the usual one
) => T | void | Promise<T | void>;

/** What {@link createOrUpdate} takes. */
export type CreateOrUpdateOptions = Omit<PortWriteOptions, "dryRun">;

type UpdatedCollection<T extends KubeObject> = Pick<CollectionPort<T>, "create" | "replace"> & {
  withName(name: string): Pick<ObjectPort<T>, "find">;
};

/** As it would be read: no members that are undefined, dates as texts. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The object to write: of the name and the namespace that were asked for, over the state that was read. */
function addressed<T extends KubeObject>(made: T | undefined, name: string, existing: T | undefined): T {
  if (!isJsonObject(made)) throw invalidContent("what mutate returns", "an object", made);
  const { namespace, resourceVersion, uid } = existing?.metadata ?? {};
  const { metadata = {} } = made;
  const expected = { name, namespace: existing === undefined ? metadata.namespace : namespace };
  for (const field of ["name", "namespace"] as const) {
    const value = metadata[field];
    if (value === undefined || value === expected[field]) continue;
    throw new KubeError(
      "INVALID_ARGUMENT",
      `Create or update \`${name}\`: mutate may not change metadata.${field}; write another object by another call`,
    );
  }
  const lock = existing === undefined ? {} : { uid, resourceVersion };
  return { ...made, metadata: { ...metadata, ...expected, ...lock } };
}

async function attempt<T extends KubeObject>(
  collection: UpdatedCollection<T>,
  name: string,
  mutate: MutateOrMake<T>,
  options: CreateOrUpdateOptions,
): Promise<Written<T>> {
  const { signal, timeoutMs } = options;
  const existing = await collection.withName(name).find({ signal, timeoutMs });
  const copy = structuredClone(existing);
  const wanted = addressed((await mutate(copy)) ?? copy, name, existing);
  if (existing === undefined) {
    return { outcome: "created", object: await collection.create(wanted, options) };
  }
  if (isDeepStrictEqual(asJson(wanted), asJson(existing))) return { outcome: "unchanged", object: existing };
  const object = await collection.replace(wanted, options);
  return { outcome: outcomeOf(existing, object), object };
}

/**
 * Read an object, let `mutate` change it or make it, and write it where that changed something (Q45).
 *
 * As controller-runtime's CreateOrUpdate, and read and mutated anew, five times
 * at most, where somebody else wrote in between: `mutate` may be called several
 * times. A field that the server fills in and `mutate` takes away is an update
 * each time. Rejects with `INVALID_ARGUMENT` where it changes name or namespace;
 * what it does to a status that has a path of its own is not written. Prefer
 * {@link createOrApply}: it leaves alone what others own.
 */
export async function createOrUpdate<T extends KubeObject>(
  collection: UpdatedCollection<T>,
  name: string,
  mutate: MutateOrMake<T>,
  options: CreateOrUpdateOptions = {},
): Promise<Written<T>> {
  expectFunction("collection.withName", collection?.withName ?? null);
  if (typeof name !== "string" || name === "") throw invalidArgument("name", "that of one object", name);
  expectFunction("mutate", mutate ?? null);
  expectOptions("options", options);
  const step = `Create or update \`${name}\``;
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt(collection, name, mutate, options);
    } catch (error) {
      if (!isConflict(error) && !isAlreadyThere(error)) throw error;
      if (tried === writeAttempts) throw triedInVain(error, step);
    }
    await pauseBeforeRetry(step, options.signal);
  }
}
