import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { resourceName } from "../resource/kind.ts";
import { resourcePath } from "../resource/path.ts";
import type { TransportRequest } from "../transport/port.ts";
import type { ApiCall, PatchType, Verb } from "./api-call.ts";
import { addressFrom, encodeBody, nameOfBody } from "./call-body.ts";
import { checkQuery, encodeQuery } from "./call-query.ts";
import { acceptOf } from "./representation.ts";

const methods: Readonly<Record<Verb, TransportRequest["method"]>> = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  replace: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETE",
};

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
};

const namedVerbs: readonly Verb[] = ["get", "replace", "patch", "delete"];

/** What a call reaches, in words: a name in quotes, or the beginning of one that the server completes. */
function describeName(call: ApiCall): string {
  const { name } = addressFrom(call);
  const shown = name ?? (call.verb === "create" ? nameOfBody(call) : undefined);
  return shown === undefined ? "" : ` ${JSON.stringify(shown)}`;
}

/** A call in words, as errors begin: `list pods in namespace "shop"`, `patch deployments.apps/status "web" in …`. */
export function describeCall(call: ApiCall): string {
  const isApply = call.verb === "patch" && call.patchType === "apply";
  const verb = call.verb === "deletecollection" ? "delete all" : isApply ? "apply" : call.verb;
  const { namespace } = addressFrom(call);
  const subresource = call.subresource === undefined ? "" : `/${call.subresource}`;
  const where = namespace === undefined ? "" : ` in namespace ${JSON.stringify(namespace)}`;
  return `${verb} ${resourceName(call.kind)}${subresource}${describeName(call)}${where}`;
}

function refuse(call: ApiCall, why: string): KubeError {
  return new KubeError("INVALID_ARGUMENT", `${describeCall(call)}: ${why}`);
}

/**
 * Check a call and write it as a request; nothing is sent.
 *
 * Throws `INVALID_ARGUMENT` for whatever would reach another address than the
 * one meant: a delete without a name (P30), a named call of a namespaced kind
 * without a namespace (H29), an object that contradicts the address, a
 * selector that does not parse, a negative limit.
 */
export function buildRequest(call: ApiCall): TransportRequest {
  const { verb, kind, subresource, query = {} } = call;
  const { namespace, name } = addressFrom(call);
  if (namedVerbs.includes(verb) && name === undefined) {
    const remedy = verb === "delete" ? "; to delete a whole collection use deleteAll()" : "";
    throw refuse(call, `it needs the name of one object${remedy}`);
  }
  if ((verb === "list" || verb === "deletecollection") && name !== undefined) {
    throw refuse(call, "it addresses a collection, leave out the name");
  }
  // Lists and watches alone may span namespaces; the server has no such address for the others.
  if (kind.scope === "Namespaced" && namespace === undefined && verb !== "list" && verb !== "watch") {
    throw refuse(call, `${resourceName(kind)} are namespaced, say which namespace is meant`);
  }
  checkQuery(call, query);
  const path = resourcePath(kind, { namespace, name, subresource });
  const isStream = call.isStream ?? verb === "watch";
  const body = encodeBody(call);
  const headers: Record<string, string> = { accept: call.accept ?? acceptOf(call) };
  // Compressed chunks would be held back by the compressor until it has enough of them.
  headers["accept-encoding"] = isStream ? "identity" : "gzip";
  if (body !== undefined) {
    headers["content-type"] = verb === "patch" ? patchContentType(call) : "application/json";
  }
  return {
    method: methods[verb],
    path: path + encodeQuery(verb === "watch" ? { watch: true, ...query } : query),
    headers,
    body,
    isStream,
    retry: call.retry,
  };
}

function patchContentType(call: ApiCall): string {
  const type = call.patchType;
  if (type === undefined || !Object.hasOwn(patchContentTypes, type)) {
    throw invalidArgument("patchType", '"merge", "json", "strategic" or "apply"', type);
  }
  return patchContentTypes[type];
}
