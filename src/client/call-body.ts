import { invalidArgument, invalidContent } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { apiVersionOf, resourceName } from "../resource/kind.ts";
import { pathSegment } from "../resource/path.ts";
import type { ApiCall } from "./api-call.ts";
import { checkDeleteOptions } from "./call-query.ts";
import { checkApply, checkPatch, isApply } from "./patch-body.ts";

/** Subresources whose body is the object itself; the others (scale, eviction, token …) carry a kind of their own. */
const sameKind: readonly (string | undefined)[] = [
  undefined,
  "status",
  "finalize",
  "approval",
  "resize",
  "ephemeralcontainers",
];

/** Whether the body is an object that says where it goes, as opposed to a change of one. */
function carriesObject(call: ApiCall): boolean {
  return call.verb === "create" || call.verb === "replace" || isApply(call);
}

function metadataOf(body: unknown): Record<string, unknown> | undefined {
  return isJsonObject(body) && isJsonObject(body.metadata) ? body.metadata : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The name that a call's object carries, if it is one that could be shown. */
export function nameOfBody(call: ApiCall): string | undefined {
  return text(metadataOf(call.body)?.name);
}

/** Where a call goes: as it says, and where it is silent as the object it carries says. */
export function addressFrom(call: ApiCall): { namespace: string | undefined; name: string | undefined } {
  const { namespace, name, verb } = call;
  if (!carriesObject(call)) return { namespace, name };
  const meta = metadataOf(call.body);
  const ofObject = call.kind.scope === "Namespaced" ? text(meta?.namespace) : undefined;
  return {
    namespace: namespace ?? ofObject,
    name: name ?? (verb === "create" ? undefined : text(meta?.name)),
  };
}

function contradiction(call: ApiCall, field: string, found: unknown, expected: string): KubeError {
  // An object may have no text at all.
  const shown = typeof found === "object" && found !== null ? "{…}" : String(found);
  return new KubeError(
    "INVALID_ARGUMENT",
    `${call.verb} ${resourceName(call.kind)}: the object says \`${field}: ${shown}\`, ` +
      `the call goes to \`${expected}\`; make them agree`,
  );
}

function expectAgreement(call: ApiCall, field: string, found: unknown, expected: string | undefined): void {
  if (found === undefined || found === "" || expected === undefined || found === expected) return;
  throw contradiction(call, field, found, expected);
}

/**
 * Check what a new object is called: a name that could be addressed later, or the beginning of one.
 *
 * The server would refuse it, but only after it was sent, and with a message about something else.
 */
function expectName(call: ApiCall, meta: Record<string, unknown> | undefined): void {
  if (call.verb !== "create" || call.subresource !== undefined) return;
  // Some kinds, such as reviews, have no name at all: what is absent is the server's to judge.
  for (const field of ["name", "generateName"]) {
    const value = meta?.[field];
    const isAbsent =
      value === undefined || value === null || (value === "" && text(meta?.generateName) !== undefined);
    if (!isAbsent) pathSegment(`metadata.${field}`, value);
  }
}

/** The object as it is sent: a copy with `apiVersion` and `kind` where they were absent. */
function stampedObject(call: ApiCall): object {
  const { body, kind } = call;
  if (!isJsonObject(body)) throw invalidContent("object", "an object", body);
  const meta = metadataOf(body);
  const isSameKind = sameKind.includes(call.subresource);
  // What is only asked and never stored, such as a review, has no name, and needs no metadata.
  const isStored = kind.verbs.includes("get");
  if (isSameKind && isStored && meta === undefined) {
    throw invalidArgument("object", "an object with metadata", body);
  }
  expectName(call, meta);
  const { namespace, name } = addressFrom(call);
  if (kind.scope === "Cluster" && text(meta?.namespace) !== undefined) {
    throw contradiction(
      call,
      "metadata.namespace",
      meta?.namespace,
      "no namespace, the kind is cluster-scoped",
    );
  }
  expectAgreement(call, "metadata.namespace", meta?.namespace, namespace);
  expectAgreement(call, "metadata.name", meta?.name, name);
  if (!isSameKind) return body;
  expectAgreement(call, "kind", body.kind, kind.kind);
  expectAgreement(call, "apiVersion", body.apiVersion, apiVersionOf(kind));
  if (body.kind !== undefined && body.apiVersion !== undefined) return body;
  return { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind };
}

function toJson(call: ApiCall, body: unknown): string {
  const refusal = `${call.verb} ${resourceName(call.kind)}: the body cannot be written as JSON`;
  let text: unknown;
  try {
    text = JSON.stringify(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new KubeError("INVALID_ARGUMENT", `${refusal}: ${why.split("\n", 1)[0]}`);
  }
  if (typeof text === "string") return text;
  throw new KubeError("INVALID_ARGUMENT", `${refusal}: its \`toJSON\` gives nothing`);
}

/** Write a call's body as JSON; `undefined` where the verb carries none. */
export function encodeBody(call: ApiCall): string | undefined {
  const { verb, body } = call;
  if (isApply(call)) checkApply(call);
  if (carriesObject(call)) return toJson(call, stampedObject(call));
  if (verb === "patch") {
    checkPatch(call);
    return toJson(call, body);
  }
  if (body === undefined) return undefined;
  if (verb === "delete" || verb === "deletecollection") {
    checkDeleteOptions(body);
    return toJson(call, { apiVersion: "v1", kind: "DeleteOptions", ...body });
  }
  throw invalidArgument("body", `absent in a ${verb}`, body);
}
