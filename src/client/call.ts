import { expectInteger, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { parseFieldSelector } from "../resource/field-selector.ts";
import { resourceName } from "../resource/kind.ts";
import { parseLabelSelector } from "../resource/label-selector.ts";
import { resourcePath } from "../resource/path.ts";
import type { TransportRequest } from "../transport/port.ts";
import type { ApiCall, PatchType, Query, Verb } from "./api-call.ts";
import { addressFrom, encodeBody } from "./call-body.ts";

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

/** A call in words, as errors begin: `list pods in shop`, `patch deployments.apps shop/web status`. */
export function describeCall(call: ApiCall): string {
  const verb = call.verb === "deletecollection" ? "delete all" : call.verb;
  const { namespace, name } = addressFrom(call);
  let text = `${verb} ${resourceName(call.kind)}`;
  if (name !== undefined) text += ` ${namespace === undefined ? "" : `${namespace}/`}${name}`;
  else if (namespace !== undefined) text += ` in ${namespace}`;
  return call.subresource === undefined ? text : `${text} ${call.subresource}`;
}

function refuse(call: ApiCall, why: string): KubeError {
  return new KubeError("INVALID_ARGUMENT", `${describeCall(call)}: ${why}`);
}

function checkQuery(query: Query): void {
  const { limit, timeoutSeconds, labelSelector, fieldSelector } = query;
  if (limit !== undefined) expectInteger("limit", Number(limit), 0);
  if (timeoutSeconds !== undefined) expectInteger("timeoutSeconds", Number(timeoutSeconds), 0);
  if (typeof labelSelector === "string") parseLabelSelector(labelSelector);
  if (typeof fieldSelector === "string") parseFieldSelector(fieldSelector);
}

/** Write query parameters, escaped, with a leading `?` where there are any. */
export function encodeQuery(query: Query): string {
  const pairs: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (typeof one === "number" && !Number.isFinite(one)) {
        throw invalidArgument(name, "a finite number", one);
      }
      if (!["string", "number", "boolean"].includes(typeof one)) throw invalidArgument(name, "a string", one);
      // Half a surrogate pair has no UTF-8: encoding it would throw a bare URIError.
      if (typeof one === "string" && !one.isWellFormed()) {
        throw invalidArgument(name, "text without half surrogate pairs", one);
      }
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`);
    }
  }
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
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
  checkQuery(query);
  const path = resourcePath(kind, { namespace, name, subresource });
  const isStream = call.isStream ?? verb === "watch";
  const body = encodeBody(call);
  const headers: Record<string, string> = { accept: call.accept ?? "application/json" };
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
