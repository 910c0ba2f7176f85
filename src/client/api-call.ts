import type { Kind } from "../resource/kind.ts";

/** What is done to a resource; the words of RBAC rules. */
export type Verb = "get" | "list" | "watch" | "create" | "replace" | "patch" | "delete" | "deletecollection";

/** How a patch is written; each is a content type of its own. */
export type PatchType = "merge" | "json" | "strategic" | "apply";

/** Query parameters by their wire names; `undefined` and `""` are left out. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One call to the API: a verb on a resource, not yet sent. */
export interface ApiCall {
  readonly verb: Verb;
  readonly kind: Kind;
  /** Absent: every namespace, or the one the object of a create, replace or apply carries. */
  readonly namespace?: string | undefined;
  /** Absent in a replace or apply: the name the object carries. */
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
  readonly query?: Query | undefined;
  /** An object, a patch, or `DeleteOptions`. */
  readonly body?: CallBody | undefined;
  /** Needed by a patch. */
  readonly patchType?: PatchType | undefined;
  /** A media type other than JSON that the answer may have, such as logs' `text/plain`. */
  readonly accept?: string | undefined;
  /** `"metadata"`: objects come as PartialObjectMetadata, for get, list, watch, patch and delete. @default "object" */
  readonly representation?: "object" | "metadata" | undefined;
  /** A body without an end in sight: watch, logs that are followed. @default verb === "watch" */
  readonly isStream?: boolean | undefined;
  /** `false`: sent once, see {@link TransportRequest.retry}. */
  readonly retry?: boolean | undefined;
}

/** What a call can carry: an object, a patch as an object, or a JSON patch's operations. */
export type CallBody = object | readonly unknown[];
