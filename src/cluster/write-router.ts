import { isJsonObject } from "../base/json-object.ts";
import type { ApiCall } from "../client/api-call.ts";
import { isMetadata, metadataOnly } from "../client/representation.ts";
import { keyOf, keyOfMeta } from "../resource/key.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject, ObjectMeta } from "../resource/object.ts";
import { isStatus } from "../resource/status.ts";
import type { DeletedObject } from "../store/mutation-cache.ts";

/** What is followed of a kind. */
export interface FollowedPart {
  readonly kind: Kind;
  /** Only its metadata. */
  readonly isMetadata: boolean;
}

/** Where a followed kind's writes go; a {@link MutationCache}. */
export interface WriteTarget {
  written(object: KubeObject): void;
  deleted(deleted: DeletedObject): void;
}

type Answered = KubeObject & { readonly metadata: ObjectMeta & { readonly name: string } };

/**
 * Brings what writes were answered with to the local copies of their kind.
 *
 * Whole objects, and answers of `status`, which are whole too; other
 * subresources have kinds of their own. An object in another version of its kind
 * has another shape, so a copy of whole objects does not take it; one of
 * metadata does, and deletions count for all.
 */
export class WriteRouter {
  readonly #routes: { readonly part: FollowedPart; readonly target: WriteTarget }[] = [];

  add(part: FollowedPart, target: WriteTarget): void {
    this.#routes.push({ part, target });
  }

  /** Take the answer of a write that was no dry run; never throws, whatever it is. */
  take(call: ApiCall, answer: unknown): void {
    const { kind } = call;
    for (const { part, target } of this.#routes) {
      if (part.kind.group !== kind.group || part.kind.kind !== kind.kind) continue;
      const gone = deletedBy(call, answer);
      if (gone !== undefined) target.deleted(gone);
      else if (isWhole(call) && isObject(answer)) lay(part, call, answer, target);
    }
  }
}

function isObject(answer: unknown): answer is Answered {
  return (
    !isStatus(answer) &&
    isJsonObject(answer) &&
    isJsonObject(answer.metadata) &&
    typeof answer.metadata.name === "string" &&
    answer.metadata.name !== ""
  );
}

function isWhole({ verb, subresource }: ApiCall): boolean {
  if (verb === "delete") return subresource === undefined;
  const isWrite = verb === "create" || verb === "replace" || verb === "patch";
  return isWrite && (subresource === undefined || subresource === "status");
}

/**
 * What a write was answered with if its object is gone at once.
 *
 * That is a deletion that neither finalizers nor a grace period hold up, and a
 * patch that took the last finalizer away: its answer is the object's last state.
 */
function deletedBy(call: ApiCall, answer: unknown): DeletedObject | undefined {
  if (isObject(answer)) {
    if (!isWhole(call)) return undefined;
    const { uid = "", resourceVersion, deletionTimestamp } = answer.metadata;
    const isDeleted = call.verb === "delete";
    const isGone = deletionTimestamp === undefined ? isDeleted : isReleased(answer.metadata);
    return isGone ? { key: keyOfMeta(answer.metadata), uid, resourceVersion } : undefined;
  }
  if (call.verb !== "delete" || call.subresource !== undefined) return undefined;
  const uid = isStatus(answer) && isJsonObject(answer.details) ? answer.details.uid : undefined;
  if (typeof uid !== "string") return undefined;
  const conditions = isJsonObject(call.body) ? call.body.preconditions : undefined;
  const state = isJsonObject(conditions) ? conditions.resourceVersion : undefined;
  return {
    key: keyOf(call.namespace, call.name ?? ""),
    uid,
    resourceVersion: typeof state === "string" ? state : undefined,
  };
}

/** Marked as deleted, with nothing that it waits for; a namespace has no grace period, and waits for its contents. */
function isReleased({ finalizers = [], deletionGracePeriodSeconds }: ObjectMeta): boolean {
  return finalizers.length === 0 && deletionGracePeriodSeconds === 0;
}

function lay(part: FollowedPart, call: ApiCall, answer: Answered, target: WriteTarget): void {
  if (part.isMetadata) {
    const object: KubeObject | undefined = metadataOnly(part, answer);
    if (object !== undefined) target.written(object);
  } else if (!isMetadata(call) && call.kind.version === part.kind.version) {
    target.written(answer);
  }
}
