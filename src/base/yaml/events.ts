import { EVENT_ID, type Event, parseEvents, type ScalarEvent } from "js-yaml";
import { isUnindented } from "./problem.ts";

/** A part of a text that holds one document at most, with the directives and comments before it. */
export interface DocumentText {
  readonly text: string;
  /** The line of the whole text that it begins in, from 1. */
  readonly line: number;
}

/** A text, and what the parser finds at which places in it. */
export interface Parsed {
  readonly text: string;
  readonly events: readonly Event[];
}

/** What is nested deeper than this is refused, before the parser runs out of stack. */
const maxDepth = 1000;

// A line that begins so is a mark wherever it stands: in a text in quotes it would be a mistake.
const marks = /(?<=^|[\r\n])\uFEFF?(---|\.\.\.)(?=[ \t\r\n]|$)/g;
// What is neither blank nor a comment or a directive.
const contents = /^[ \t]*[^ \t\r\n#%]/m;

/**
 * Take a text apart into its documents; there may be parts that hold comments only, and are none.
 *
 * The parser gives nothing of a text that is broken anywhere. One document at a
 * time, the first mistake is found first, and told with the number of its document.
 */
export function* documentTexts(whole: string): Generator<DocumentText> {
  // Blanks at the very end are no line of a block of text; the parser would count one.
  const text = whole.replace(/(?<=[\r\n])[ \t]+$/, "");
  let start = 0;
  let line = 1;
  let isBegun = false;
  const take = (end: number): DocumentText => {
    const taken = { text: text.slice(start, end), line };
    line += taken.text.split("\n").length - 1;
    start = end;
    return taken;
  };
  for (const { 1: mark, index } of text.matchAll(marks)) {
    if (mark === "---") {
      if (isBegun || contents.test(text.slice(start, index))) yield take(index);
      isBegun = true;
      continue;
    }
    const end = text.indexOf("\n", index);
    yield take(end === -1 ? text.length : end + 1);
    isBegun = false;
  }
  yield take(text.length);
}

/** A place that gets a space, in front of what stands there, or instead of it. */
interface Space {
  readonly at: number;
  readonly replaces: 0 | 1;
}

/** Before brackets that close, in the column of the key of what they close. */
function spacesBeforeBrackets(text: string): Space[] {
  const spaces: Space[] = [];
  const above: { from: number; to: number; opens: boolean }[] = [];
  for (const { 0: line, index } of text.matchAll(/[^\r\n]+/g)) {
    const from = line.search(/[^ ]|$/);
    if (from === line.length) continue;
    while ((above.at(-1)?.from ?? 0) > from) above.pop();
    const opener = above.at(-1);
    if (/[\]}]/.test(line.charAt(from)) && opener?.opens && from <= opener.to) {
      spaces.push({ at: index + from, replaces: 0 });
    }
    // In `- - key: [` the key has a column of its own; the bracket may be in the line below it.
    const to = /^ *(?:[-?:] +)*/.exec(line)?.[0].length ?? from;
    above.push({ from, to, opens: /[[{]|: *(?:#.*)?$/.test(line) });
  }
  return spaces;
}

/** Instead of tabs within lines; not behind `-` and `?`, where they would be indentation. */
function spacesForTabs(text: string): Space[] {
  const spaces: Space[] = [];
  for (const { 0: blanks, index } of text.matchAll(/[^\s?-][ \t]*\t[ \t]*/g)) {
    for (let at = blanks.indexOf("\t"); at !== -1; at = blanks.indexOf("\t", at + 1)) {
      spaces.push({ at: index + at, replaces: 1 });
    }
  }
  return spaces;
}

function withSpaces(text: string, spaces: readonly Space[]): string {
  let from = 0;
  const parts = spaces.map(({ at, replaces }) => {
    const part = text.slice(from, at);
    from = at + replaces;
    return part;
  });
  return [...parts, text.slice(from)].join(" ");
}

/** Leave out the spaces that came to stand in a scalar. */
function outsideScalars(spaces: readonly Space[], events: readonly Event[]): Space[] {
  const scalars = events.filter(
    (event): event is ScalarEvent => event.type === EVENT_ID.SCALAR && event.valueStart !== -1,
  );
  let shift = 0;
  let next = 0;
  return spaces.filter(({ at, replaces }) => {
    const place = at + shift;
    shift += 1 - replaces;
    while (place >= (scalars[next]?.valueEnd ?? Number.POSITIVE_INFINITY)) next += 1;
    return place < (scalars[next]?.valueStart ?? Number.POSITIVE_INFINITY);
  });
}

/**
 * Parse one document, as lenient as kubectl in what is written like JSON.
 *
 * ```yaml
 * args: [
 *   "--all"
 * ]
 * ```
 *
 * YAML wants such a bracket to be indented, and so does the parser, which also
 * stumbles over tabs before brackets. Where it does, they get spaces, and lose
 * them again where those came to stand in a text. Lines keep their numbers.
 */
export function parseDocument(text: string): Parsed {
  try {
    return { text, events: parseEvents(text, { maxDepth }) };
  } catch (error) {
    if (!isUnindented(error)) throw error;
  }
  let spaces = [...spacesBeforeBrackets(text), ...spacesForTabs(text)].sort((a, b) => a.at - b.at);
  for (;;) {
    const spaced = withSpaces(text, spaces);
    const events = parseEvents(spaced, { maxDepth });
    const right = outsideScalars(spaces, events);
    if (right.length === spaces.length) return { text: spaced, events };
    spaces = right;
  }
}
