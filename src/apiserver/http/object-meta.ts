import { isJsonObject } from "../../base/json-object.ts";
import type { ObjectMeta } from "../../resource/object.ts";
import { type FieldError, forbiddenValue, invalidValue, requiredValue } from "./field-error.ts";
import { dnsLabel, labelValueRule, type NameRule, qualifiedName } from "./names.ts";

const annotationsLimitBytes = 256 * 1024;

const texts = ["name", "generateName", "namespace", "uid", "resourceVersion", "selfLink"];
const times = ["creationTimestamp", "deletionTimestamp"];
const numbers = ["generation", "deletionGracePeriodSeconds"];

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function mismatch(field: string, value: unknown, goType: string): string {
  return `json: cannot unmarshal ${typeName(value)} into Go struct field ObjectMeta.metadata.${field} of type ${goType}`;
}

function isTextMap(value: unknown): boolean {
  return isJsonObject(value) && Object.values(value).every((item) => typeof item === "string");
}

/** Why a value cannot be read as metadata, worded as kube-apiserver's decoder does. */
export function metaTypeProblem(meta: unknown): string | undefined {
  if (!isJsonObject(meta)) return mismatch("", meta, "v1.ObjectMeta");
  const present = (field: string): boolean => meta[field] !== undefined && meta[field] !== null;
  for (const field of [...texts, ...times]) {
    if (present(field) && typeof meta[field] !== "string") return mismatch(field, meta[field], "string");
  }
  for (const field of numbers) {
    if (present(field) && !Number.isSafeInteger(meta[field])) return mismatch(field, meta[field], "int64");
  }
  for (const field of ["labels", "annotations"]) {
    if (!present(field) || isTextMap(meta[field])) continue;
    const value = meta[field];
    const wrong = isJsonObject(value)
      ? Object.values(value).find((item) => typeof item !== "string")
      : undefined;
    return wrong === undefined
      ? mismatch(field, value, "map[string]string")
      : mismatch(field, wrong, "string");
  }
  const { finalizers, ownerReferences, managedFields } = meta;
  if (present("managedFields") && !(Array.isArray(managedFields) && managedFields.every(isJsonObject)))
    return mismatch("managedFields", managedFields, "[]v1.ManagedFieldsEntry");
  if (present("finalizers") && !(Array.isArray(finalizers) && finalizers.every((f) => typeof f === "string")))
    return mismatch("finalizers", finalizers, "[]string");
  if (present("ownerReferences") && !(Array.isArray(ownerReferences) && ownerReferences.every(isJsonObject)))
    return mismatch("ownerReferences", ownerReferences, "[]v1.OwnerReference");
  return undefined;
}

/** Tell whether a value is metadata whose members have the right types. */
export function isObjectMeta(meta: unknown): meta is ObjectMeta {
  return metaTypeProblem(meta) === undefined;
}

/** A generated name's prefix is checked with its last dash taken for a letter. */
function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") ? `${prefix.slice(0, -2)}a` : prefix;
}

function ownerErrors(owners: readonly object[]): FieldError[] {
  const errors: FieldError[] = [];
  const at = "metadata.ownerReferences";
  let controller: string | undefined;
  for (const owner of owners.filter(isJsonObject)) {
    const text = (field: string): string => (typeof owner[field] === "string" ? owner[field] : "");
    if (text("apiVersion") === "") {
      errors.push(invalidValue(`${at}.apiVersion`, "", "version must not be empty"));
    }
    for (const field of ["kind", "name", "uid"]) {
      if (text(field) === "") errors.push(invalidValue(`${at}.${field}`, "", "must not be empty"));
    }
    if (owner.controller !== true) continue;
    const name = `${text("kind")}/${text("name")}`;
    if (controller !== undefined) {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalidValue(at, owners, detail));
    }
    controller ??= name;
  }
  return errors;
}

const standardFinalizers: ReadonlySet<string> = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

function finalizerErrors(finalizers: readonly string[], isCustom: boolean): FieldError[] {
  const at = "metadata.finalizers";
  const unqualified = "name is neither a standard finalizer name nor is it fully qualified";
  return [
    ...finalizers.flatMap((name) => qualifiedName(name).map((problem) => invalidValue(at, name, problem))),
    ...finalizers.flatMap((name, index) =>
      isCustom || name.includes("/") || standardFinalizers.has(name)
        ? []
        : [invalidValue(`${at}[${index}]`, name, unqualified)],
    ),
  ];
}

/** What an object's metadata is measured by. */
export interface MetaRules {
  readonly nameRule: NameRule;
  readonly isNamespaced: boolean;
  /** An extension kind may have finalizers without a domain. */
  readonly isCustom: boolean;
}

/** What is wrong with an object's metadata (422), in the order kube-apiserver reports it. */
export function metaErrors(meta: ObjectMeta, { nameRule, isNamespaced, isCustom }: MetaRules): FieldError[] {
  const errors: FieldError[] = [];
  const { name = "", generateName = "", namespace = "", labels = {}, annotations = {} } = meta;
  if (generateName !== "") {
    for (const problem of nameRule(maskTrailingDash(generateName))) {
      errors.push(invalidValue("metadata.generateName", generateName, problem));
    }
  }
  if (name === "") errors.push(requiredValue("metadata.name", "name or generateName is required"));
  else errors.push(...nameRule(name).map((problem) => invalidValue("metadata.name", name, problem)));
  if (isNamespaced) {
    errors.push(
      ...dnsLabel(namespace).map((problem) => invalidValue("metadata.namespace", namespace, problem)),
    );
  } else if (namespace !== "") {
    errors.push(forbiddenValue("metadata.namespace", "not allowed on this type"));
  }
  for (const [key, value] of Object.entries(labels)) {
    errors.push(...qualifiedName(key).map((problem) => invalidValue("metadata.labels", key, problem)));
    errors.push(...labelValueRule(value).map((problem) => invalidValue("metadata.labels", value, problem)));
  }
  let annotationsBytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    annotationsBytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    for (const problem of qualifiedName(key.toLowerCase())) {
      errors.push(invalidValue("metadata.annotations", key, problem));
    }
  }
  if (annotationsBytes > annotationsLimitBytes) {
    errors.push({
      reason: "FieldValueTooLong",
      field: "metadata.annotations",
      body: `Too long: may not be more than ${annotationsLimitBytes} bytes`,
    });
  }
  errors.push(...ownerErrors(meta.ownerReferences ?? []));
  errors.push(...finalizerErrors(meta.finalizers ?? [], isCustom));
  return errors;
}
