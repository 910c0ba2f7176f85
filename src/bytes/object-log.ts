import {
  entryBytes,
  entryHeaderBytes,
  entryLength,
  jsonStart,
  longestNameBytes,
  unsettle,
  writeHeader,
} from "./entry.ts";
import { fieldCuts } from "./field-cut.ts";
import type { ScannedObject } from "./scanned-object.ts";
import type { Segment } from "./segment.ts";
import type { SegmentPool } from "./segment-pool.ts";

const slash = 0x2f;

/**
 * Copies objects out of the bytes they arrived in, one behind the other.
 *
 * A chunk of the network holds many objects, and a reference to any of them
 * would keep it whole: hence a copy at once, of the few that count. After an
 * `append`, `segment` is where the entry lies.
 */
export class ObjectLog<T> {
  readonly #pool: SegmentPool<T>;
  readonly #drop: readonly (readonly string[])[];
  #segment: Segment<T> | undefined;

  /** `drop` are the fields that are left out of what is kept. */
  constructor(pool: SegmentPool<T>, drop: readonly (readonly string[])[] = []) {
    this.#pool = pool;
    this.#drop = drop;
  }

  /** Whether to keep bytes, at the moment: not where each object is read as soon as it is there. */
  get isWorthwhile(): boolean {
    return !this.#pool.readsAll();
  }

  /** Some fields are left out. */
  get dropsFields(): boolean {
    return this.#drop.length > 0;
  }

  /** The JSON of an object that was scanned, as text, without what is left out. */
  textOf(source: Buffer, { start, end }: ScannedObject): string {
    let text = "";
    let from = start;
    for (const cut of fieldCuts(source, start, end, this.#drop)) {
      text += source.toString("utf8", from, cut.start);
      from = cut.end;
    }
    return text + source.toString("utf8", from, end);
  }

  /** Where the last entry was written. */
  get segment(): Segment<T> {
    return this.#segment ?? this.#begin(0);
  }

  /** Copy an object that was scanned; returns the entry's position, -1 where its names are too long to be kept. */
  append(source: Buffer, scanned: ScannedObject): number {
    const { namespaceStart, namespaceEnd, nameStart, nameEnd, uidStart, uidEnd, versionStart, versionEnd } =
      scanned;
    const key = nameEnd - nameStart + (namespaceEnd > namespaceStart ? namespaceEnd - namespaceStart + 1 : 0);
    const uid = uidEnd - uidStart;
    const version = versionEnd - versionStart;
    if (key > longestNameBytes || uid > longestNameBytes || version > longestNameBytes) return -1;
    const cuts = this.#drop.length === 0 ? [] : fieldCuts(source, scanned.start, scanned.end, this.#drop);
    let json = scanned.end - scanned.start;
    for (const cut of cuts) json -= cut.end - cut.start;

    const segment = this.#room(entryBytes(key, uid, version, json));
    const { bytes, words, usedBytes: at } = segment;
    writeHeader(words, at, key, uid, version, json);
    let to = at + entryHeaderBytes;
    for (let from = namespaceStart; from < namespaceEnd; from++) bytes[to++] = source[from] ?? 0;
    if (namespaceEnd > namespaceStart) bytes[to++] = slash;
    for (let from = nameStart; from < nameEnd; from++) bytes[to++] = source[from] ?? 0;
    for (let from = uidStart; from < uidEnd; from++) bytes[to++] = source[from] ?? 0;
    for (let from = versionStart; from < versionEnd; from++) bytes[to++] = source[from] ?? 0;
    let from = scanned.start;
    for (const cut of cuts) {
      bytes.set(source.subarray(from, cut.start), to);
      to += cut.start - from;
      from = cut.end;
    }
    bytes.set(source.subarray(from, scanned.end), to);
    return segment.written();
  }

  /** Copy an object that was parsed already, as the JSON it is; -1 where its names cannot be kept. */
  appendObject(key: string, uid: string, version: string, object: T): number {
    if (!isName(key) || !isName(uid) || !isName(version)) return -1;
    const json = Buffer.from(JSON.stringify(object));
    const segment = this.#room(entryBytes(key.length, uid.length, version.length, json.length));
    const { bytes, words, usedBytes: at } = segment;
    writeHeader(words, at, key.length, uid.length, version.length, json.length);
    bytes.write(key + uid + version, at + entryHeaderBytes, "latin1");
    bytes.set(json, jsonStart(words, at));
    return segment.written();
  }

  /** Copy an entry as it is; returns its new position. */
  appendEntry(from: Segment<T>, position: number): number {
    const length = entryLength(from.words, position);
    const segment = this.#room(length);
    const { bytes, words, usedBytes: at } = segment;
    bytes.set(from.bytes.subarray(position, position + length), at);
    unsettle(words, at);
    return segment.written();
  }

  #room(entry: number): Segment<T> {
    const segment = this.#segment;
    if (segment !== undefined && segment.bytes.length - segment.usedBytes >= entry) return segment;
    return this.#begin(entry);
  }

  #begin(entry: number): Segment<T> {
    const full = this.#segment;
    this.#segment = this.#pool.take(entry);
    full?.close();
    return this.#segment;
  }
}

/** Whether a name can be kept one byte per character. */
function isName(name: string): boolean {
  return name.length <= longestNameBytes && /^[\x20-\x7e]*$/.test(name);
}
