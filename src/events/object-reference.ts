import { invalidArgument, invalidContent } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { keyOf } from "../resource/key.ts";
import { apiVersionOf, isKind, type Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";

/** A reference to an object, as on the wire. */
export interface ObjectReference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** A part of the object, such as `spec.containers{web}`. */
  readonly fieldPath?: string;
}

/** A reference that names something. */
export interface NamedReference extends ObjectReference {
  readonly name: string;
}

/** An object, and its kind for one that does not say it itself. */
export interface ObjectOfKind {
  readonly kind: Kind;
  readonly object: KubeObject;
}

/** What an event is about: an object, an object and its kind, or a reference. */
export type EventSubject = KubeObject | ObjectOfKind | ObjectReference;

function isOfKind(subject: EventSubject): subject is ObjectOfKind {
  return "object" in subject && isJsonObject(subject.object) && isKind(subject.kind);
}

function isReference(subject: EventSubject): subject is ObjectReference {
  return !("metadata" in subject);
}

/** Only what is a text: an object that was written by hand may have anything. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function referenceParts(subject: EventSubject): ObjectReference {
  if (isOfKind(subject)) {
    const { kind, object } = subject;
    return { ...object.metadata, apiVersion: apiVersionOf(kind), kind: kind.kind };
  }
  if (isReference(subject)) return subject;
  const { apiVersion, kind, metadata } = subject;
  return {
    ...metadata,
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
  };
}

/**
 * Make the reference to what an event is about; `argument` names it in errors.
 *
 * Throws `INVALID_ARGUMENT` for what has no name, and for an object that does
 * not say its kind: those of lists do not.
 */
export function referenceOf(argument: string, subject: EventSubject): NamedReference {
  if (!isJsonObject(subject)) {
    throw invalidContent(argument, "an object, { kind, object }, or a reference", subject);
  }
  const parts = referenceParts(subject);
  const name = textOf(parts.name);
  if (name === undefined) throw invalidArgument(argument, "an object that has a name", subject);
  const [apiVersion, kind] = [textOf(parts.apiVersion), textOf(parts.kind)];
  const namespace = textOf(parts.namespace);
  if (apiVersion === undefined || kind === undefined) {
    throw new KubeError(
      "INVALID_ARGUMENT",
      `Record an event: \`${argument}\`, ${keyOf(namespace, name)}, does not say its apiVersion and kind, ` +
        "as objects of lists do not; give { kind, object }, such as { kind: Pod, object: pod }",
    );
  }
  const [uid, resourceVersion, fieldPath] = [parts.uid, parts.resourceVersion, parts.fieldPath].map(textOf);
  return {
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** What two references have in common that mean the same object, whatever state of it. */
export function subjectKey(reference: ObjectReference | undefined): readonly (string | undefined)[] {
  if (reference === undefined) return [];
  const { apiVersion, kind, namespace, name, uid, fieldPath } = reference;
  return [apiVersion, kind, namespace, name, uid, fieldPath];
}
