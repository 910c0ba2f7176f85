import type { KubeError } from "../base/errors.ts";
import type { ListReason } from "./progress.ts";

/** List in parts, then replace everything at the list's resourceVersion. */
export interface ListStep {
  readonly type: "list";
  readonly resourceVersion: string;
  readonly reason: ListReason;
}

/** Watch from the existing objects on; the marked bookmark turns this step into a watch (R43). */
export interface StreamingListStep {
  readonly type: "streaming-list";
  readonly resourceVersion: string;
  readonly reason: ListReason;
}

/** Watch from a resourceVersion on. */
export interface WatchStep {
  readonly type: "watch";
  readonly resourceVersion: string;
  /** `"same"`: go on reading the stream that brought the marker; no request (R46). */
  readonly stream: "new" | "same";
}

/** What a reflector does next. */
export type Step = ListStep | StreamingListStep | WatchStep;

/** What comes before the next step. */
export type Wait =
  | { readonly type: "none" }
  | {
      readonly type: "backoff";
      /** The server's wish, which the delay must not undercut (R30). */
      readonly atLeastMs: number;
      /** There was no trouble for long enough: begin with the shortest delay (R39). */
      readonly isFresh: boolean;
    };

/** How the connection of a watch or a streaming list ended. */
export interface StreamEnded {
  readonly type: "stream-ended";
  readonly at: number;
  /** As far as everything was applied. */
  readonly resourceVersion: string;
  /** Changes and bookmarks. */
  readonly events: number;
  /** From before the request was sent (R24). */
  readonly openMs: number;
  /** From when the server accepted it; 0 if it did not. */
  readonly followedMs: number;
  /** Absent after a clean end. */
  readonly error?: KubeError | undefined;
}

/**
 * How a step ended; times are in milliseconds of any one clock.
 *
 * `marker-reached` ends a streaming list and begins a watch on its stream.
 * `streaming-refused` is what only a clock or a bookmark could tell: the server
 * does not know streaming lists.
 */
export type Outcome =
  | { readonly type: "listed"; readonly at: number; readonly resourceVersion: string }
  | { readonly type: "list-failed"; readonly at: number; readonly error: KubeError }
  | { readonly type: "marker-reached"; readonly at: number; readonly resourceVersion: string }
  | { readonly type: "streaming-refused"; readonly at: number; readonly why: string }
  | {
      readonly type: "store-failed";
      readonly at: number;
      readonly resourceVersion: string;
      readonly followedMs: number;
    }
  | StreamEnded;

/** What {@link initialState} is made from. */
export interface StateOptions {
  /** Streaming lists: when the server offers them, or never. @default "auto" */
  readonly streamingList?: "auto" | "off" | undefined;
  /** What the first paged list asks for: the newest state, or any. @default "" */
  readonly initialResourceVersion?: "" | "0" | undefined;
  /** Back-off starts over after so long without trouble (R39). @default 120_000 */
  readonly backoffResetAfterMs?: number | undefined;
}

/** All that a reflector remembers between two steps; plain data, never changed. */
export interface ReflectorState {
  readonly step: Step;
  /** Why the last list was, or is being, made. */
  readonly reason: ListReason;
  /** The last one synced; "" before the first. */
  readonly resourceVersion: string;
  /** The server cannot serve that resourceVersion: lists ask for "" until one succeeds (R6, R8). */
  readonly isUnavailable: boolean;
  /** From when on streaming lists may be asked for; Infinity is never. */
  readonly streamingFrom: number;
  /** Streaming lists in a row that ended before their marker. */
  readonly cutStreams: number;
  /** Connections in a row that ended within a second. */
  readonly shortStreak: number;
  /** A watch has met 410 before. */
  readonly hasExpired: boolean;
  /** For how long the last list has been followed by watching. */
  readonly followedMs: number;
  /** For how long watches were followed since the last back-off. */
  readonly untroubledMs: number;
  /** The resourceVersion after which a frame was broken, since the last list. */
  readonly brokenAt: string | undefined;
  readonly initialResourceVersion: "" | "0";
  readonly backoffResetAfterMs: number;
}

/** The state of a reflector that has done nothing; its `step` is the first to take. */
export function initialState(options: StateOptions = {}): ReflectorState {
  const isStreaming = options.streamingList !== "off";
  const initialResourceVersion = options.initialResourceVersion ?? "";
  return {
    step: isStreaming
      ? { type: "streaming-list", resourceVersion: "", reason: "initial" }
      : { type: "list", resourceVersion: initialResourceVersion, reason: "initial" },
    reason: "initial",
    resourceVersion: "",
    isUnavailable: false,
    streamingFrom: isStreaming ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
    cutStreams: 0,
    shortStreak: 0,
    hasExpired: false,
    followedMs: 0,
    untroubledMs: 0,
    brokenAt: undefined,
    initialResourceVersion,
    backoffResetAfterMs: options.backoffResetAfterMs ?? 120_000,
  };
}
