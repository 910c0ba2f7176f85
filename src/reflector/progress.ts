import type { KubeError } from "../base/errors.ts";

/** Why a reflector lists. */
export type ListReason =
  | "initial"
  | "expired" // 410, as a status or in the stream
  | "too-large" // the server has not reached the resourceVersion
  | "store-failed" // a change could not be written
  | "unresumable"; // no safe resourceVersion, or the same frame broken twice

/** What a reflector was doing when an error came. */
export type ReflectorStep = "list" | "streaming-list" | "watch" | "store";

/**
 * What a reflector reports as it goes; health and logs are made from these.
 *
 * `frames`, `bookmark` and `listed` are progress: proof that the server is
 * heard. An open socket is not.
 */
export type ReflectorProgress =
  | {
      readonly type: "list-started";
      readonly reason: ListReason;
      readonly resourceVersion: string;
      readonly isStreaming: boolean;
    }
  | {
      readonly type: "listed";
      readonly resourceVersion: string;
      readonly items: number;
      readonly isStreaming: boolean;
    }
  | { readonly type: "streaming-unsupported"; readonly why: string }
  | { readonly type: "watch-started"; readonly resourceVersion: string; readonly timeoutSeconds: number }
  | { readonly type: "watch-opened"; readonly resourceVersion: string }
  | { readonly type: "frames"; readonly count: number; readonly resourceVersion: string }
  | { readonly type: "bookmark"; readonly resourceVersion: string }
  | {
      readonly type: "watch-ended";
      readonly resourceVersion: string;
      readonly events: number;
      readonly openMs: number;
    }
  | { readonly type: "error"; readonly step: ReflectorStep; readonly error: KubeError }
  | { readonly type: "waiting"; readonly delayMs: number; readonly attempt: number }
  | { readonly type: "stopped" };

/** Receives progress, synchronously; must not throw. */
export type ProgressListener = (progress: ReflectorProgress) => void;
