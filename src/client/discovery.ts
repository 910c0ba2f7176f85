import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { isDnsLabel } from "../resource/dns-name.ts";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { pathSegment } from "../resource/path.ts";
import type { CallOptions, Client } from "./client.ts";

/** The parts of an `apiVersion`: `v1` is the core group's. */
function splitGroupVersion(groupVersion: string): { group: string; version: string } {
  const parts = groupVersion.split("/");
  const [first = "", second] = parts;
  if (parts.length > 2) {
    throw new KubeError("INVALID_ARGUMENT", `Discover ${groupVersion}: expected v1 or group/version`);
  }
  return second === undefined ? { group: "", version: first } : { group: first, version: second };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/**
 * Ask the server which kinds one `apiVersion` has, such as `v1` or `apps/v1`.
 *
 * Rejects with `ApiError` 404 where the server does not serve it, and with
 * `BAD_RESPONSE` for an answer that is no APIResourceList.
 */
export async function discoverKinds(
  client: Client,
  groupVersion: string,
  options: CallOptions = {},
): Promise<Kind[]> {
  const step = `discover ${groupVersion}`;
  const { group, version } = splitGroupVersion(groupVersion);
  const root = group === "" ? "/api" : `/apis/${pathSegment("group", group)}`;
  const answer = await client.read(`${root}/${pathSegment("version", version)}`, step, options);
  if (!isJsonObject(answer) || !Array.isArray(answer.resources)) {
    throw new KubeError("BAD_RESPONSE", `${step}: expected an APIResourceList`);
  }
  const resources = answer.resources.filter((resource) => isJsonObject(resource));
  const subresourcesOf = (plural: string): string[] =>
    resources
      .map(({ name }) =>
        typeof name === "string" && name.startsWith(`${plural}/`) ? name.slice(plural.length + 1) : "",
      )
      .filter((name) => name !== "");
  return resources.flatMap(({ name, kind, namespaced, singularName, shortNames, categories }) => {
    if (typeof name !== "string" || typeof kind !== "string" || name.includes("/")) return [];
    // Metrics APIs serve names that are no labels: objects of theirs cannot be listed or watched.
    if (!isDnsLabel(name)) return [];
    return defineKind<KubeObject>()({
      group,
      version,
      kind,
      plural: name,
      scope: namespaced === true ? "Namespaced" : "Cluster",
      subresources: subresourcesOf(name),
      shortNames: strings(shortNames),
      categories: strings(categories),
      ...(typeof singularName === "string" && singularName !== "" ? { singular: singularName } : {}),
    });
  });
}
