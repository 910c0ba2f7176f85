import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { type Kind, resourceName } from "./kind.ts";

/** Where a request goes, below the server's address. */
export interface ResourcePath {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/**
 * Check one segment of a path and escape it (H29, P30).
 *
 * Throws `INVALID_ARGUMENT` for an empty one, `.`, `..`, and anything with `/`
 * or `%`: each would reach another address than the one meant.
 */
export function pathSegment(argument: string, value: unknown): string {
  const isSafe =
    typeof value === "string" &&
    value !== "" &&
    value !== "." &&
    value !== ".." &&
    !/[/%\\]/.test(value) &&
    // Half a surrogate pair has no UTF-8: encoding it would throw a bare URIError.
    value.isWellFormed();
  if (!isSafe) {
    throw invalidArgument(argument, "a name without `/`, `%` or `\\`, not empty, not `.` or `..`", value);
  }
  return encodeURIComponent(value);
}

/** The path of a kind's collection, of one object, or of a subresource: core under `/api`, the rest under `/apis`. */
export function resourcePath(kind: Kind, where: ResourcePath = {}): string {
  const { namespace, name, subresource } = where;
  const root = kind.group === "" ? "/api" : `/apis/${pathSegment("group", kind.group)}`;
  let path = `${root}/${pathSegment("version", kind.version)}`;
  if (namespace !== undefined) {
    if (kind.scope === "Cluster") {
      throw new KubeError(
        "INVALID_ARGUMENT",
        `Address ${resourceName(kind)}: they are cluster-scoped, leave out the namespace \`${namespace}\``,
      );
    }
    path += `/namespaces/${pathSegment("namespace", namespace)}`;
  }
  path += `/${pathSegment("plural", kind.plural)}`;
  if (name !== undefined) path += `/${pathSegment("name", name)}`;
  if (subresource !== undefined) {
    if (name === undefined) {
      throw new KubeError(
        "INVALID_ARGUMENT",
        `Address the subresource \`${subresource}\` of ${resourceName(kind)}: it needs a name`,
      );
    }
    path += `/${pathSegment("subresource", subresource)}`;
  }
  return path;
}
