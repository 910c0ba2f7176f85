import type { SegmentPool } from "../bytes/segment-pool.ts";
import type { KubeObject } from "../resource/object.ts";
import { ByteRecords } from "../store/byte-records.ts";
import { ObjectRecords } from "../store/object-records.ts";
import type { Records } from "../store/records.ts";

/** What holds the objects of an informer's store, as its option says. */
export function recordsFor<T extends KubeObject>(
  store: "objects" | "bytes" | undefined,
  pool: SegmentPool<T>,
): Records<T> {
  return store === "bytes" ? new ByteRecords(pool) : new ObjectRecords(pool);
}
