import { closeBrace, openBrace, skipColon, skipComma, skipOpen, skipString, skipValue } from "./skip-json.ts";

/** A stretch of bytes, from `start` to before `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Find where the value of a nested field lies, as `JSON.parse` would.
 *
 * The way leads through objects only. `undefined` where the field is absent, or
 * the bytes end too early. Of equal keys the last counts, so the object is
 * looked through to its end: {@link firstFieldRange} costs less.
 */
export function fieldRange(
  bytes: Uint8Array,
  start: number,
  end: number,
  path: readonly string[],
): ByteRange | undefined {
  return find(bytes, start, end, path, false);
}

/**
 * Find where the value of a nested field lies, and stop there.
 *
 * As {@link fieldRange}, for bytes in which no key comes twice, as API servers write them.
 */
export function firstFieldRange(
  bytes: Uint8Array,
  start: number,
  end: number,
  path: readonly string[],
): ByteRange | undefined {
  return find(bytes, start, end, path, true);
}

function find(
  bytes: Uint8Array,
  start: number,
  end: number,
  path: readonly string[],
  isFirstEnough: boolean,
): ByteRange | undefined {
  let from = start;
  let to = end;
  for (let depth = 0; depth < path.length; depth += 1) {
    const wanted = path[depth] ?? "";
    if (from >= to || bytes[from] !== openBrace) return undefined;
    let found = -1;
    let foundEnd = -1;
    let at = skipOpen(bytes, from + 1, to);
    while (at !== -1 && bytes[at] !== closeBrace) {
      const keyEnd = skipString(bytes, at + 1, to);
      if (keyEnd === -1) return undefined;
      const value = skipColon(bytes, keyEnd, to);
      if (value === -1) return undefined;
      const isWanted = isText(bytes, at, keyEnd, wanted);
      // What lies beyond an object that is only passed through need not be known.
      if (isWanted && isFirstEnough && depth < path.length - 1) {
        found = value;
        foundEnd = to;
        break;
      }
      const after = skipValue(bytes, value, to);
      if (after === -1) return undefined;
      if (isWanted) {
        found = value;
        foundEnd = after;
        if (isFirstEnough) break;
      }
      at = skipComma(bytes, after, to);
    }
    if (at === -1 || found === -1) return undefined;
    from = found;
    to = foundEnd;
  }
  return { start: from, end: to };
}

/** Whether a string, given from its opening quote to behind its closing one, says this. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  const length = end - start - 2;
  // A character is at least one byte, an escaped one more, and one beyond ASCII too.
  if (length < text.length) return false;
  for (let index = 0; index < length; index += 1) {
    const byte = bytes[start + 1 + index] ?? 0;
    if (byte === 0x5c || byte > 0x7e) return isDecoded(bytes, start, end, text);
    if (byte !== text.charCodeAt(index)) return false;
  }
  return length === text.length;
}

function isDecoded(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(start, end))) === text;
  } catch {
    return false;
  }
}
