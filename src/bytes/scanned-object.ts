/**
 * Where the parts of an object lie in the bytes that were scanned.
 *
 * One is made and reused for each scan: read it before the next. Positions are
 * indices into the scanned bytes; an absent part begins at -1. A name that
 * counts is made of printable ASCII without escapes, so that its bytes are its
 * characters.
 */
export interface ScannedObject {
  /** The object's opening brace, and just past its closing one. */
  readonly start: number;
  readonly end: number;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly namespaceStart: number;
  readonly namespaceEnd: number;
  readonly uidStart: number;
  readonly uidEnd: number;
  readonly versionStart: number;
  readonly versionEnd: number;
}
