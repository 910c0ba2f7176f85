import type { KubeObject } from "../../src/resource/object.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";

export interface Pod extends KubeObject {
  spec?: { nodeName?: string; zones?: string[] };
}

export interface PodFields {
  readonly uid?: string;
  readonly labels?: Record<string, string>;
  readonly node?: string;
  readonly zones?: string[];
}

/** A record of a pod under `namespace/name`. */
export function pod(key: string, resourceVersion: string, fields: PodFields = {}): ParsedRecord<Pod> {
  const [namespace = "", name = ""] = key.split("/");
  const { uid = `uid-${key}`, labels, node, zones } = fields;
  const object: Pod = {
    metadata: { namespace, name, uid, resourceVersion, ...(labels && { labels }) },
    spec: { ...(node !== undefined && { nodeName: node }), ...(zones && { zones }) },
  };
  return new ParsedRecord(key, uid, resourceVersion, object);
}

export const byNode = (object: Pod): string | undefined => object.spec?.nodeName;
export const byZone = (object: Pod): readonly string[] => object.spec?.zones ?? [];
