/** Subresources of a namespace, which stand where a resource in it would. */
const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"]);

/** `pods`, `pods/{name}`, `pods/{name}/log`; what follows a subresource is a path of the caller's. */
function resourceRoute(segments: readonly string[]): string[] {
  const [resource, name, subresource, ...rest] = segments;
  const route = [resource, name === undefined ? undefined : "{name}", subresource];
  if (rest.length > 0) route.push("{path}");
  return route.filter((segment) => segment !== undefined);
}

/**
 * Write a request's path without the names in it and without its query (H30).
 *
 * There are as many routes as resources and subresources, however many objects
 * a cluster has, and no secret's name ends in a metric.
 */
export function routeOf(path: string): string {
  const segments = (path.split("?", 1)[0] ?? "").split("/").filter((segment) => segment !== "");
  const prefixLength = segments[0] === "api" ? 2 : segments[0] === "apis" ? 3 : 0;
  if (prefixLength === 0) {
    const [first = "", ...rest] = segments;
    return rest.length === 0 ? `/${first}` : `/${first}/{path}`;
  }
  const prefix = segments.slice(0, prefixLength);
  const [first, , third] = segments.slice(prefixLength);
  const isNamespaceItself = prefixLength === 2 && third !== undefined && namespaceSubresources.has(third);
  const route =
    first === "namespaces" && third !== undefined && !isNamespaceItself
      ? ["namespaces", "{namespace}", ...resourceRoute(segments.slice(prefixLength + 2))]
      : resourceRoute(segments.slice(prefixLength));
  return `/${[...prefix, ...route].join("/")}`;
}
