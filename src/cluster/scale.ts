import type { ObjectMeta } from "../resource/object.ts";

/** How many replicas an object shall have and has, `autoscaling/v1`, as on the wire. */
export interface Scale {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  /** `replicas` is absent where it is 0. */
  spec?: { replicas?: number };
  /** `selector` is a label selector as text. */
  status?: { replicas: number; selector?: string };
}
