import type { KubeError } from "../base/errors.ts";
import type { KubeObject } from "./object.ts";
import type { Status } from "./status.ts";

/** What happened to an object. */
export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/**
 * One state of one object as it travels below the decoder.
 *
 * The small fields are always there; `object` is read through an accessor, so
 * that whoever needs only the key does not pay for parsing. Treat it as
 * immutable: it is shared by everyone.
 */
export interface ObjectRecord<T> {
  /** `namespace/name`, or `name`; read before any transform (S16). */
  readonly key: string;
  /** `""` where the object carries none. */
  readonly uid: string;
  readonly resourceVersion: string;
  readonly object: T;
}

/** A change of one object, as decoded from a watch frame. */
export interface ChangeRecord<T> extends ObjectRecord<T> {
  readonly type: ChangeType;
}

/** A BOOKMARK: the stream has reached this resourceVersion; it carries no object (R35). */
export interface BookmarkRecord {
  readonly type: "BOOKMARK";
  readonly resourceVersion: string;
  /** The annotation `k8s.io/initial-events-end` is exactly "true" (R45). */
  readonly isInitialEventsEnd: boolean;
}

/** An ERROR frame: the server ended the stream and says why. */
export interface ErrorRecord {
  readonly type: "ERROR";
  readonly status: Status;
}

/**
 * A whole frame that is no change of an object: a Table, another kind, no metadata.
 *
 * It is reported and passed over, and its resourceVersion is not taken (R31).
 */
export interface SkippedRecord {
  readonly type: "SKIPPED";
  readonly error: KubeError;
}

/** One decoded frame of a watch. */
export type WatchRecord<T> = ChangeRecord<T> | BookmarkRecord | ErrorRecord | SkippedRecord;

/** A watch event as on the wire. */
export interface WireWatchEvent<T = KubeObject> {
  readonly type: ChangeType | "BOOKMARK" | "ERROR";
  readonly object: T;
}

/** A record around an object that is parsed already. */
export class ParsedRecord<T> implements ObjectRecord<T> {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly object: T;

  constructor(key: string, uid: string, resourceVersion: string, object: T) {
    this.key = key;
    this.uid = uid;
    this.resourceVersion = resourceVersion;
    this.object = object;
  }
}

/** A change around an object that is parsed already. */
export class ParsedChange<T> extends ParsedRecord<T> implements ChangeRecord<T> {
  readonly type: ChangeType;

  constructor(type: ChangeType, key: string, uid: string, resourceVersion: string, object: T) {
    super(key, uid, resourceVersion, object);
    this.type = type;
  }
}
