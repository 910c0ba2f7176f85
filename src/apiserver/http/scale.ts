import { isJsonObject } from "../../base/json-object.ts";
import { apiVersionOf, type Kind } from "../../resource/kind.ts";
import { formatLabelRequirement } from "../../resource/label-selector.ts";
import { deducedType, type FieldSchema, type TypeSchema } from "../schema/type-schema.ts";
import type { StoredObject } from "../storage/port.ts";
import type { SentObject } from "./decode.ts";
import { invalid, invalidValue } from "./field-error.ts";
import { internalError } from "./status-error.ts";
import { member } from "./strategy.ts";

/** The kind of the scale subresource, whatever it scales. */
export const scaleKind: { readonly group: string; readonly version: string; readonly kind: string } = {
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
};

const number = { type: (): TypeSchema => ({ scalar: "numeric" }) };
const text = { type: (): TypeSchema => ({ scalar: "string" }) };

function declared(fields: Readonly<Record<string, FieldSchema>>): TypeSchema {
  return { map: { isAtomic: false, fields: new Map(Object.entries(fields)), item: undefined } };
}

/** The type of a Scale. */
export const scaleType: TypeSchema = declared({
  apiVersion: text,
  kind: text,
  metadata: { type: () => deducedType, zero: "{}" },
  spec: { type: () => declared({ replicas: number }), zero: "{}" },
  status: { type: () => declared({ replicas: number, selector: text }), zero: "{}" },
});

/** What applying a Scale wishes of the object that it scales. */
export function wishOfScale(kind: Kind, scale: Record<string, unknown>): SentObject {
  const { replicas } = member(scale, "spec");
  const { resourceVersion, uid } = member(scale, "metadata");
  const meta = { resourceVersion, uid };
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined)),
    ...(replicas === undefined ? {} : { spec: { replicas } }),
  };
}

function count(object: unknown, name: string): number {
  const value = member(object, name).replicas;
  return typeof value === "number" ? value : 0;
}

/** A workload's label selector as one line of text. */
function selectorText(object: unknown): string {
  const spec = member(object, "spec");
  const selector = member(spec, "selector");
  const isPlain = !("matchLabels" in selector) && !("matchExpressions" in selector);
  const pairs = Object.entries(isPlain ? selector : member(selector, "matchLabels"));
  const terms = pairs.map(([key, value]) => formatLabelRequirement(key, String(value)));
  const expressions = Array.isArray(selector.matchExpressions) ? selector.matchExpressions : [];
  for (const { key, operator, values } of expressions.filter(isJsonObject)) {
    const list = Array.isArray(values) ? values.map(String).sort().join(",") : "";
    if (operator === "In") terms.push(`${key} in (${list})`);
    else if (operator === "NotIn") terms.push(`${key} notin (${list})`);
    else if (operator === "Exists") terms.push(String(key));
    else if (operator === "DoesNotExist") terms.push(`!${key}`);
  }
  return terms.sort().join(",");
}

/** The Scale of an object: how many there shall be and are; 500 for one of an extension kind that does not say. */
export function scaleOf(object: StoredObject, isCustom: boolean): SentObject {
  if (isCustom && member(object, "spec").replicas === undefined) {
    throw internalError('the spec replicas field ".spec.replicas" does not exist');
  }
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = count(object, "spec");
  const selector = selectorText(object);
  const meta = { name, namespace, uid, resourceVersion, creationTimestamp };
  return {
    kind: scaleKind.kind,
    apiVersion: "autoscaling/v1",
    metadata: Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined)),
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: count(object, "status"), ...(selector === "" ? {} : { selector }) },
  };
}

/** The object with the wish of a Scale; its resourceVersion is the one that must still hold. */
export function withScale(object: StoredObject, scale: SentObject): SentObject {
  const replicas = count(scale, "spec");
  if (!Number.isSafeInteger(replicas) || replicas < 0) {
    throw invalid(scaleKind, object.metadata.name ?? "", [
      invalidValue("spec.replicas", replicas, "must be greater than or equal to 0"),
    ]);
  }
  const { resourceVersion, uid } = scale.metadata;
  return {
    ...object,
    spec: { ...member(object, "spec"), replicas },
    metadata: {
      ...object.metadata,
      resourceVersion: resourceVersion ?? "",
      ...(uid === undefined ? {} : { uid }),
    },
  };
}
