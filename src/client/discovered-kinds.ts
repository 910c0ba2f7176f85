import { isJsonObject } from "../base/json-object.ts";
import { isDnsLabel, isDnsSubdomain } from "../resource/dns-name.ts";
import { defineKind, type Kind, type Scope } from "../resource/kind.ts";
import type { DynamicObject } from "../resource/object.ts";

/** A group's version, as URLs have it. */
export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function objects(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((one) => isJsonObject(one)) : [];
}

interface Served {
  readonly plural: unknown;
  readonly kind: unknown;
  readonly scope: Scope;
  readonly subresources: readonly string[];
  readonly resource: Record<string, unknown>;
  readonly singular: unknown;
}

/** A kind as the server describes it; none for what cannot be addressed, so that one odd entry hides no other. */
function kindsOf({ group, version }: GroupVersion, served: Served): Kind<DynamicObject>[] {
  const { plural, kind, scope, subresources, resource, singular } = served;
  if (typeof plural !== "string" || typeof kind !== "string") return [];
  if (group !== "" && !isDnsSubdomain(group)) return [];
  // Metrics APIs serve names that are no labels: objects of theirs cannot be listed or watched.
  if (!isDnsLabel(plural) || !/^[A-Za-z][A-Za-z0-9]*$/.test(kind)) return [];
  const { verbs, shortNames, categories } = resource;
  return [
    defineKind<DynamicObject>()<string>({
      group,
      version,
      kind,
      plural,
      scope,
      subresources,
      ...(Array.isArray(verbs) ? { verbs: strings(verbs) } : {}),
      shortNames: strings(shortNames),
      categories: strings(categories),
      ...(typeof singular === "string" && singular !== "" ? { singular } : {}),
    }),
  ];
}

/** The kinds of an APIResourceList, whose subresources are entries of their own: `widgets/status`. */
export function kindsOfResourceList(groupVersion: GroupVersion, list: unknown): Kind<DynamicObject>[] {
  const resources = objects(list);
  const names = resources.map(({ name }) => (typeof name === "string" ? name : ""));
  return resources.flatMap((resource) => {
    const { name: plural, kind, namespaced, singularName: singular } = resource;
    const prefix = `${String(plural)}/`;
    const subresources = names
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
    const scope = namespaced === true ? "Namespaced" : "Cluster";
    return kindsOf(groupVersion, { plural, kind, scope, subresources, resource, singular });
  });
}

/** A group's version in an aggregated answer; `isStale`: who serves it did not answer the API server. */
export interface AggregatedVersion extends GroupVersion {
  readonly kinds: readonly Kind<DynamicObject>[];
  readonly isStale: boolean;
}

/** The versions of an APIGroupDiscoveryList, each group's preferred one first; `undefined` for anything else. */
export function aggregatedVersions(answer: unknown): AggregatedVersion[] | undefined {
  if (!isJsonObject(answer) || answer.kind !== "APIGroupDiscoveryList") return undefined;
  return objects(answer.items).flatMap(({ metadata, versions }) => {
    // The core group's entry has no name.
    const name = isJsonObject(metadata) ? metadata.name : undefined;
    const group = typeof name === "string" ? name : "";
    return objects(versions).flatMap(({ version, resources, freshness }) => {
      if (typeof version !== "string" || !isDnsLabel(version)) return [];
      const kinds = objects(resources).flatMap((resource) => {
        const { responseKind, subresources, scope, singularResource: singular } = resource;
        return kindsOf(
          { group, version },
          {
            plural: resource.resource,
            kind: isJsonObject(responseKind) ? responseKind.kind : undefined,
            scope: scope === "Namespaced" ? "Namespaced" : "Cluster",
            subresources: strings(objects(subresources).map(({ subresource }) => subresource)),
            resource,
            singular,
          },
        );
      });
      return [{ group, version, kinds, isStale: freshness === "Stale" }];
    });
  });
}

/** The versions of an APIGroupList, each group's preferred one first. */
export function versionsOfGroupList(answer: unknown): GroupVersion[] {
  if (!isJsonObject(answer)) return [];
  return objects(answer.groups).flatMap(({ name, versions, preferredVersion }) => {
    if (typeof name !== "string") return [];
    const served = strings(objects(versions).map(({ version }) => version));
    const preferred = isJsonObject(preferredVersion) ? preferredVersion.version : undefined;
    return served
      .toSorted((a, b) => Number(b === preferred) - Number(a === preferred))
      .map((version) => ({ group: name, version }));
  });
}
