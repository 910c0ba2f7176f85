import type { KubeObject } from "../../resource/object.ts";
import type { WrittenPart } from "./managed-fields.ts";
import type { ObjectRoute } from "./route.ts";
import { scaleOf } from "./scale.ts";
import type { ObjectAddress } from "./served-resource.ts";

/** Where the object of a route is. */
export function addressOf({ namespace, name }: ObjectRoute): ObjectAddress {
  return { namespace, name: name ?? "" };
}

/** What of an object a route writes. */
export function partOf({ subresource }: ObjectRoute): {
  readonly part: WrittenPart;
  readonly takes?: "status";
} {
  return subresource === "status" ? { part: "status", takes: "status" } : { part: subresource };
}

/** The JSON that an object is to its client: itself, or its Scale. */
export function shown({ subresource, resource }: ObjectRoute, object: KubeObject): KubeObject {
  return subresource === "scale"
    ? scaleOf(
        { ...object, metadata: { resourceVersion: "", ...object.metadata } },
        resource.strategy.isCustom,
      )
    : object;
}
