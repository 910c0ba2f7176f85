import { applyPatch, type Operation, Pointer } from "rfc6902";
import { isJsonObject } from "../../base/json-object.ts";
import { badRequest, patchRejected, StatusError } from "./status-error.ts";

const mostOperations = 10_000;
const operations: ReadonlySet<unknown> = new Set(["add", "remove", "replace", "move", "copy", "test"]);

/** A pointer that stays among an object's own members. */
function isPointer(value: unknown): boolean {
  if (typeof value !== "string" || (value !== "" && !value.startsWith("/"))) return false;
  return !/\/(__proto__|prototype)(\/|$)/.test(value);
}

function isOperation(value: unknown): value is Operation {
  return (
    isJsonObject(value) &&
    operations.has(value.op) &&
    isPointer(value.path) &&
    (value.from === undefined || isPointer(value.from))
  );
}

/** A `replace` of a member that an object does not have adds it, against the RFC, as in kube-apiserver. */
function asApplied(target: unknown, operation: Operation): Operation {
  if (operation.op !== "replace" || operation.path === "") return operation;
  const { parent } = Pointer.fromJSON(operation.path).evaluate(target);
  return isJsonObject(parent) ? { ...operation, op: "add" } : operation;
}

/**
 * Apply a JSON Patch (RFC 6902) to a copy and give the result.
 *
 * All operations apply or none: a failed `test` or a missing path is 422, a body
 * that is no patch is 400, more than 10,000 operations are 413.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${isJsonObject(patch) ? "object" : typeof patch} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (patch.length > mostOperations) {
    throw new StatusError(
      413,
      "RequestEntityTooLarge",
      `Request entity too large: The allowed maximum operations in a JSON patch is ${mostOperations}, got ${patch.length}`,
    );
  }
  const copy: unknown = structuredClone(target);
  for (const operation of patch) {
    if (!isOperation(operation)) throw patchRejected();
    try {
      if (applyPatch(copy, [asApplied(copy, operation)]).some((problem) => problem !== null))
        throw patchRejected();
    } catch {
      throw patchRejected();
    }
  }
  return copy;
}
