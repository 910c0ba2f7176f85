import {
  expectBoolean,
  expectInteger,
  expectOptions,
  expectText,
  invalidArgument,
  invalidContent,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { ApiCall, PatchType, Query } from "../client/api-call.ts";
import { describeCall } from "../client/call.ts";
import { checkFieldManager, checkPreconditions } from "../client/call-query.ts";
import type { ApplyOptions, DeleteOptions, Patch, WriteOptions } from "./handle-options.ts";

/** The query of a write; `fieldManager` is the cluster's where the call gives none. */
export function writeQuery(options: WriteOptions, fieldManager: string | undefined): Query {
  expectOptions("options", options);
  expectBoolean("dryRun", options.dryRun);
  expectText("fieldManager", options.fieldManager);
  return {
    dryRun: options.dryRun === true ? "All" : undefined,
    fieldManager: options.fieldManager ?? fieldManager,
    fieldValidation: options.fieldValidation,
  };
}

/** The call itself; throws `INVALID_ARGUMENT` for one of a handle that reads only metadata: all else of the object would be lost. */
export function wholeObjectCall(call: ApiCall): ApiCall {
  if (call.representation !== "metadata") return call;
  throw new KubeError(
    "INVALID_ARGUMENT",
    `${describeCall(call)}: a metadata() handle writes no whole objects`,
  );
}

/** Throw `INVALID_ARGUMENT` where nobody says who applies, or by a name that no server takes. */
export function expectFieldManager(step: string, fieldManager: unknown): void {
  checkFieldManager(fieldManager);
  if (fieldManager !== undefined && fieldManager !== "") return;
  throw new KubeError(
    "INVALID_ARGUMENT",
    `${step}: apply needs a \`fieldManager\`, in the call or once in Cluster.connect()`,
  );
}

/** A call of server-side apply; throws `INVALID_ARGUMENT` where nobody says who applies. */
export function applyCall(
  call: ApiCall,
  object: object,
  options: ApplyOptions,
  fieldManager: string | undefined,
): ApiCall {
  const query = writeQuery(options, fieldManager);
  expectBoolean("force", options.force);
  expectFieldManager(describeCall({ ...call, body: object, patchType: "apply" }), query.fieldManager);
  const force = options.force === true ? true : undefined;
  return { ...call, body: object, patchType: "apply", query: { ...call.query, ...query, force } };
}

/** A call that patches; throws `INVALID_ARGUMENT` for what is no patch. */
export function patchCall(
  call: ApiCall,
  patch: Patch,
  options: WriteOptions,
  fieldManager: string | undefined,
): ApiCall {
  const { type, body } = readPatch(patch);
  return {
    ...call,
    body,
    patchType: type,
    query: { ...call.query, ...writeQuery(options, fieldManager) },
  };
}

function readPatch(patch: Patch): { type: PatchType; body: object } {
  const [type, ...others] = isJsonObject(patch) ? Object.keys(patch) : [];
  // Not more than one: which of them was meant is not ours to choose. What they hold is checked with the call.
  if (others.length === 0) {
    if (type === "merge" && "merge" in patch) return { type, body: patch.merge };
    if (type === "json" && "json" in patch) return { type, body: patch.json };
    if (type === "strategic" && "strategic" in patch) return { type, body: patch.strategic };
    if (type === "apply") {
      throw new KubeError(
        "INVALID_ARGUMENT",
        "Patch: `apply` is a method of its own; use handle.apply(object)",
      );
    }
  }
  throw invalidContent("patch", "one of { merge }, { json } and { strategic }", patch);
}

/** What a delete takes, and what is only other writes' business: one object of options may serve them all. */
const deleteOptions: readonly string[] = [
  ...["dryRun", "propagation", "gracePeriodSeconds", "preconditions", "everything", "signal", "timeoutMs"],
  ...["fieldManager", "fieldValidation"],
];

/** A misspelt `dryRun`, or kubectl's `propagationPolicy`, would delete more than was meant. */
function expectDeleteOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || deleteOptions.includes(name)) continue;
    throw invalidArgument("options", `some of ${deleteOptions.slice(0, 7).join(", ")}`, name);
  }
}

/** The body of a delete; checked. */
export function deleteBody(options: DeleteOptions): Record<string, unknown> {
  expectOptions("options", options);
  expectDeleteOptions(options);
  const { dryRun, propagation, gracePeriodSeconds, preconditions } = options;
  expectBoolean("dryRun", dryRun);
  checkPreconditions(preconditions);
  expectInteger("gracePeriodSeconds", gracePeriodSeconds, 0);
  if (propagation !== undefined && !["Foreground", "Background", "Orphan"].includes(propagation)) {
    throw invalidArgument("propagation", '"Foreground", "Background" or "Orphan"', propagation);
  }
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: propagation,
    gracePeriodSeconds,
    preconditions,
    dryRun: dryRun === true ? ["All"] : undefined,
  };
}
