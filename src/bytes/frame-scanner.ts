import type { ChangeType } from "../resource/watch-event.ts";
import { MetadataScanner } from "./metadata-scanner.ts";
import type { ScannedObject } from "./scanned-object.ts";
import { closeBrace, liesAt, openBrace, quote, skipColon, skipComma, skipSpace } from "./skip-json.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const typeKey = ascii('"type"');
const objectKey = ascii('"object"');
const added = ascii('ADDED"');
const modified = ascii('MODIFIED"');
const deleted = ascii('DELETED"');
const compactHead = ascii('{"type":"');
const compactObject = ascii('","object":{');

/**
 * Finds the type and the object's names in a watch frame without parsing it.
 *
 * It knows `{"type":…,"object":{…}}` with one of the three types that change an
 * object, in this order and with any whitespace; `undefined` says to parse. It
 * reads the head of the frame, its last two braces and what
 * {@link MetadataScanner} reads: that the rest is JSON, and one object only, is
 * seen when the object is parsed.
 */
export class FrameScanner implements ScannedObject {
  readonly #object: MetadataScanner;

  constructor(expected?: { readonly apiVersion: string; readonly kind: string }) {
    this.#object = new MetadataScanner(expected);
  }

  get start(): number {
    return this.#object.start;
  }

  get end(): number {
    return this.#object.end;
  }

  get nameStart(): number {
    return this.#object.nameStart;
  }

  get nameEnd(): number {
    return this.#object.nameEnd;
  }

  get namespaceStart(): number {
    return this.#object.namespaceStart;
  }

  get namespaceEnd(): number {
    return this.#object.namespaceEnd;
  }

  get uidStart(): number {
    return this.#object.uidStart;
  }

  get uidEnd(): number {
    return this.#object.uidEnd;
  }

  get versionStart(): number {
    return this.#object.versionStart;
  }

  get versionEnd(): number {
    return this.#object.versionEnd;
  }

  /** Scan one frame; the names are those of this frame only where it returns a type. */
  scan(bytes: Uint8Array, from: number, to: number): ChangeType | undefined {
    const end = objectEnd(bytes, from, to);
    if (end === -1) return undefined;
    let type: ChangeType | undefined;
    let at: number;
    if (liesAt(bytes, from, end, compactHead)) {
      at = from + compactHead.length;
      type = typeAt(bytes, at, end);
      if (type === undefined) return undefined;
      at += type.length;
      if (liesAt(bytes, at, end, compactObject)) {
        return this.#object.scan(bytes, at + compactObject.length - 1, end) ? type : undefined;
      }
    }
    at = skipSpace(bytes, from, end);
    if (at === end || bytes[at] !== openBrace) return undefined;
    at = skipSpace(bytes, at + 1, end);
    if (!liesAt(bytes, at, end, typeKey)) return undefined;
    at = skipColon(bytes, at + typeKey.length, end);
    if (at === -1 || bytes[at] !== quote) return undefined;
    type = typeAt(bytes, at + 1, end);
    if (type === undefined) return undefined;
    at = skipComma(bytes, at + type.length + 2, end);
    if (at === -1 || !liesAt(bytes, at, end, objectKey)) return undefined;
    at = skipColon(bytes, at + objectKey.length, end);
    if (at === -1) return undefined;
    return this.#object.scan(bytes, at, end) ? type : undefined;
  }
}

/** The type whose text begins here, and ends with a quote. */
function typeAt(bytes: Uint8Array, at: number, end: number): ChangeType | undefined {
  if (liesAt(bytes, at, end, modified)) return "MODIFIED";
  if (liesAt(bytes, at, end, added)) return "ADDED";
  if (liesAt(bytes, at, end, deleted)) return "DELETED";
  return undefined;
}

/** Just behind the brace before the frame's last one; -1 where it does not end in two. */
function objectEnd(bytes: Uint8Array, from: number, to: number): number {
  let last = to - 1;
  while (last > from && isSpace(bytes[last] ?? 0)) last -= 1;
  if (last <= from || bytes[last] !== closeBrace) return -1;
  last -= 1;
  while (last > from && isSpace(bytes[last] ?? 0)) last -= 1;
  return last > from && bytes[last] === closeBrace ? last + 1 : -1;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
