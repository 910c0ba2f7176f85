import { invalidArgument, invalidContent } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { resourceName } from "../resource/kind.ts";
import type { ApiCall } from "./api-call.ts";

/** Tell whether a call is a server-side apply, whose patch is an object of the kind. */
export function isApply(call: Pick<ApiCall, "verb" | "patchType">): boolean {
  return call.verb === "patch" && call.patchType === "apply";
}

function refuse(call: ApiCall, why: string): KubeError {
  return new KubeError("INVALID_ARGUMENT", `Apply ${resourceName(call.kind)}: ${why}`);
}

/** Check what a server-side apply needs besides a well-formed object. */
export function checkApply(call: ApiCall): void {
  const { body, query } = call;
  if (!isJsonObject(body)) throw invalidContent("object", "an object", body);
  const manager = query?.fieldManager;
  if (manager === undefined || manager === "") {
    throw refuse(call, "it needs a `fieldManager`, the name under which the server keeps what was applied");
  }
  const { metadata } = body;
  if (isJsonObject(metadata) && metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw refuse(
      call,
      "the object has `metadata.managedFields`, so it was read from the server; " +
        "apply only the fields that are meant, or delete that one",
    );
  }
}

/** A JSON pointer (RFC 6901): empty, or steps that each begin with `/`. */
const pointer = /^(?:\/(?:[^~/]|~[01])*)*$/;

const needs: Readonly<Record<string, "value" | "from" | "nothing">> = {
  add: "value",
  replace: "value",
  test: "value",
  move: "from",
  copy: "from",
  remove: "nothing",
};

function checkPointer(name: string, value: unknown): void {
  if (typeof value === "string" && pointer.test(value)) return;
  throw invalidArgument(name, "a JSON pointer such as /metadata/labels/app~1name", value);
}

function checkOperation(operation: unknown, index: number): void {
  const at = `patch[${index}]`;
  if (!isJsonObject(operation)) throw invalidContent(at, "an operation, { op, path, … }", operation);
  const { op, path, from } = operation;
  if (typeof op !== "string" || !Object.hasOwn(needs, op)) {
    throw invalidArgument(`${at}.op`, Object.keys(needs).join(", "), op);
  }
  checkPointer(`${at}.path`, path);
  // JSON leaves out what it has no words for, and the operation would come without its value.
  if (needs[op] === "value" && ["undefined", "function", "symbol"].includes(typeof operation.value)) {
    throw invalidArgument(`${at}.value`, `given for ${op}, null included`, operation.value);
  }
  if (needs[op] !== "from") return;
  checkPointer(`${at}.from`, from);
  if (op === "move" && String(path).startsWith(`${String(from)}/`)) {
    throw invalidArgument(`${at}.path`, "outside of what is moved", path);
  }
}

/** Check a patch: an object, or for `json` an array of well-formed operations (RFC 6902). */
export function checkPatch(call: ApiCall): void {
  const { body, patchType } = call;
  if (patchType !== "json") {
    if (!isJsonObject(body)) throw invalidContent("patch", "an object", body);
    return;
  }
  if (!Array.isArray(body)) throw invalidContent("patch", "an array of operations", body);
  for (const [index, operation] of body.entries()) checkOperation(operation, index);
}
