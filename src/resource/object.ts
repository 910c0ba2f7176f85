/** An owner of an object, as on the wire. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Which field manager set which fields, as on the wire. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: Record<string, unknown>;
  subresource?: string;
}

/** An object's metadata, as on the wire: timestamps are strings. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
  selfLink?: string;
}

/** Any Kubernetes object: the wire's JSON, untouched. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** An object of a kind that is known only at run time: its fields are whatever the server sends. */
export interface DynamicObject extends KubeObject {
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/**
 * What is applied of an object of type `T`: some of its fields, and its name.
 *
 * Server-side apply takes what its manager wishes for, so nothing else is
 * required; what there is must be spelt and typed as in `T`.
 */
export type Applied<T extends KubeObject> = PartialFields<Omit<T, "metadata">> & { metadata: ObjectMeta };

/** The same fields, none of them required, at any depth. */
export type PartialFields<T> = T extends readonly (infer Item)[]
  ? PartialFields<Item>[]
  : T extends object
    ? { [P in keyof T]?: PartialFields<T[P]> }
    : T;

/** An object of which only the metadata was asked for: `spec`, `status` and all else were not sent. */
export interface PartialObjectMetadata {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** A list's metadata, as on the wire. */
export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
  selfLink?: string;
}

/** A list of objects, as on the wire. */
export interface KubeList<T> {
  apiVersion?: string;
  kind?: string;
  metadata: ListMeta;
  items: T[];
}
