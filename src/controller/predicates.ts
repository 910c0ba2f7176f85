import { expectFunction, expectOptions } from "../base/arguments.ts";
import { matchesLabels, parseLabelSelector } from "../resource/label-selector.ts";
import type { KubeObject, ObjectMeta } from "../resource/object.ts";
import { asked, type Predicate, type SourceEvent } from "./predicate.ts";

// Exported to users as one namespace, `predicates`: `predicates.or(predicates.generationChanged, …)`.

/** One field of the metadata of a change, before and after; `undefined` for what is no change. */
function change<V>(
  event: SourceEvent<KubeObject>,
  read: (meta: ObjectMeta) => V,
): { before: V; after: V } | undefined {
  if (event.type !== "MODIFIED") return undefined;
  return { before: read(event.previous.metadata ?? {}), after: read(event.object.metadata ?? {}) };
}

/** Whether two maps of texts say the same, in whatever order; none is an empty one. */
function isSameMap(
  a: Readonly<Record<string, string>> = {},
  b: Readonly<Record<string, string>> = {},
): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => a[key] === b[key]);
}

/**
 * Changes of the wish: the server counts `metadata.generation` up with the spec, and when deletion is asked for.
 *
 * Of MODIFIED only (Q39). Labels, annotations and finalizers make no generation,
 * nor does a status: join with {@link or} what else matters. Kinds without
 * generations, such as ConfigMaps, always count.
 */
export function generationChanged(event: SourceEvent<KubeObject>): boolean {
  const generation = change(event, (meta) => meta.generation);
  return generation === undefined || generation.after === undefined || generation.before !== generation.after;
}

/** Changes of labels; of MODIFIED only (Q39). */
export function labelsChanged(event: SourceEvent<KubeObject>): boolean {
  const labels = change(event, (meta) => meta.labels);
  return labels === undefined || !isSameMap(labels.before, labels.after);
}

/** Changes of annotations; of MODIFIED only (Q39). */
export function annotationsChanged(event: SourceEvent<KubeObject>): boolean {
  const annotations = change(event, (meta) => meta.annotations);
  return annotations === undefined || !isSameMap(annotations.before, annotations.after);
}

/** Changes of the list of finalizers, its order included; of MODIFIED only (Q39). */
export function finalizersChanged(event: SourceEvent<KubeObject>): boolean {
  const finalizers = change(event, (meta) => meta.finalizers ?? []);
  if (finalizers === undefined || finalizers.before.length !== finalizers.after.length) return true;
  return finalizers.before.some((name, at) => name !== finalizers.after[at]);
}

/** Any change at all: leaves out resyncs, and relists that found the object as it was; of MODIFIED only (Q39). */
export function resourceVersionChanged(event: SourceEvent<KubeObject>): boolean {
  const version = change(event, (meta) => meta.resourceVersion);
  return version === undefined || version.before !== version.after;
}

/** The change with which deletion is asked for while finalizers or a grace period hold the object; of MODIFIED only. */
export function deletionRequested(event: SourceEvent<KubeObject>): boolean {
  const at = change(event, (meta) => meta.deletionTimestamp);
  return at === undefined || (at.before === undefined && at.after !== undefined);
}

/**
 * Events of objects that `test` says yes to.
 *
 * A change counts where the old *or* the new state does: that an object no
 * longer matches is what a controller must not miss (Q40). So `not(matches(f))`
 * leaves out both directions; write `matches((object) => !f(object))`.
 */
export function matches<T>(test: (object: T) => boolean): Predicate<T> {
  expectFunction("test", test ?? null);
  return (event) => (event.type === "MODIFIED" && asked(test(event.previous))) || asked(test(event.object));
}

/** Events of objects that a label selector chooses, or chose before the change (Q40): `app=web,tier in (a, b)`. */
export function matchesSelector(selector: string): Predicate<KubeObject> {
  const requirements = parseLabelSelector(selector);
  return matches(({ metadata }) => matchesLabels(requirements, metadata?.labels));
}

/** What {@link byType} is told of each type of event. */
export interface PredicatesByType<T> {
  readonly added?: ((event: Extract<SourceEvent<T>, { type: "ADDED" }>) => boolean) | undefined;
  readonly modified?: ((event: Extract<SourceEvent<T>, { type: "MODIFIED" }>) => boolean) | undefined;
  readonly deleted?: ((event: Extract<SourceEvent<T>, { type: "DELETED" }>) => boolean) | undefined;
}

/** A predicate by the type of the event: `byType({ deleted: () => false })`; what is left out counts (Q39). */
export function byType<T>(predicates: PredicatesByType<T>): Predicate<T> {
  expectOptions("predicates", predicates ?? null);
  const { added, modified, deleted } = predicates;
  for (const [name, one] of Object.entries({ added, modified, deleted })) expectFunction(name, one);
  return (event) => {
    switch (event.type) {
      case "ADDED":
        return added === undefined || asked(added(event));
      case "MODIFIED":
        return modified === undefined || asked(modified(event));
      case "DELETED":
        return deleted === undefined || asked(deleted(event));
    }
  };
}

function expectPredicates(all: readonly unknown[]): void {
  for (const one of all) expectFunction("predicate", one ?? null);
}

/** Events that all of them count; of none: every event (Q39). */
export function and<T>(...all: readonly Predicate<T>[]): Predicate<T> {
  expectPredicates(all);
  return (event) => all.every((one) => asked(one(event)));
}

/** Events that any of them counts; of none: no event (Q39). */
export function or<T>(...all: readonly Predicate<T>[]): Predicate<T> {
  expectPredicates(all);
  return (event) => all.some((one) => asked(one(event)));
}

/** Events that it does not count. Most ready-made ones count everything but some MODIFIED: so this is then only those. */
export function not<T>(one: Predicate<T>): Predicate<T> {
  expectPredicates([one]);
  return (event) => !asked(one(event));
}
