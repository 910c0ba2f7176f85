import type { ScannedObject } from "./scanned-object.ts";

const firstEntries = 256;
const mostEntries = 65_536;
/** How many keys with like hashes find room, in neighbouring entries. */
const ways = 4;
const slash = 0x2f;

/**
 * Makes the keys of scanned objects, the same string for the same key where it can.
 *
 * The keys made last are remembered by their bytes, so that the key of an
 * object that was seen before costs no new string, and a Map finds it without
 * hashing it again. It is bounded: what it has forgotten it makes anew.
 */
export class KeyTable {
  /** Of the four neighbours that may hold a key, the one put in last comes first. */
  #keys: string[] = new Array<string>(firstEntries).fill("");
  #hashes: Int32Array = new Int32Array(firstEntries);
  /** Keys that were pushed out since it last grew. */
  #pushedOut = 0;
  /** Where a key's bytes are put together, so that it becomes one flat string. */
  #scratch: Buffer = Buffer.alloc(0);

  /** `namespace/name`, or `name` where there is no namespace (S1). */
  keyOf(bytes: Uint8Array, scanned: ScannedObject): string {
    const { nameStart, nameEnd, namespaceStart, namespaceEnd } = scanned;
    let hash = 0x811c9dc5 | 0;
    for (let index = namespaceStart | 0; index < namespaceEnd; index = (index + 1) | 0) {
      hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
    }
    hash = Math.imul(hash ^ slash, 0x01000193);
    for (let index = nameStart | 0; index < nameEnd; index = (index + 1) | 0) {
      hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
    }
    // The low bits choose the place, and the last bytes reach the high ones only by this.
    hash ^= hash >>> 15;
    const hashes = this.#hashes;
    const first = hash & (hashes.length - ways);
    for (let entry = first; entry < first + ways; entry += 1) {
      if (hashes[entry] !== hash) continue;
      const key = this.#keys[entry] ?? "";
      if (isKey(key, bytes, scanned)) return key;
    }
    const key = this.#make(bytes, scanned);
    this.#remember(key, hash);
    return key;
  }

  #remember(key: string, hash: number): void {
    const entries = this.#hashes.length;
    const first = hash & (entries - ways);
    if (this.#keys[first + ways - 1] !== "") {
      this.#pushedOut += 1;
      if (this.#pushedOut > entries / 16 && entries < mostEntries) {
        this.#grow();
        this.#remember(key, hash);
        return;
      }
    }
    this.#put(first, key, hash);
  }

  #put(first: number, key: string, hash: number): void {
    this.#keys.copyWithin(first + 1, first, first + ways - 1);
    this.#hashes.copyWithin(first + 1, first, first + ways - 1);
    this.#keys[first] = key;
    this.#hashes[first] = hash;
  }

  #grow(): void {
    const keys = this.#keys;
    const hashes = this.#hashes;
    this.#keys = new Array<string>(keys.length * 2).fill("");
    this.#hashes = new Int32Array(keys.length * 2);
    this.#pushedOut = 0;
    // Backwards, so that of neighbours the newest stays first.
    for (let entry = keys.length - 1; entry >= 0; entry -= 1) {
      const key = keys[entry] ?? "";
      const hash = hashes[entry] ?? 0;
      if (key !== "") this.#put(hash & (this.#hashes.length - ways), key, hash);
    }
  }

  #make(bytes: Uint8Array, scanned: ScannedObject): string {
    const { nameStart, nameEnd, namespaceStart, namespaceEnd } = scanned;
    const length =
      nameEnd - nameStart + (namespaceEnd > namespaceStart ? namespaceEnd - namespaceStart + 1 : 0);
    if (this.#scratch.length < length) this.#scratch = Buffer.alloc(Math.max(256, length));
    const scratch = this.#scratch;
    let at = 0;
    if (namespaceEnd > namespaceStart) {
      for (let index = namespaceStart; index < namespaceEnd; index += 1) scratch[at++] = bytes[index] ?? 0;
      scratch[at++] = slash;
    }
    for (let index = nameStart; index < nameEnd; index += 1) scratch[at++] = bytes[index] ?? 0;
    return scratch.toString("latin1", 0, length);
  }
}

/** Whether this is the key that the bytes spell. */
function isKey(key: string, bytes: Uint8Array, scanned: ScannedObject): boolean {
  const { nameStart, nameEnd, namespaceStart, namespaceEnd } = scanned;
  let at = 0;
  if (namespaceEnd > namespaceStart) {
    const length = namespaceEnd - namespaceStart;
    if (key.length !== length + 1 + nameEnd - nameStart || key.charCodeAt(length) !== slash) return false;
    for (; at < length; at += 1) {
      if (key.charCodeAt(at) !== bytes[namespaceStart + at]) return false;
    }
    at += 1;
  } else if (key.length !== nameEnd - nameStart) {
    return false;
  }
  for (let index = nameStart; index < nameEnd; index += 1, at += 1) {
    if (key.charCodeAt(at) !== bytes[index]) return false;
  }
  return true;
}
