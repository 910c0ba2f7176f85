import type { Kind } from "../../resource/kind.ts";
import type { FanOut } from "../fan-out/fan-out.ts";
import type { SchemaRef } from "../schema/type-schema.ts";
import type { StoragePort } from "../storage/port.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import type { Strategy } from "./strategy.ts";

/** A kind with all that serves it. */
export interface ServedResource {
  readonly kind: Kind;
  readonly strategy: Strategy;
  /** How its objects are merged. */
  readonly schema: SchemaRef;
  readonly storage: StoragePort;
  readonly cache: WatchCache;
  readonly fanOut: FanOut;
}

/** Where an object is; `namespace` is absent for cluster-scoped ones. */
export interface ObjectAddress {
  readonly namespace: string | undefined;
  readonly name: string;
}
