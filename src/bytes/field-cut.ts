import { type ByteRange, isText } from "./field-range.ts";
import {
  closeBrace,
  openBrace,
  skipColon,
  skipComma,
  skipOpen,
  skipRest,
  skipString,
  skipValue,
} from "./skip-json.ts";

export type { ByteRange };

const none: readonly (readonly string[])[] = [];

/**
 * Find what to leave out of an object's bytes so that it lacks these fields.
 *
 * The ranges are sorted and apart; what remains between them is the JSON of the
 * object without the fields, commas included. Paths lead through objects only;
 * a field that is not there is none to cut. It looks no further than to the
 * last of the fields, and cuts one of two equal keys. None where the bytes end
 * too early.
 */
export function fieldCuts(
  bytes: Uint8Array,
  start: number,
  end: number,
  paths: readonly (readonly string[])[],
): readonly ByteRange[] {
  const cuts: ByteRange[] = [];
  if (start >= end || bytes[start] !== openBrace) return cuts;
  return cutInside(bytes, start + 1, end, paths, 0, false, cuts) === -1 ? [] : cuts;
}

/**
 * Cut in the object whose opening brace is before `from`.
 *
 * Returns where it stopped, behind the closing brace if it must close; -1 where
 * the bytes end too early.
 */
function cutInside(
  bytes: Uint8Array,
  from: number,
  end: number,
  paths: readonly (readonly string[])[],
  depth: number,
  mustClose: boolean,
  cuts: ByteRange[],
): number {
  let missing = paths;
  // Behind the last member that stays.
  let keptEnd = -1;
  // Members to cut that lie side by side go together.
  let cutStart = -1;
  let cutEnd = -1;
  let at = skipOpen(bytes, from, end);
  while (at !== -1 && bytes[at] !== closeBrace && missing.length > 0) {
    const keyEnd = skipString(bytes, at + 1, end);
    const value = keyEnd === -1 ? -1 : skipColon(bytes, keyEnd, end);
    if (value === -1) return -1;
    let met = none;
    for (const path of missing) {
      const wanted = path[depth];
      if (wanted !== undefined && isText(bytes, at, keyEnd, wanted)) met = [...met, path];
    }
    let isCut = false;
    if (met.length > 0) {
      const found = met;
      isCut = found.some((path) => path.length === depth + 1);
      missing = missing.filter((path) => !found.includes(path));
    }
    let after: number;
    if (isCut) {
      after = skipValue(bytes, value, end);
      // The comma before goes with a member, or the one behind where nothing stays before.
      if (cutStart === -1) cutStart = keptEnd === -1 ? at : keptEnd;
      cutEnd = after;
    } else {
      if (cutStart !== -1) cuts.push({ start: cutStart, end: keptEnd === -1 ? at : cutEnd });
      cutStart = -1;
      if (met.length > 0 && bytes[value] === openBrace) {
        const mustCloseThat = mustClose || missing.length > 0;
        after = cutInside(bytes, value + 1, end, met, depth + 1, mustCloseThat, cuts);
        // All was found in there, and nobody asks where it ends.
        if (!mustCloseThat) return after;
      } else {
        after = skipValue(bytes, value, end);
      }
      keptEnd = after;
    }
    at = after === -1 ? -1 : skipComma(bytes, after, end);
  }
  if (at === -1) return -1;
  if (cutStart !== -1) {
    const isNext = keptEnd === -1 && bytes[at] !== closeBrace;
    cuts.push({ start: cutStart, end: isNext ? at : cutEnd });
  }
  return mustClose ? skipRest(bytes, at, end) : at;
}
