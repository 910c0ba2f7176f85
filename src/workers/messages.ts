import type { MessagePort } from "node:worker_threads";
import type { Logger } from "../base/logger.ts";
import type { WakeReason } from "../controller/reconcile.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { SharedStoreHandle } from "../shared-store/shared-reader.ts";
import type { TransportRequest } from "../transport/port.ts";
import type { CrossingError } from "./crossing-error.ts";

/** Which messages are spoken: a module may bring another version of this library into its thread. */
export const protocol = 1;

/** A write that local copies are to show before the watch does; `part` is the place of its copy among those followed. */
export type OwnChange =
  | { readonly part: number; readonly written: KubeObject }
  | {
      readonly part: number;
      readonly deleted: {
        readonly key: string;
        readonly uid: string;
        readonly resourceVersion?: string | undefined;
      };
    };

/** A collection that the controller follows, as a thread finds it. */
export interface FollowedHandle {
  readonly kind: Kind;
  readonly isMetadata: boolean;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** `""`: all. */
  readonly labels: string;
  readonly handle: SharedStoreHandle;
}

/** What a thread is started with. */
export interface ThreadData {
  readonly protocol: number;
  readonly port: MessagePort;
  /** The reconciler's. */
  readonly module: string;
  /** Where this library's own part of the thread is; `undefined` in a bundled program that cannot tell. */
  readonly library: string | undefined;
  readonly kind: Kind;
  readonly userAgent: string;
  readonly fieldManager: string | undefined;
  readonly followed: readonly FollowedHandle[];
  /** Those that the shared copies do not show yet. */
  readonly changes: readonly OwnChange[];
}

/** A request of a reconcile's. */
export interface RequestMessage
  extends Pick<
    TransportRequest,
    "method" | "path" | "headers" | "repeatedHeaders" | "body" | "isStream" | "retry"
  > {
  readonly type: "request";
  readonly request: number;
  readonly reconcile: number;
  /** There where it writes: the call in words, for who asks whether it may. */
  readonly writes: string | undefined;
  /** Its time limit stands still while the client holds it back. */
  readonly hasClock: boolean;
}

/** What a thread is told. */
export type ToThread =
  | {
      readonly type: "reconcile";
      readonly reconcile: number;
      readonly key: string;
      readonly attempt: number;
      readonly reason: WakeReason;
    }
  | { readonly type: "abort"; readonly reconcile: number; readonly reason: CrossingError }
  | { readonly type: "change"; readonly change: OwnChange }
  | {
      readonly type: "settled";
      readonly part: number;
      readonly key: string;
      readonly resourceVersion: string;
    }
  | {
      readonly type: "head";
      readonly request: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly type: "chunk"; readonly request: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "end"; readonly request: number; readonly error?: CrossingError }
  | { readonly type: "clock"; readonly request: number; readonly isPaused: boolean };

/** What a thread tells. */
export type FromThread =
  | { readonly type: "ready" }
  | { readonly type: "unusable"; readonly error: CrossingError }
  | { readonly type: "result"; readonly reconcile: number; readonly result: unknown }
  | { readonly type: "failed"; readonly reconcile: number; readonly error: CrossingError }
  /** It has heard that a reconcile is to end. */
  | { readonly type: "aborting"; readonly reconcile: number }
  | {
      readonly type: "log";
      readonly reconcile: number;
      readonly key: string;
      readonly level: keyof Logger;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly message: string;
    }
  | { readonly type: "change"; readonly change: OwnChange }
  | { readonly type: "warning"; readonly message: string; readonly step: string }
  | RequestMessage
  | { readonly type: "leave"; readonly request: number; readonly error?: CrossingError }
  /** So many bytes more may come. */
  | { readonly type: "credit"; readonly request: number; readonly bytes: number };
