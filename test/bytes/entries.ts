import { EncodedRecord } from "../../src/bytes/encoded-record.ts";
import { MetadataScanner } from "../../src/bytes/metadata-scanner.ts";
import { ObjectLog } from "../../src/bytes/object-log.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import type { Segment } from "../../src/bytes/segment.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import type { KubeObject } from "../../src/resource/object.ts";

export interface Thing extends KubeObject {
  data?: unknown;
}

export interface ThingFields {
  readonly rv?: string;
  readonly uid?: string;
  readonly data?: unknown;
  /** What stands in the place of the data's JSON. */
  readonly broken?: string;
}

/** The JSON of an object under `namespace/name` or `name`. */
export function jsonOf(
  key: string,
  { rv = "1", uid = `uid-${key}`, data = 0, broken }: ThingFields = {},
): string {
  const [first = "", second] = key.split("/");
  const named = second === undefined ? { name: first } : { name: second, namespace: first };
  const metadata = { ...named, uid, resourceVersion: rv };
  const json = JSON.stringify({ kind: "Thing", apiVersion: "v1", metadata, data });
  return broken === undefined ? json : json.replace(/"data":.*$/, `"data":${broken}}`);
}

/** Makes records of bytes. */
export class Bytes {
  readonly pool: SegmentPool<Thing>;
  readonly log: ObjectLog<Thing>;
  readonly #scanner = new MetadataScanner();
  /** Every segment that was written to. */
  readonly segments: Set<Segment<Thing>> = new Set();

  constructor(
    pool: SegmentPool<Thing> = new SegmentPool(new ObjectReader()),
    drop?: readonly (readonly string[])[],
  ) {
    this.pool = pool;
    this.log = new ObjectLog(pool, drop);
  }

  /** Append JSON; returns the entry's position. */
  append(json: string): number {
    // Somewhere in a larger chunk, as it is on the network.
    const bytes = Buffer.from(`#${json}#`);
    if (!this.#scanner.scan(bytes, 1, bytes.length - 1))
      throw new Error(`not scanned: ${json.slice(0, 200)}`);
    const at = this.log.append(bytes, this.#scanner);
    this.segments.add(this.log.segment);
    return at;
  }

  record(key: string, fields: ThingFields = {}): EncodedRecord<Thing> {
    const at = this.append(jsonOf(key, fields));
    return new EncodedRecord(key, this.log.segment, at);
  }
}
