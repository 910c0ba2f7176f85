import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { isDnsLabel, isDnsSubdomain } from "../resource/dns-name.ts";
import type { KubeObject, ObjectMeta } from "../resource/object.ts";
import { pathSegment } from "../resource/path.ts";

/** An object that says what it is and what it is called, as one in a manifest must. */
export interface ManifestObject extends KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta & { name: string };
}

/** One object of a manifest and where it stands. */
export interface Manifest {
  readonly object: ManifestObject;
  /** Which document of the text it is, or is in; which of the objects, where objects were given. From 1. */
  readonly document: number;
  /** The line it begins in, from 1; undefined where objects were given. */
  readonly line: number | undefined;
  /** Its place in words: `web.yaml, document 2, line 14`. */
  readonly where: string;
}

/** The error for a manifest that cannot be read: names the place, what is wrong, the remedy; quotes no contents. */
export function invalidManifest(where: string, problem: string): KubeError {
  return new KubeError("INVALID_ARGUMENT", `read ${where}: ${problem}`);
}

const kindName = /^[A-Za-z][A-Za-z0-9]*$/;

function isApiVersion(text: string): boolean {
  const parts = text.split("/");
  const version = parts.at(-1) ?? "";
  return parts.length <= 2 && isDnsLabel(version) && (parts.length === 1 || isDnsSubdomain(parts[0] ?? ""));
}

function isPathSegment(name: string): boolean {
  try {
    return pathSegment("name", name) !== "";
  } catch {
    return false;
  }
}

const shown = (value: unknown): string => (typeof value === "string" ? ` ${JSON.stringify(value)}` : "");

/**
 * Find a number that JSON cannot carry as it was written; gives the path of its field.
 *
 * What it comes back as would be another number: silently wrong.
 */
function inexactNumber(value: unknown, path: string): string | undefined {
  if (typeof value === "number") {
    const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    return isExact ? undefined : path;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = inexactNumber(item, path === "" ? key : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Throw unless a value is an object that can be applied; `where` begins the message. */
export function checkManifest(value: unknown, where: string): ManifestObject {
  if (!isJsonObject(value)) {
    const what = Array.isArray(value) ? "a list" : value === null ? "nothing" : `a ${typeof value}`;
    throw invalidManifest(where, `it is ${what}, expected an object with apiVersion, kind and metadata`);
  }
  const { apiVersion, kind, metadata } = value;
  if (kind === undefined || kind === null || kind === "") {
    throw invalidManifest(where, "it has no kind. Name one, such as `kind: ConfigMap`");
  }
  if (typeof kind !== "string" || !kindName.test(kind)) {
    throw invalidManifest(where, `its kind${shown(kind)} is none, expected a name such as ConfigMap`);
  }
  if (apiVersion === undefined || apiVersion === null || apiVersion === "") {
    throw invalidManifest(where, `the ${kind} has no apiVersion. Name one, such as \`apiVersion: v1\``);
  }
  if (typeof apiVersion !== "string" || !isApiVersion(apiVersion)) {
    throw invalidManifest(
      where,
      `the ${kind} has the apiVersion${shown(apiVersion)}, expected one such as v1 or apps/v1`,
    );
  }
  if (metadata !== undefined && metadata !== null && !isJsonObject(metadata)) {
    throw invalidManifest(where, `the metadata of the ${kind} is no object`);
  }
  return { ...value, apiVersion, kind, metadata: checkMetadata(metadata ?? {}, kind, where) };
}

function checkMetadata(metadata: ObjectMeta, kind: string, where: string): ManifestObject["metadata"] {
  const name: unknown = metadata.name;
  const namespace: unknown = metadata.namespace;
  if (name === undefined || name === null || name === "") {
    throw invalidManifest(
      where,
      metadata.generateName === undefined
        ? `the ${kind} has no metadata.name`
        : `the ${kind} has metadata.generateName and no name: apply needs a name, create it instead`,
    );
  }
  if (typeof name !== "string") {
    throw invalidManifest(where, `the metadata.name of the ${kind} is a ${typeof name}. Put it in quotes`);
  }
  if (!isPathSegment(name)) {
    throw invalidManifest(
      where,
      `the ${kind} is called ${JSON.stringify(name)}, expected a name without \`/\`, \`%\` or \`\\\`, not \`.\` or \`..\``,
    );
  }
  const isUnset = namespace === undefined || namespace === null || namespace === "";
  if (!isUnset && typeof namespace !== "string") {
    throw invalidManifest(
      where,
      `the metadata.namespace of the ${kind} is a ${typeof namespace}. Put it in quotes`,
    );
  }
  if (typeof namespace === "string" && !isUnset && !isDnsLabel(namespace)) {
    throw invalidManifest(
      where,
      `the ${kind} ${JSON.stringify(name)} is in the namespace${shown(namespace)}, expected a DNS label`,
    );
  }
  const { namespace: _, ...others } = metadata;
  return { ...others, ...(typeof namespace === "string" && !isUnset ? { namespace } : {}), name };
}

/** Throw where every value is one object's, but a number of it would be changed on the way. */
export function expectExactNumbers(object: ManifestObject, where: string): void {
  const path = inexactNumber(object, "");
  if (path === undefined) return;
  throw invalidManifest(
    where,
    `the number in \`${path}\` of the ${object.kind} cannot be sent as it is written. Put it in quotes, or make it smaller`,
  );
}

/** The group of an apiVersion: `""` for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

/** An object in words: `Deployment "web" in namespace "shop"`. */
export function nameManifest({ object }: Manifest, namespace?: string): string {
  const place = namespace ?? object.metadata.namespace;
  const where = place === undefined ? "" : ` in namespace ${JSON.stringify(place)}`;
  return `${object.kind} ${JSON.stringify(object.metadata.name)}${where}`;
}

/** Throw where an object stands twice: the second would silently undo the first. */
export function expectNoDuplicates(
  manifests: readonly Manifest[],
  namespaceOf: (manifest: Manifest) => string | undefined = ({ object }) => object.metadata.namespace,
): void {
  const seen = new Map<string, Manifest>();
  for (const manifest of manifests) {
    const { apiVersion, kind, metadata } = manifest.object;
    const namespace = namespaceOf(manifest);
    // The version is no part of what an object is: apps/v1 and apps/v1beta1 show the same Deployment.
    const key = [groupOf(apiVersion), kind, namespace ?? "", metadata.name].join("/");
    const first = seen.get(key);
    if (first !== undefined) {
      throw invalidManifest(
        manifest.where,
        `${nameManifest(manifest, namespace)} stands twice, first in ${first.where}. Remove one of them`,
      );
    }
    seen.set(key, manifest);
  }
}
