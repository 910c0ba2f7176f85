import type { KubeObject, ObjectMeta } from "../resource/object.ts";
import type { ObjectReference } from "./object-reference.ts";

/**
 * An event as a recorder writes it; `EventsV1Event` of `kube-reflex/kinds` takes it.
 *
 * A type of its own, so that the root entry's users need not load the kinds'.
 */
export interface EventObject extends KubeObject {
  metadata: ObjectMeta;
  eventTime: string;
  type?: string;
  reason?: string;
  action?: string;
  note?: string;
  regarding?: ObjectReference;
  related?: ObjectReference;
  reportingController?: string;
  reportingInstance?: string;
  series?: { count: number; lastObservedTime: string };
}
