import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { ManifestObject } from "./manifest.ts";

/** What a server's answer to an apply tells. */
export interface Applied {
  readonly object: KubeObject;
  /** The object was not there before: the status was 201, not 200. */
  readonly isCreated: boolean;
}

/** How the fields of an object are applied. */
export interface ApplyCall {
  /** Given for what is namespaced; the object's metadata says the same. */
  readonly namespace: string | undefined;
  readonly fieldManager: string | undefined;
  readonly force: boolean | undefined;
  readonly dryRun: boolean | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What applying manifests needs of a cluster. */
export interface ApplyPort {
  /**
   * Find a kind by what manifests call it.
   *
   * Rejects where the server has none, with an `ApiError` 404 or
   * `INVALID_ARGUMENT`. With `isFresh` nothing remembered may answer.
   */
  kindOf(
    type: { readonly apiVersion: string; readonly kind: string },
    options: { readonly signal: AbortSignal | undefined; readonly isFresh: boolean },
  ): Promise<Kind>;
  /** Apply one object on the server's side. */
  apply(kind: Kind, object: ManifestObject, call: ApplyCall): Promise<Applied>;
  /** Read one object of a cluster-scoped kind. */
  get(kind: Kind, name: string, options: { readonly signal: AbortSignal | undefined }): Promise<KubeObject>;
}
