/** What a request is about, read from its method and path alone. */
export interface RequestInfo {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; else the method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  /** The plural; "" where the path is not a resource's. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** A path taken apart, its segments unescaped. */
export interface RequestTarget {
  readonly path: string;
  readonly segments: readonly string[];
  readonly params: URLSearchParams;
  readonly query: string;
}

/** Take a request's target apart; undefined for a path whose escapes make no sense. */
export function parseTarget(target: string): RequestTarget | undefined {
  const at = target.indexOf("?");
  const path = at < 0 ? target : target.slice(0, at);
  const query = at < 0 ? "" : target.slice(at + 1);
  try {
    const segments = path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent);
    return { path, segments, params: new URLSearchParams(query), query };
  } catch {
    return undefined;
  }
}

const ofCollections: Readonly<Record<string, string>> = {
  GET: "list",
  POST: "create",
  DELETE: "deletecollection",
};
const ofObjects: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** A flag of the query string as Kubernetes reads one: anything but "false" and "0" is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== "false" && value !== "0";
}

function verbOf(method: string, hasName: boolean, params: URLSearchParams): string {
  const verb = (hasName ? ofObjects : ofCollections)[method] ?? method.toLowerCase();
  return verb === "list" && isTrue(params.get("watch")) ? "watch" : verb;
}

const underNamespace: ReadonlySet<string | undefined> = new Set(["status", "finalize"]);

/** Tell what a request is about; undefined where the path is no resource's. */
export function requestInfo(method: string, { segments, params }: RequestTarget): RequestInfo | undefined {
  const isCore = segments[0] === "api";
  if (!isCore && segments[0] !== "apis") return undefined;
  const [group = "", version = ""] = isCore ? ["", segments[1]] : segments.slice(1, 3);
  let rest = segments.slice(isCore ? 2 : 3);
  let namespace: string | undefined;
  // `/namespaces/x/status` is a namespace's own, `/namespaces/x/pods` is something inside it.
  if (rest[0] === "namespaces" && rest.length > 2 && !underNamespace.has(rest[2])) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [resource, name, ...deeper] = rest;
  if (version === "" || resource === undefined) return undefined;
  const verb = verbOf(method, name !== undefined, params);
  return { verb, group, version, resource, subresource: deeper.join("/"), namespace, name };
}
