import type { StatusCause, StatusDetails } from "../../base/api-error.ts";
import type { Kind } from "../../resource/kind.ts";
import type { Status } from "../../resource/status.ts";

/** What a refusal is about: the group and the plural in the URL, as a Status' details name them. */
export interface GroupResource {
  readonly group: string;
  readonly plural: string;
}

/** A resource's name in messages: `pods`, `deployments.apps`. */
export function qualified(resource: GroupResource): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}

/** A refusal on its way to the client: thrown by the verbs, answered as its Status. */
export class StatusError extends Error {
  readonly status: Status & { readonly code: number };

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = "StatusError";
    // The order of kube-apiserver's fields, so that bodies compare as text; an
    // unknown reason is left out, as Go's omitempty does.
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      ...{ metadata: {} },
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
}

/** Details with empty members left out, as Go's omitempty does. */
function details(resource: GroupResource, name: string, causes?: readonly StatusCause[]): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
    ...(causes === undefined ? {} : { causes }),
  };
}

/** 400: the request itself is malformed. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

/** 401: no token, or not the right one. */
export function unauthorized(): StatusError {
  return new StatusError(401, "Unauthorized", "Unauthorized");
}

/** 403: refused for a reason that no retry changes. */
export function forbidden(
  resource: GroupResource,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): StatusError {
  const what = name === "" ? qualified(resource) : `${qualified(resource)} "${name}"`;
  return new StatusError(403, "Forbidden", `${what} is forbidden: ${why}`, details(resource, name, causes));
}

/** 404 for an object. */
export function notFound(resource: GroupResource, name: string): StatusError {
  const message = `${qualified(resource)} "${name}" not found`;
  return new StatusError(404, "NotFound", message, details(resource, name));
}

/** 404 for a path below a known group and version. */
export function unknownResource(): StatusError {
  return new StatusError(404, "NotFound", "the server could not find the requested resource", {});
}

/** 405 for a verb that a known path does not have. */
export function methodNotAllowed(): StatusError {
  const message = "the server does not allow this method on the requested resource";
  return new StatusError(405, "MethodNotAllowed", message, {});
}

/** 406: none of the accepted media types is offered, or JSON only in a form that is not. */
export function notAcceptable(isForm: boolean): StatusError {
  return isForm
    ? new StatusError(406, "NotAcceptable", "only the following media types are accepted: application/json")
    : new StatusError(
        406,
        "NotAcceptable",
        "406: Not Acceptable\n\nAvailable representations: application/json",
        {},
      );
}

/** How kube-apiserver's own code calls the type of an object or a list. */
function goType(kind: Pick<Kind, "group" | "kind">, isCustom: boolean, isList: boolean): string {
  if (isCustom) return isList ? "*unstructured.UnstructuredList" : "*unstructured.Unstructured";
  const [first = ""] = kind.group.split(".");
  const scheme = first === "" || first === "events" ? "core" : first;
  return `*${scheme}.${kind.kind}${isList ? "List" : ""}`;
}

/** 406: the metadata of one object is wanted, and there is a list. */
export function formIsOfList(kind: Pick<Kind, "group" | "kind">, isCustom: boolean): StatusError {
  const type = goType(kind, isCustom, true);
  const message = `you requested PartialObjectMetadata, but the requested object is a list (${type})`;
  return new StatusError(406, "NotAcceptable", message);
}

/** 406: the metadata of a list is wanted, and there is one object. */
export function formIsOfObject(kind: Pick<Kind, "group" | "kind">, isCustom: boolean): StatusError {
  const type = goType(kind, isCustom, false);
  const message = `you requested PartialObjectMetadataList, but the requested object is not a list (${type})`;
  return new StatusError(406, "NotAcceptable", message);
}

/** 409 for a create of a name that is taken. */
export function alreadyExists(resource: GroupResource, name: string): StatusError {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new StatusError(409, "AlreadyExists", message, details(resource, name));
}

/** 409 when every generated name was taken. */
export function generateNameConflict(resource: GroupResource, name: string): StatusError {
  return new StatusError(
    409,
    "AlreadyExists",
    `${qualified(resource)} "${name}" already exists, the server was not able to generate a unique name for the object`,
    { ...details(resource, name), retryAfterSeconds: 1 },
  );
}

/** The words kube-apiserver uses for a stale resourceVersion. */
export const staleMessage: string =
  "the object has been modified; please apply your changes to the latest version and try again";

/** 409 for a stale resourceVersion or a precondition that does not hold. */
export function conflict(resource: GroupResource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new StatusError(409, "Conflict", message, details(resource, name));
}

/** 410: the history before this point is gone. */
export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

/** 413: a body above the limit. */
export function tooLarge(limitBytes: number): StatusError {
  const message = `Request entity too large: limit is ${limitBytes}`;
  return new StatusError(413, "RequestEntityTooLarge", message);
}

/** 415 with the media types that would do. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  return new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );
}

/** 415 for a patch of a kind that nobody offers. */
export function unknownPatchType(): StatusError {
  return new StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
}

/** 422 for a JSON Patch that does not apply; kube-apiserver does not say which operation. */
export function patchRejected(): StatusError {
  const message = "the server rejected our request due to an error in our request";
  return new StatusError(422, "Invalid", message, {});
}

/** 500 for what should not happen, and for the few refusals that kube-apiserver words so. */
export function internalError(message: string): StatusError {
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

/** 501 for what a kube-apiserver offers and this server does not. */
export function notOffered(what: string): StatusError {
  return new StatusError(501, "NotImplemented", `the embedded API server does not offer ${what}`);
}
