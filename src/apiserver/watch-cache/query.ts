import type { FieldSelector } from "../../resource/field-selector.ts";
import type { LabelSelector } from "../../resource/label-selector.ts";

/** Which objects a list or a watch is about; selectors are parsed already. */
export interface Selection {
  /** The namespace of the path; absent or "" for all. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: LabelSelector | undefined;
  readonly fieldSelector?: FieldSelector | undefined;
}

/** A list as the query string asks for it. */
export interface ListQuery extends Selection {
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
  /** 0 or absent: all. */
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  /** Only to be refused: a list has no initial events. */
  readonly sendInitialEvents?: boolean | undefined;
}

/** A watch as the query string asks for it. */
export interface WatchQuery extends Selection {
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: string | undefined;
  readonly sendInitialEvents?: boolean | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  /** The watch ends cleanly after this; 0 or absent: never by itself. */
  readonly timeoutSeconds?: number | undefined;
  /** Only to be refused together with `resourceVersionMatch`. */
  readonly continue?: string | undefined;
}
