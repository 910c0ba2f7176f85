import type { EventsV1Event as EventsV1EventModel } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** A report of something that happened to an object, in its newer form; see also `Event` in the core group. */
export interface EventsV1Event extends WireObject<EventsV1EventModel> {}

/** `events` of `events.k8s.io/v1`. */
export const EventsV1Event: Kind<EventsV1Event, never> = /* @__PURE__ */ defineKind<EventsV1Event>()({
  group: "events.k8s.io",
  version: "v1",
  kind: "Event",
  plural: "events",
  scope: "Namespaced",
  shortNames: ["ev"],
});
