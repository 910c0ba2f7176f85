import { isJsonObject } from "../../base/json-object.ts";
import {
  type FieldError,
  forbiddenValue,
  invalid,
  invalidValue,
  requiredValue,
  unsupportedValue,
} from "./field-error.ts";
import { isTrue } from "./request-info.ts";
import { badRequest } from "./status-error.ts";

const validations = ["", "Ignore", "Strict", "Warn"];
const policies = ["Foreground", "Background", "Orphan"];

function dryRunErrors(values: readonly string[]): FieldError[] {
  return values.every((value) => value === "All") ? [] : [unsupportedValue("dryRun", values, ["All"])];
}

/** Refuse (422) write parameters with values that do not exist; returns whether nothing may be kept. */
export function checkWriteOptions(
  options: "CreateOptions" | "UpdateOptions" | "PatchOptions",
  params: URLSearchParams,
  isApply = false,
): boolean {
  const dryRun = params.getAll("dryRun");
  const validation = params.get("fieldValidation") ?? "";
  const manager = params.get("fieldManager") ?? "";
  const errors: FieldError[] = [];
  if (isApply && manager === "") {
    errors.push(requiredValue("fieldManager", "is required for apply patch"));
  }
  if (options === "PatchOptions" && !isApply && params.has("force")) {
    errors.push(forbiddenValue("force", "may not be specified for non-apply patch"));
  }
  if (manager.length > 128) {
    errors.push({
      reason: "FieldValueTooLong",
      field: "fieldManager",
      body: "Too long: may not be more than 128 bytes",
    });
  }
  errors.push(...dryRunErrors(dryRun));
  if (!validations.includes(validation)) {
    errors.push(unsupportedValue("fieldValidation", validation, validations));
  }
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: options }, "", errors);
  return dryRun.length > 0;
}

/** What a DELETE asks for, from its body or its query string. */
export interface DeleteOptions {
  readonly isDryRun: boolean;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
}

function fromQuery(params: URLSearchParams): Record<string, unknown> {
  const grace = params.get("gracePeriodSeconds");
  const orphan = params.get("orphanDependents");
  if (grace !== null && !/^[+-]?\d+$/.test(grace)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  }
  return {
    dryRun: params.getAll("dryRun"),
    propagationPolicy: params.get("propagationPolicy") ?? undefined,
    gracePeriodSeconds: grace === null ? undefined : Number(grace),
    orphanDependents: orphan === null ? undefined : isTrue(orphan),
  };
}

function typed<T>(value: unknown, is: (value: unknown) => value is T, field: string): T | undefined {
  if (value === undefined || value === null) return undefined;
  if (is(value)) return value;
  throw badRequest(
    `json: cannot unmarshal ${typeof value} into Go struct field DeleteOptions.${field} of type ${field === "orphanDependents" ? "bool" : field === "gracePeriodSeconds" ? "int64" : "string"}`,
  );
}

const isText = (value: unknown): value is string => typeof value === "string";
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

/** Read and check the options of a DELETE; a body wins over the query string, as in kube-apiserver. */
export function parseDeleteOptions(body: unknown, params: URLSearchParams): DeleteOptions {
  if (body !== undefined && !isJsonObject(body)) {
    throw badRequest("decoded object cannot be converted to DeleteOptions");
  }
  if (body?.kind !== undefined && body.kind !== "DeleteOptions") {
    throw badRequest("decoded object cannot be converted to DeleteOptions");
  }
  const given = body ?? fromQuery(params);
  const preconditions = isJsonObject(given.preconditions) ? given.preconditions : {};
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun.map(String) : [];
  const propagationPolicy = typed(given.propagationPolicy, isText, "propagationPolicy");
  const orphanDependents = typed(given.orphanDependents, isFlag, "orphanDependents");
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    errors.push(
      invalidValue(
        "propagationPolicy",
        propagationPolicy,
        "orphanDependents and deletionPropagation cannot be both set",
      ),
    );
  }
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy)) {
    errors.push(unsupportedValue("propagationPolicy", propagationPolicy, [...policies, "nil"]));
  }
  errors.push(...dryRunErrors(dryRun));
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  return {
    isDryRun: dryRun.length > 0,
    uid: typed(preconditions.uid, isText, "uid"),
    resourceVersion: typed(preconditions.resourceVersion, isText, "resourceVersion"),
    gracePeriodSeconds: typed(given.gracePeriodSeconds, isWhole, "gracePeriodSeconds"),
    propagationPolicy,
    orphanDependents,
  };
}
