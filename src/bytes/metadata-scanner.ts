import { longestNameBytes } from "./entry.ts";
import type { ScannedObject } from "./scanned-object.ts";
import {
  closeBrace,
  liesAt,
  openBrace,
  plainEnd,
  quote,
  skipColon,
  skipComma,
  skipOpen,
  skipRest,
  skipValue,
} from "./skip-json.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const kindKey = ascii("kind");
const apiVersionKey = ascii("apiVersion");
const metadataKey = ascii("metadata");
const nameKey = ascii("name");
const namespaceKey = ascii("namespace");
const uidKey = ascii("uid");
const versionKey = ascii("resourceVersion");
// How built-in kinds begin their metadata, from quote to quote.
const beforeName = ascii('"name":"');
const beforeGenerateName = ascii('","generateName":"');
const beforeNamespace = ascii('","namespace":"');
const beforeUid = ascii('","uid":"');
const beforeVersion = ascii('","resourceVersion":"');
const nullWord = ascii("null");
const table = ascii("Table");

// What was found in the metadata, as bits.
const hasName = 1;
const hasNamespace = 2;
const hasUid = 4;
const hasVersion = 8;
const hasAll = 15;

/**
 * Finds an object's names in its JSON without parsing it.
 *
 * What it finds is what `JSON.parse` would, for any order of the keys and any
 * whitespace; it reads no further than to the last of the four names, and to
 * the end of the metadata only where a namespace or uid might still come. With
 * `expected`, `apiVersion` and `kind` are looked for as well, wherever they
 * stand; without, they are looked at only where they come before the metadata.
 *
 * `scan` returns false for whatever is not plain: then parse. It trusts the
 * bytes to be JSON, and takes any one of two equal keys, where `JSON.parse`
 * takes the last: API servers write no key twice.
 */
export class MetadataScanner implements ScannedObject {
  start = -1;
  end = -1;
  nameStart = -1;
  nameEnd = -1;
  namespaceStart = -1;
  namespaceEnd = -1;
  uidStart = -1;
  uidEnd = -1;
  versionStart = -1;
  versionEnd = -1;
  readonly #isExpecting: boolean;
  readonly #kind: Uint8Array;
  readonly #apiVersion: Uint8Array;
  /** How built-in kinds begin, and how sorted keys do. */
  readonly #builtInHead: Uint8Array;
  readonly #sortedHead: Uint8Array;
  /** A Table of the server's own is never an object, whatever was expected. */
  readonly #isTable: boolean;
  /** Where the scan of the metadata stopped: behind the last name, or behind the brace that closes it. */
  #stop = -1;
  #isClosed = false;

  constructor(expected?: { readonly apiVersion: string; readonly kind: string }) {
    this.#isExpecting = expected !== undefined;
    const { kind, apiVersion } = expected ?? { kind: "", apiVersion: "" };
    this.#kind = ascii(kind);
    this.#apiVersion = ascii(apiVersion);
    this.#builtInHead = ascii(`"kind":"${kind}","apiVersion":"${apiVersion}","metadata":{`);
    this.#sortedHead = ascii(`"apiVersion":"${apiVersion}","kind":"${kind}","metadata":{`);
    this.#isTable = kind === "Table" && apiVersion.startsWith("meta.k8s.io/");
  }

