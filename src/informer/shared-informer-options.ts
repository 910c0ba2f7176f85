import type { BackoffOptions } from "../base/backoff.ts";
import type { KubeError } from "../base/errors.ts";
import type { SegmentPool } from "../bytes/segment-pool.ts";
import type { ListWatch } from "../reflector/list-watch.ts";
import type { ReflectorProgress } from "../reflector/progress.ts";
import type { KubeObject } from "../resource/object.ts";
import type { InformerHealth } from "./health.ts";

/** What a SharedInformer is made with. */
export interface SharedInformerOptions<T extends KubeObject> {
  /** Named in errors, such as `pods in shop`. */
  readonly name: string;
  /** The same for telemetry, which names no object: as many labels as objects would be too many. @default name */
  readonly telemetryName?: string | undefined;
  /** One per namespace, or one for all; objects come from them transformed and frozen. */
  readonly sources: readonly ListWatch<T>[];
  /** The namespaces of the sources, in their order; for several. */
  readonly namespaces?: readonly string[] | undefined;
  readonly backoff?: BackoffOptions | undefined;
  readonly streamingList?: "auto" | "off" | undefined;
  readonly minWatchTimeoutSeconds?: number | undefined;
  /** How the store keeps objects. @default "objects" */
  readonly store?: "objects" | "bytes" | undefined;
  /** The memory of what the sources leave as bytes; what cannot be read of it is listed again. */
  readonly pool?: SegmentPool<T> | undefined;
}

/** What a SharedInformer reports, synchronously. */
export interface SharedInformerEvents {
  health: (health: InformerHealth) => void;
  error: (error: KubeError) => void;
  progress: (progress: ReflectorProgress) => void;
  synced: () => void;
}
