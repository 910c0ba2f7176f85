import type { ChangeRecord, ChangeType, ObjectRecord } from "../resource/watch-event.ts";
import {
  entryHeaderBytes,
  isMarkedUnreadable,
  jsonBytes,
  jsonStart,
  keyBytes,
  markUnreadable,
  uidBytes,
  uidStart,
  versionBytes,
  versionStart,
} from "./entry.ts";
import type { Segment } from "./segment.ts";

/** Where an entry lies. */
export interface EntryPlace<T> {
  readonly segment: Segment<T>;
  readonly at: number;
}

/** What a record has once its object is parsed. */
interface Parsed<T> {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly object: T;
}

/**
 * A record whose object is still bytes; parsed at the first access, once.
 *
 * Reading `object` throws `FRAME_CORRUPT` where the bytes turn out to be no
 * JSON. Held by a store of objects, it lets go of the bytes once it is parsed.
 */
export class EncodedRecord<T> implements ObjectRecord<T> {
  readonly key: string;
  #segment: Segment<T> | undefined;
  #at: number;
  #parsed: Parsed<T> | undefined = undefined;
  #isHeld = false;

  constructor(key: string, segment: Segment<T>, at: number) {
    this.key = key;
    this.#segment = segment;
    this.#at = at;
  }

  get uid(): string {
    const segment = this.#segment;
    return this.#parsed === undefined && segment !== undefined
      ? uidOf(segment, this.#at)
      : (this.#parsed?.uid ?? "");
  }

  get resourceVersion(): string {
    const segment = this.#segment;
    return this.#parsed === undefined && segment !== undefined
      ? versionOf(segment, this.#at)
      : (this.#parsed?.resourceVersion ?? "");
  }

  get object(): T {
    return this.#parsed === undefined ? this.#parse() : this.#parsed.object;
  }

  get hasBytes(): boolean {
    return this.#segment !== undefined;
  }

  /** Its bytes; undefined once it has let go of them. */
  get place(): EntryPlace<T> | undefined {
    return this.#segment === undefined ? undefined : { segment: this.#segment, at: this.#at };
  }

  /** Its bytes as long as they were not parsed. */
  get unparsed(): EntryPlace<T> | undefined {
    return this.#parsed === undefined ? this.place : undefined;
  }

  /** Its object was asked for, and its bytes are no JSON. */
  get isUnreadable(): boolean {
    return this.#segment !== undefined && isMarkedUnreadable(this.#segment.words, this.#at);
  }

  isAt(segment: Segment<T>, at: number): boolean {
    return this.#segment === segment && this.#at === at;
  }

  /**
   * Keep it, as an object where it was parsed, else as bytes, which are counted until they are parsed or released.
   *
   * Returns the segment that it counts in.
   */
  hold(): Segment<T> | undefined {
    const segment = this.#segment;
    if (segment === undefined || this.#isHeld) return segment;
    if (this.#parsed !== undefined) {
      this.#segment = undefined;
      segment.discard(this.#at);
      return undefined;
    }
    this.#isHeld = true;
    segment.keep(this.#at);
    return segment;
  }

  /** Say that it will not be kept. */
  discard(): void {
    if (!this.#isHeld) this.#segment?.discard(this.#at);
  }

  /** Undo `hold`. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#segment?.leave(this.#at);
  }

  /** Have its bytes where they were copied to. */
  move(segment: Segment<T>, at: number): void {
    const wasHeld = this.#isHeld;
    this.release();
    this.#segment = segment;
    this.#at = at;
    if (wasHeld) this.hold();
  }

  /** Tell whether another record is of the same object, by its uid; makes no strings of bytes. */
  hasUidOf(other: ObjectRecord<T>): boolean {
    const mine = this.#segment;
    if (mine === undefined || this.#parsed !== undefined || !(other instanceof EncodedRecord)) {
      return this.uid === other.uid;
    }
    const theirs: Segment<T> | undefined = other.#segment;
    if (theirs === undefined || other.#parsed !== undefined) return this.uid === other.uid;
    const length = uidBytes(mine.words, this.#at);
    return (
      length === uidBytes(theirs.words, other.#at) &&
      areEqual(
        mine.bytes,
        uidStart(mine.words, this.#at),
        theirs.bytes,
        uidStart(theirs.words, other.#at),
        length,
      )
    );
  }

  /** Tell whether another record has the same resourceVersion; makes no strings of bytes. */
  hasVersionOf(other: ObjectRecord<T>): boolean {
    const mine = this.#segment;
    if (mine === undefined || this.#parsed !== undefined || !(other instanceof EncodedRecord)) {
      return this.resourceVersion === other.resourceVersion;
    }
    const theirs: Segment<T> | undefined = other.#segment;
    if (theirs === undefined || other.#parsed !== undefined)
      return this.resourceVersion === other.resourceVersion;
    const length = versionBytes(mine.words, this.#at);
    return (
      length === versionBytes(theirs.words, other.#at) &&
      areEqual(
        mine.bytes,
        versionStart(mine.words, this.#at),
        theirs.bytes,
        versionStart(theirs.words, other.#at),
        length,
      )
    );
  }

  #parse(): T {
    const segment = this.#segment;
    // Only bytes are unparsed; the check is for the types.
    if (segment === undefined) throw new TypeError("a record has neither bytes nor an object");
    const { words, bytes, reader } = segment;
    const start = jsonStart(words, this.#at);
    const end = start + jsonBytes(words, this.#at);
    let object: T;
    try {
      object = reader.read(bytes, start, end, this.key, this.isUnreadable);
    } catch (error) {
      markUnreadable(words, this.#at);
      throw error;
    }
    const { uid, resourceVersion } = this;
    this.#parsed = { uid, resourceVersion, object };
    if (this.#isHeld) {
      this.release();
      this.#segment = undefined;
    }
    return object;
  }
}

/** A change whose object is still bytes. */
export class EncodedChange<T> extends EncodedRecord<T> implements ChangeRecord<T> {
  readonly type: ChangeType;

  constructor(type: ChangeType, key: string, segment: Segment<T>, at: number) {
    super(key, segment, at);
    this.type = type;
  }
}

/** The key of an entry. */
export function keyOfEntry<T>({ bytes, words }: Segment<T>, at: number): string {
  const start = at + entryHeaderBytes;
  return bytes.toString("latin1", start, start + keyBytes(words, at));
}

function uidOf<T>({ bytes, words }: Segment<T>, at: number): string {
  const start = uidStart(words, at);
  return bytes.toString("latin1", start, start + uidBytes(words, at));
}

function versionOf<T>({ bytes, words }: Segment<T>, at: number): string {
  const start = versionStart(words, at);
  return bytes.toString("latin1", start, start + versionBytes(words, at));
}

function areEqual(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let index = 0; index < length; index++) {
    if (a[aStart + index] !== b[bStart + index]) return false;
  }
  return true;
}
