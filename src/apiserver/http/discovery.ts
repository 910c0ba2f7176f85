import { apiVersionOf, type Kind } from "../../resource/kind.ts";
import { subresourceVerbs } from "./route.ts";
import { scaleKind } from "./scale.ts";

/** The version this server says it is: the kube-apiserver whose behaviour it follows. */
export const serverVersion: Readonly<Record<string, string>> = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.3+kube-reflex",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "node",
};

/** What of a kind is served: itself first, then its subresources. */
export interface DescribedResource {
  /** "" for the kind itself. */
  readonly subresource: string;
  readonly verbs: readonly string[];
  /** What is sent and answered; group and version are those of the kind where they are absent. */
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
}

const subresourceKinds: Readonly<Record<string, Pick<DescribedResource, "group" | "version" | "kind">>> = {
  attach: { kind: "PodAttachOptions" },
  binding: { kind: "Binding" },
  eviction: { group: "policy", version: "v1", kind: "Eviction" },
  exec: { kind: "PodExecOptions" },
  portforward: { kind: "PodPortForwardOptions" },
  scale: scaleKind,
};

/** Describe what is served of a kind, subresources that are not offered left out. */
export function describeKind(kind: Kind): DescribedResource[] {
  const below = kind.subresources.toSorted().map((subresource) => ({
    subresource,
    verbs: subresourceVerbs(kind, subresource),
    ...(subresourceKinds[subresource] ?? { kind: kind.kind }),
  }));
  const offered = below.filter(({ verbs }) => verbs.length > 0);
  return [{ subresource: "", verbs: kind.verbs.toSorted(), kind: kind.kind }, ...offered];
}

function resourcesOf(kind: Kind): Record<string, unknown>[] {
  return describeKind(kind).map(({ subresource, ...rest }) => ({
    name: subresource === "" ? kind.plural : `${kind.plural}/${subresource}`,
    singularName: subresource === "" ? kind.singular : "",
    namespaced: kind.scope === "Namespaced",
    ...rest,
    ...(subresource === "" ? names(kind) : {}),
  }));
}

/** The names that a kind has besides, where it has any. */
export function names({ shortNames, categories }: Kind): object {
  return {
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
}

/** The newest of several versions: v2 before v1 before v1beta1 before v1alpha1. */
function byPriority(a: string, b: string): number {
  const rank = (version: string): number[] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return [-1, 0, 0];
    const stage = match[2] === undefined ? 2 : match[2] === "beta" ? 1 : 0;
    return [stage, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [x, y] = [rank(a), rank(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (y[i] ?? 0) - (x[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : 1;
}

/** The versions of a group, newest first. */
export function versionsOf(kinds: readonly Kind[], group: string): string[] {
  const found = kinds.filter((kind) => kind.group === group).map((kind) => kind.version);
  return [...new Set(found)].sort(byPriority);
}

/** The groups that kinds are in, sorted, without the core group. */
export function groupsOf(kinds: readonly Kind[]): string[] {
  return [...new Set(kinds.map((kind) => kind.group))].filter((group) => group !== "").sort();
}

function groupOf(kinds: readonly Kind[], group: string): Record<string, unknown> | undefined {
  const versions = versionsOf(kinds, group).map((version) => ({
    groupVersion: apiVersionOf({ group, version }),
    version,
  }));
  return versions.length === 0 ? undefined : { name: group, versions, preferredVersion: versions[0] };
}

/** The paths that lead somewhere, as `/` lists them. */
function rootPaths(kinds: readonly Kind[]): string[] {
  const root = (group: string): string => (group === "" ? "/api" : `/apis/${group}`);
  const found = kinds.flatMap(({ group, version }) => [root(group), `${root(group)}/${version}`]);
  return [...new Set(["/apis", "/healthz", "/livez", "/readyz", "/version", ...found])].sort();
}

/** The discovery document at a path, or undefined where there is none. */
export function discoveryDocument(
  kinds: readonly Kind[],
  segments: readonly string[],
): Record<string, unknown> | undefined {
  const [root, first, second] = segments;
  if (root === undefined) return { paths: rootPaths(kinds) };
  const isCore = root === "api";
  if (!isCore && root !== "apis") return undefined;
  if (isCore && segments.length === 1) {
    return {
      kind: "APIVersions",
      versions: versionsOf(kinds, ""),
      serverAddressByClientCIDRs: [],
    };
  }
  if (segments.length === 1) {
    const groups = groupsOf(kinds).map((name) => groupOf(kinds, name));
    return { kind: "APIGroupList", apiVersion: "v1", groups };
  }
  if (!isCore && segments.length === 2) {
    const group = groupOf(kinds, first ?? "");
    return group && { kind: "APIGroup", apiVersion: "v1", ...group };
  }
  const [group, version] = isCore ? ["", first] : [first, second];
  if (segments.length !== (isCore ? 2 : 3)) return undefined;
  const served = kinds.filter((kind) => kind.group === group && kind.version === version);
  if (served.length === 0 || version === undefined || group === undefined) return undefined;
  return {
    kind: "APIResourceList",
    // The oldest document of all says nothing of its own version.
    ...(isCore ? {} : { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: served.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)).flatMap(resourcesOf),
  };
}
