import { KubeError } from "../base/errors.ts";
import { EncodedRecord } from "../bytes/encoded-record.ts";
import { ObjectLog } from "../bytes/object-log.ts";
import { ObjectReader } from "../bytes/object-reader.ts";
import type { Segment } from "../bytes/segment.ts";
import { SegmentPool } from "../bytes/segment-pool.ts";
import type { ObjectRecord } from "../resource/watch-event.ts";
import { EntryTable, namespaceOf } from "./entry-table.ts";
import { exchangeAll, type Records, type StagedRecords } from "./records.ts";
import { SegmentUse } from "./segment-use.ts";

/** How many parsed objects are kept at most: a power of two. */
const parsedObjects = 1024;

/**
 * Records by key that stay the bytes they came in, outside the heap.
 *
 * An object is parsed when it is read, each time anew but for those of the last
 * reads, which are kept for a while. What came as an object is written as the
 * JSON it is.
 */
export class ByteRecords<T> implements Records<T> {
  #table = new EntryTable<T>();
  readonly #use: SegmentUse<T>;
  readonly #ownLog: ObjectLog<T>;
  /** By slot, so that what is overwritten is forgotten. */
  readonly #recent: (EncodedRecord<T> | undefined)[] = [];
  /** Objects whose names are no plain text: none that a server would take. */
  #odd = new Map<string, ObjectRecord<T>>();

  constructor(pool: SegmentPool<T> = new SegmentPool(new ObjectReader())) {
    this.#use = new SegmentUse(pool);
    this.#ownLog = new ObjectLog(pool);
  }

  get size(): number {
    return this.#table.size + this.#odd.size;
  }

  has(key: string): boolean {
    return this.#table.find(key) !== -1 || this.#odd.has(key);
  }

  get(key: string): ObjectRecord<T> | undefined {
    const slot = this.#table.find(key);
    return slot === -1 ? this.#odd.get(key) : this.#record(slot, key);
  }

  *keys(): Generator<string, void, undefined> {
    for (const slot of this.#table.slots()) yield this.#table.key(slot);
    yield* this.#odd.keys();
  }

  *values(): Generator<ObjectRecord<T>, void, undefined> {
    for (const slot of this.#table.slots()) yield this.#record(slot);
    yield* this.#odd.values();
  }

  /** The keys in a namespace. */
  *keysIn(namespace: string): Generator<string, void, undefined> {
    for (const slot of this.#table.slotsIn(namespace)) yield this.#table.key(slot);
    for (const key of this.#odd.keys()) if (namespaceOf(key) === namespace) yield key;
  }

  /** The namespaces that some key has. */
  namespaces(): string[] {
    const names = new Set([...this.#table.namespaces(), ...Array.from(this.#odd.keys(), namespaceOf)]);
    names.delete("");
    return [...names];
  }

  set(record: ObjectRecord<T>): void {
    const sparse = this.#write(this.#table, this.#odd, record);
    if (sparse !== undefined) this.#empty(sparse);
  }

  delete(key: string): void {
    const slot = this.#table.find(key);
    if (slot === -1) {
      this.#odd.delete(key);
      return;
    }
    this.#recent[slot & (parsedObjects - 1)] = undefined;
    this.#table.remove(slot);
  }

  replace(records: Iterable<ObjectRecord<T>>): void {
    exchangeAll(this.stage(), records);
  }

  stage(sizeHint?: number): StagedRecords<T> {
    const table = new EntryTable<T>(sizeHint);
    const odd = new Map<string, ObjectRecord<T>>();
    let left = table;
    return {
      get size() {
        return table.size + odd.size;
      },
      add: (record) => void this.#write(table, odd, record),
      get: (key) => {
        const slot = table.find(key);
        return slot === -1 ? odd.get(key) : new EncodedRecord(key, table.segment(slot), table.at(slot));
      },
      *values() {
        for (const slot of table.slots()) {
          yield new EncodedRecord<T>(table.key(slot), table.segment(slot), table.at(slot));
        }
        yield* odd.values();
      },
      commit: () => {
        left = this.#table;
        this.#table = table;
        this.#odd = odd;
        this.#recent.length = 0;
      },
      release: () => left.release(),
    };
  }

  #write(
    table: EntryTable<T>,
    odd: Map<string, ObjectRecord<T>>,
    record: ObjectRecord<T>,
  ): ReadonlySet<Segment<T>> | undefined {
    const { key } = record;
    const encoded = record instanceof EncodedRecord && record.hasBytes ? record : this.#encode(record);
    const place = encoded?.place;
    if (place?.segment.bytes.length === 0) {
      throw new KubeError("FRAME_CORRUPT", `Keep ${key}: its bytes were given away, list it again`);
    }
    if (place === undefined) {
      const slot = table.find(key);
      if (slot !== -1) table.remove(slot);
      odd.set(key, record);
      return undefined;
    }
    if (odd.size > 0) odd.delete(key);
    const slot = table.set(key, place.segment, place.at);
    if (table === this.#table) this.#recent[slot & (parsedObjects - 1)] = encoded;
    return this.#use.add(place.segment);
  }

  #encode({ key, uid, resourceVersion, object }: ObjectRecord<T>): EncodedRecord<T> | undefined {
    const at = this.#ownLog.appendObject(key, uid, resourceVersion, object);
    return at === -1 ? undefined : new EncodedRecord(key, this.#ownLog.segment, at);
  }

  #record(slot: number, key: string = this.#table.key(slot)): EncodedRecord<T> {
    const segment = this.#table.segment(slot);
    const at = this.#table.at(slot);
    const recent = this.#recent[slot & (parsedObjects - 1)];
    if (recent?.isAt(segment, at) === true) return recent;
    const record = new EncodedRecord<T>(key, segment, at);
    this.#recent[slot & (parsedObjects - 1)] = record;
    return record;
  }

  #empty(sparse: ReadonlySet<Segment<T>>): void {
    for (const slot of this.#table.slots()) {
      const segment = this.#table.segment(slot);
      if (!sparse.has(segment)) continue;
      const at = this.#table.at(slot);
      const copy = this.#use.copy(segment, at);
      const recent = this.#recent[slot & (parsedObjects - 1)];
      // It would keep the whole segment, and is the same record.
      if (recent?.isAt(segment, at) === true) recent.move(copy.segment, copy.at);
      this.#table.move(slot, copy.segment, copy.at);
    }
  }
}