  /** Scan one object, from its opening brace to just behind its closing one; false where it must be parsed. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.start = start;
    this.end = end;
    this.nameStart = -1;
    this.nameEnd = -1;
    this.namespaceStart = -1;
    this.namespaceEnd = -1;
    this.uidStart = -1;
    this.uidEnd = -1;
    this.versionStart = -1;
    this.versionEnd = -1;
    if (this.#isTable || end - start < 2 || bytes[start] !== openBrace) return false;
    if (this.#isExpecting) {
      if (liesAt(bytes, start + 1, end, this.#builtInHead)) {
        return this.#scanMetadata(bytes, start + 1 + this.#builtInHead.length, end);
      }
      if (liesAt(bytes, start + 1, end, this.#sortedHead)) {
        return this.#scanMetadata(bytes, start + 1 + this.#sortedHead.length, end);
      }
    }
    return this.#scanObject(bytes, start, end);
  }

  #scanObject(bytes: Uint8Array, start: number, end: number): boolean {
    let hasMetadata = false;
    // Without an expectation there is nothing left to look for once the metadata is read.
    let hasKind = !this.#isExpecting;
    let hasApiVersion = hasKind;
    let at = skipOpen(bytes, start + 1, end);
    while (at !== -1 && bytes[at] !== closeBrace) {
      const key = at + 1;
      const keyEnd = plainEnd(bytes, key, end);
      if (keyEnd === -1) return false;
      const value = skipColon(bytes, keyEnd + 1, end);
      if (value === -1) return false;
      const length = keyEnd - key;
      let after: number;
      if (length === 8 && liesAt(bytes, key, end, metadataKey)) {
        if (bytes[value] !== openBrace) return false;
        if (!this.#scanMetadata(bytes, value + 1, end)) return false;
        hasMetadata = true;
        if (hasKind && hasApiVersion) return true;
        after = this.#isClosed ? this.#stop : skipRest(bytes, this.#stop, end);
      } else if (length === 4 && liesAt(bytes, key, end, kindKey)) {
        after = this.#skipExpected(bytes, value, end, this.#kind);
        hasKind = true;
      } else if (length === 10 && liesAt(bytes, key, end, apiVersionKey)) {
        after = this.#skipExpected(bytes, value, end, this.#apiVersion);
        hasApiVersion = true;
      } else {
        after = skipValue(bytes, value, end);
      }
      if (hasMetadata && hasKind && hasApiVersion) return after !== -1;
      if (after === -1) return false;
      at = skipComma(bytes, after, end);
    }
    return at === end - 1 && hasMetadata;
  }

  /** Just behind the value of the kind or version; -1 where it is not the expected one. */
  #skipExpected(bytes: Uint8Array, value: number, end: number, expected: Uint8Array): number {
    if (bytes[value] !== quote) return liesAt(bytes, value, end, nullWord) ? value + 4 : -1;
    const close = plainEnd(bytes, value + 1, end);
    if (close === -1) return -1;
    const length = close - value - 1;
    if (length === 0) return close + 1;
    const isRight = this.#isExpecting
      ? length === expected.length && liesAt(bytes, value + 1, end, expected)
      : !(length === table.length && liesAt(bytes, value + 1, end, table));
    return isRight ? close + 1 : -1;
  }

  /** The metadata of a built-in kind in a namespace, as API servers write it; false where it is another. */
  #scanUsual(bytes: Uint8Array, from: number, end: number): boolean {
    if (!liesAt(bytes, from, end, beforeName)) return false;
    const nameStart = from + beforeName.length;
    const nameEnd = plainEnd(bytes, nameStart, end);
    if (nameEnd <= nameStart) return false;
    let at = nameEnd;
    if (liesAt(bytes, at, end, beforeGenerateName)) {
      at = plainEnd(bytes, at + beforeGenerateName.length, end);
      if (at === -1) return false;
    }
    if (!liesAt(bytes, at, end, beforeNamespace)) return false;
    const namespaceStart = at + beforeNamespace.length;
    const namespaceEnd = plainEnd(bytes, namespaceStart, end);
    if (namespaceEnd <= namespaceStart || !liesAt(bytes, namespaceEnd, end, beforeUid)) return false;
    const uidStart = namespaceEnd + beforeUid.length;
    const uidEnd = plainEnd(bytes, uidStart, end);
    if (uidEnd <= uidStart || !liesAt(bytes, uidEnd, end, beforeVersion)) return false;
    const versionStart = uidEnd + beforeVersion.length;
    const versionEnd = plainEnd(bytes, versionStart, end);
    if (versionEnd <= versionStart || versionEnd - nameStart > longestNameBytes) return false;
    this.nameStart = nameStart;
    this.nameEnd = nameEnd;
    this.namespaceStart = namespaceStart;
    this.namespaceEnd = namespaceEnd;
    this.uidStart = uidStart;
    this.uidEnd = uidEnd;
    this.versionStart = versionStart;
    this.versionEnd = versionEnd;
    this.#stop = versionEnd + 1;
    this.#isClosed = false;
    return true;
  }

  /** Scan from behind the metadata's brace, as far as it takes; false where something is unusual. */
  #scanMetadata(bytes: Uint8Array, from: number, end: number): boolean {
    if (this.#scanUsual(bytes, from, end)) return true;
    let found = 0;
    let nameStart = -1;
    let nameEnd = -1;
    let namespaceStart = -1;
    let namespaceEnd = -1;
    let uidStart = -1;
    let uidEnd = -1;
    let versionStart = -1;
    let versionEnd = -1;
    let at = skipOpen(bytes, from, end);
    while (at !== -1 && bytes[at] !== closeBrace) {
      const key = at + 1;
      const keyEnd = plainEnd(bytes, key, end);
      if (keyEnd === -1) return false;
      const value = skipColon(bytes, keyEnd + 1, end);
      if (value === -1) return false;
      let bit = 0;
      switch (keyEnd - key) {
        case 3:
          if (liesAt(bytes, key, end, uidKey)) bit = hasUid;
          break;
        case 4:
          if (liesAt(bytes, key, end, nameKey)) bit = hasName;
          break;
        case 9:
          if (liesAt(bytes, key, end, namespaceKey)) bit = hasNamespace;
          break;
        case 15:
          if (liesAt(bytes, key, end, versionKey)) bit = hasVersion;
          break;
      }
      let after: number;
      if (bit === 0) {
        after = skipValue(bytes, value, end);
        if (after === -1) return false;
      } else if (bytes[value] === quote) {
        const text = value + 1;
        const textEnd = plainEnd(bytes, text, end);
        if (textEnd === -1) return false;
        after = textEnd + 1;
        if (bit === hasName) {
          nameStart = text;
          nameEnd = textEnd;
        } else if (bit === hasNamespace) {
          namespaceStart = text;
          namespaceEnd = textEnd;
        } else if (bit === hasUid) {
          uidStart = text;
          uidEnd = textEnd;
        } else {
          versionStart = text;
          versionEnd = textEnd;
        }
      } else {
        if (!liesAt(bytes, value, end, nullWord)) return false;
        after = value + 4;
      }
      found |= bit;
      if (found === hasAll) {
        this.#stop = after;
        break;
      }
      at = skipComma(bytes, after, end);
    }
    this.#isClosed = found !== hasAll;
    if (this.#isClosed) this.#stop = at + 1;
    if (at === -1 || nameEnd <= nameStart || versionEnd <= versionStart) return false;
    // The key is made of both, with a slash between.
    const beforeNameBytes = namespaceEnd > namespaceStart ? namespaceEnd - namespaceStart + 1 : 0;
    if (
      beforeNameBytes + nameEnd - nameStart > longestNameBytes ||
      uidEnd - uidStart > longestNameBytes ||
      versionEnd - versionStart > longestNameBytes
    ) {
      return false;
    }
    this.nameStart = nameStart;
    this.nameEnd = nameEnd;
    if (namespaceEnd > namespaceStart) {
      this.namespaceStart = namespaceStart;
      this.namespaceEnd = namespaceEnd;
    }
    if (uidEnd > uidStart) {
      this.uidStart = uidStart;
      this.uidEnd = uidEnd;
    }
    this.versionStart = versionStart;
    this.versionEnd = versionEnd;
    return true;
  }
}
