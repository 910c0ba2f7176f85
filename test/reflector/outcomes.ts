import type { KubeError } from "../../src/base/errors.ts";
import {
  initialState,
  type Outcome,
  type ReflectorState,
  type StateOptions,
  type StreamEnded,
} from "../../src/reflector/state.ts";
import { type Transition, transition } from "../../src/reflector/transition.ts";
import { gone } from "./scripted-list-watch.ts";

export const at: number = 1_000_000;

/** The next step and wait as words: `list "5" expired after backoff`. */
export function words({ step, wait }: Transition): string {
  const rv = JSON.stringify(step.resourceVersion);
  const what =
    step.type === "watch"
      ? `watch ${rv}${step.stream === "same" ? " same stream" : ""}`
      : `${step.type} ${rv} ${step.reason}`;
  if (wait.type === "none") return `${what} now`;
  return `${what} after backoff${wait.atLeastMs > 0 ? ` of ${wait.atLeastMs}` : ""}${wait.isFresh ? " (fresh)" : ""}`;
}

export function end(shape: Partial<StreamEnded> = {}): StreamEnded {
  return { type: "stream-ended", at, resourceVersion: "5", events: 0, openMs: 5, followedMs: 4, ...shape };
}

/** Run outcomes through the machine and return the last transition. */
export function takeAll(start: ReflectorState, ...outcomes: Outcome[]): Transition {
  let next: Transition = { state: start, step: start.step, wait: { type: "none" } };
  for (const outcome of outcomes) next = transition(next.state, outcome);
  return next;
}

type As<K extends Outcome["type"]> = Extract<Outcome, { type: K }>;

export const listed: As<"listed"> = { type: "listed", at, resourceVersion: "5" };
export const failed = (error: KubeError): As<"list-failed"> => ({ type: "list-failed", at, error });
export const markerReached: As<"marker-reached"> = { type: "marker-reached", at, resourceVersion: "5" };
export const refused: As<"streaming-refused"> = { type: "streaming-refused", at, why: "silence" };
export const storeFailed: As<"store-failed"> = {
  type: "store-failed",
  at,
  resourceVersion: "5",
  followedMs: 3,
};

export const paged = (options: StateOptions = {}): ReflectorState =>
  initialState({ streamingList: "off", ...options });
export const watching: ReflectorState = takeAll(paged(), listed).state;
export const streaming: ReflectorState = initialState();
export const streamed: ReflectorState = takeAll(streaming, markerReached).state;
/** Streaming again at "5", after the watch that followed the marker met 410. */
export const restreaming: ReflectorState = takeAll(streamed, end({ error: gone() })).state;
