import { apiVersionOf, type Kind } from "../../resource/kind.ts";
import type { KubeObject } from "../../resource/object.ts";
import { zeroFields } from "./zero-fields.ts";

const metadataVersions = ["meta.k8s.io/v1", "meta.k8s.io/v1beta1"] as const;

/** How objects are shown: whole, or their metadata alone as a PartialObjectMetadata of this version (H15). */
export type Representation = "object" | (typeof metadataVersions)[number];

/** Whether this is a version that metadata alone can be shown in. */
export function isMetadataOnly(version: string): version is (typeof metadataVersions)[number] {
  return metadataVersions.some((known) => known === version);
}

/** The JSON that an object is to a client. */
export function shownAs(representation: Representation, object: KubeObject): object {
  if (representation === "object") return object;
  return { kind: "PartialObjectMetadata", apiVersion: representation, metadata: object.metadata };
}

/**
 * The object of a bookmark: what it is, the metadata given, and nothing else that was set.
 *
 * A whole one has the kind's fields that are written even when empty.
 */
export function bookmarkAs(representation: Representation, kind: Kind, metadata: object): object {
  if (representation !== "object") return shownAs(representation, { metadata });
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata, ...zeroFields(kind) };
}
