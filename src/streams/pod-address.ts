import { KubeError } from "../base/errors.ts";
import type { ApiCall } from "../client/api-call.ts";
import { type Kind, resourceName } from "../resource/kind.ts";

/** Which pod is meant; a call of a handle's is one, and nothing else of it counts. */
export type PodAddress = Pick<ApiCall, "kind" | "namespace" | "name">;

/** An object in words, as errors have it: `pods "web-0" in namespace "shop"`. */
export function describeAddress(address: PodAddress): string {
  const { kind, namespace, name } = address;
  const where = namespace === undefined ? "" : ` in namespace "${namespace}"`;
  return `${resourceName(kind)}${name === undefined ? "" : ` "${name}"`}${where}`;
}

/** Throw unless the kind has this subresource, as far as it says which it has. */
export function expectSubresource(kind: Kind, subresource: string, step: string): void {
  if (kind.subresources.length === 0 || kind.subresources.includes(subresource)) return;
  throw new KubeError("INVALID_ARGUMENT", `${step}: ${resourceName(kind)} have no \`${subresource}\``);
}
