import { KubeError } from "../base/errors.ts";
import type { ObjectMeta } from "./object.ts";

/** An object's key: `namespace/name`, or `name` where it has no namespace (S1); the uid plays no role. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;
}

/** The key of an object by its metadata; throws `BAD_RESPONSE` where there is no name (S3). */
export function keyOfMeta(meta: ObjectMeta | undefined): string {
  const name = meta?.name;
  if (typeof name !== "string" || name === "") {
    throw new KubeError("BAD_RESPONSE", "Read an object's key: it has no metadata.name");
  }
  const namespace: unknown = meta?.namespace;
  return keyOf(typeof namespace === "string" ? namespace : undefined, name);
}

/** A key taken apart; throws `INVALID_ARGUMENT` for more than two segments (S2). */
export function splitKey(key: string): { namespace: string; name: string } {
  const parts = key.split("/");
  if (parts.length === 1) return { namespace: "", name: key };
  const [namespace, name] = parts;
  if (parts.length === 2 && namespace !== undefined && name !== undefined) return { namespace, name };
  throw new KubeError(
    "INVALID_ARGUMENT",
    `Split the key \`${key}\`: unexpected key format, not namespace/name`,
  );
}
