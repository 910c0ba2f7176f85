import { isJsonObject } from "../../base/json-object.ts";
import { builtInKinds } from "../../kinds/index.ts";
import { apiVersionOf, type Kind } from "../../resource/kind.ts";
import type { KubeObject, ObjectMeta } from "../../resource/object.ts";
import { invalid, invalidValue } from "./field-error.ts";
import { isObjectMeta, metaTypeProblem } from "./object-meta.ts";
import { badRequest } from "./status-error.ts";

type KindName = Pick<Kind, "group" | "version" | "kind">;

/** An object on its way into storage, its metadata of the right types. */
export interface SentObject extends KubeObject {
  metadata: ObjectMeta;
  [field: string]: unknown;
}

function summary(body: string): string {
  if (body === "") return "<empty>";
  const text = body.startsWith("{") ? body : Buffer.from(body.slice(0, 30)).toString("hex");
  return body.length > 30 ? `${body.startsWith("{") ? text.slice(0, 30) : text} ...` : text;
}

/** Parse a body as JSON; 400 when it is none. */
export function parseJson(body: string, as: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    const why = body === "" ? "unexpected end of JSON input" : error instanceof Error ? error.message : "";
    throw badRequest(
      `the object provided is unrecognized (must be of type ${as}): couldn't get version/kind; json parse error: ${why} (${summary(body)})`,
    );
  }
}

/** Members that are null are not there, for a server that reads JSON into typed fields. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

/** Metadata without nulls; managedFields stay the very same, so that it shows whether they were sent. */
function withoutNullsInMeta(meta: unknown): unknown {
  if (!isJsonObject(meta)) return meta;
  const { managedFields, ...rest } = meta;
  const kept = withoutNulls(rest);
  if (managedFields === undefined || managedFields === null || !isJsonObject(kept)) return kept;
  return { ...kept, managedFields };
}

/** Why a body is not what was asked for, where kube-apiserver knows the types. */
function builtInProblem(kind: KindName, apiVersion: string, sent: string): string {
  const version = apiVersion.split("/").at(-1) ?? "";
  const scheme = kind.group === "" ? "core" : kind.group.split(".", 1)[0];
  const isKnown = builtInKinds.some((known) => known.kind === sent && apiVersionOf(known) === apiVersion);
  const why = isKnown
    ? `converting (${version}.${sent}) to (${scheme}.${kind.kind}): unknown conversion`
    : `no kind ${JSON.stringify(sent)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
  return `${sent} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: ${why}`;
}

/** Refuse an object that says it is something else; extension kinds must say what they are. */
function checkType(kind: KindName, value: Record<string, unknown>, isCustom: boolean): void {
  const expected = apiVersionOf(kind);
  const text = (field: unknown): string => (field === undefined || field === null ? "" : String(field));
  const [apiVersion, sent] = [text(value.apiVersion), text(value.kind)];
  if (!isCustom) {
    const isOther = (sent !== "" && sent !== kind.kind) || (apiVersion !== "" && apiVersion !== expected);
    if (isOther) throw badRequest(builtInProblem(kind, apiVersion || expected, sent || kind.kind));
    return;
  }
  if (sent === "") {
    const body = JSON.stringify(value);
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): Object 'Kind' is missing in '${body}' (${summary(body)})`,
    );
  }
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (sent === kind.kind) return;
  const name = isJsonObject(value.metadata) ? text(value.metadata.name) : "";
  throw invalid({ group: kind.group, kind: sent }, name, [
    invalidValue("kind", sent, `must be ${kind.kind}`),
  ]);
}

/**
 * Take a JSON value for an object of a kind.
 *
 * Built-in kinds need not say what they are, extension kinds must, as in
 * kube-apiserver; 400 and 422 for others and for metadata of the wrong types.
 * Nulls count as absent, except in the fields of extension kinds.
 */
export function toObject(kind: KindName, value: unknown, isCustom: boolean): SentObject {
  if (!isJsonObject(value)) {
    const struct = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(value) ? "array" : typeof value} into Go value of type ${struct} (${summary(JSON.stringify(value))})`,
    );
  }
  checkType(kind, value, isCustom);
  const { metadata: sent = {}, ...rest } = value;
  const metadata = withoutNullsInMeta(sent ?? {});
  if (!isObjectMeta(metadata)) {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${metaTypeProblem(metadata) ?? ""}`,
    );
  }
  const fields = isCustom ? rest : withoutNulls(rest);
  return {
    ...(isJsonObject(fields) ? fields : {}),
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata,
  };
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === undefined || value === "";
}

/** Metadata without what is empty, as Go writes it, and without what is not kept here. */
export function tidyMeta(meta: ObjectMeta): ObjectMeta {
  const { managedFields: _, selfLink: __, ...tidy } = meta;
  for (const [field, value] of Object.entries(tidy)) {
    if (isEmpty(value)) Reflect.deleteProperty(tidy, field);
  }
  return tidy;
}
