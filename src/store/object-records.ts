import { EncodedRecord } from "../bytes/encoded-record.ts";
import { ObjectReader } from "../bytes/object-reader.ts";
import type { Segment } from "../bytes/segment.ts";
import { SegmentPool } from "../bytes/segment-pool.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import { exchangeAll, type Records, recordsPerStep, type StagedRecords } from "./records.ts";
import { SegmentUse } from "./segment-use.ts";

/**
 * Records by key, each with its object, which is parsed when it is first read and kept from then on.
 *
 * What was never read stays the bytes that it came in.
 */
export class ObjectRecords<T> implements Records<T> {
  #records = new Map<string, ObjectRecord<T>>();
  readonly #use: SegmentUse<T>;

  /** `pool` has the memory of what is not parsed. */
  constructor(pool: SegmentPool<T> = new SegmentPool(new ObjectReader())) {
    this.#use = new SegmentUse(pool);
  }

  get size(): number {
    return this.#records.size;
  }

  has(key: string): boolean {
    return this.#records.has(key);
  }

  get(key: string): ObjectRecord<T> | undefined {
    return this.#records.get(key);
  }

  keys(): Iterable<string> {
    return this.#records.keys();
  }

  values(): Iterable<ObjectRecord<T>> {
    return this.#records.values();
  }

  set(record: ObjectRecord<T>): void {
    const before = this.#records.get(record.key);
    this.#records.set(record.key, record);
    this.#hold(record);
    if (before !== undefined && before !== record) letGo(before);
  }

  delete(key: string): void {
    const before = this.#records.get(key);
    if (before === undefined) return;
    this.#records.delete(key);
    letGo(before);
  }

  replace(records: Iterable<ObjectRecord<T>>): void {
    exchangeAll(this.stage(), records);
  }

  stage(): StagedRecords<T> {
    const next = new Map<string, ObjectRecord<T>>();
    let left = next;
    let kept = this.#records;
    return {
      get size() {
        return next.size;
      },
      add: (record) => {
        const before = next.get(record.key);
        next.set(record.key, record);
        this.#hold(record);
        // One that is stored now may be listed again, and is needed until it is exchanged.
        if (before !== undefined && before !== record && kept.get(record.key) !== before) letGo(before);
      },
      get: (key) => next.get(key),
      values: () => next.values(),
      commit: () => {
        left = this.#records;
        kept = next;
        this.#records = next;
      },
      *release() {
        let count = 0;
        for (const [key, record] of left) {
          if (kept.get(key) !== record) letGo(record);
          if (++count % recordsPerStep === 0) yield;
        }
      },
    };
  }

  #hold(record: ObjectRecord<T>): void {
    if (!(record instanceof EncodedRecord)) return;
    const segment: Segment<T> | undefined = record.hold();
    const sparse = segment && this.#use.add(segment);
    if (sparse !== undefined) this.#empty(sparse);
  }

  #empty(sparse: ReadonlySet<Segment<T>>): void {
    for (const record of this.#records.values()) {
      const place = record instanceof EncodedRecord ? record.place : undefined;
      if (place === undefined || !sparse.has(place.segment)) continue;
      const copy = this.#use.copy(place.segment, place.at);
      if (record instanceof EncodedRecord) record.move(copy.segment, copy.at);
    }
  }
}

function letGo<T>(record: ObjectRecord<T>): void {
  if (record instanceof EncodedRecord) record.release();
}
