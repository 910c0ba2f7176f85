import { YAMLException } from "js-yaml";

/** What is wrong with a YAML text, and where. The message quotes nothing of the text: it may hold secrets. */
export interface YamlProblem {
  readonly message: string;
  /** Which document of the text, from 1, empty ones included. */
  readonly document: number;
  /** From 1. */
  readonly line: number;
  /** It is about an alias: `*NAME`. */
  readonly isAlias?: boolean | undefined;
}

/** Makes the error that is thrown for a problem. */
export type Refuse = (problem: YamlProblem) => Error;

export const unknownTag = "a value has a tag that is not known, or does not fit it";
const needsQuotes = "a value begins with a character that needs quotes";
export const mappingInValue =
  "a mapping begins where a value is. Check the indentation, or put the value in quotes";
const multilineKey = "a key has no colon behind it or goes over several lines, or a value lacks its quotes";
const unexpected = "there is something where nothing is expected";
const tab = "a tab is used as indentation. Use spaces";
const noYaml = "it is not YAML";
const tooDeep = "it is nested too deep";
const directive = "a line that begins with `%` is not right";
const blockMark = "the mark before a block of text (`|`, `>`) is not right";
const missing = "a character is missing, such as a quote or a bracket";
const badEscape = "a text in double quotes has an escape that there is none of";
const character = "it holds a character that no YAML may hold";

const unindented = "deficient indentation";

/** What the parser's reasons mean, by words in them; some of its own quote the text. The first counts. */
const meanings: readonly (readonly [words: string, meaning: string])[] = [
  ["maxDepth", tooDeep],
  ["tab characters", tab],
  ["directive", directive],
  ["directives end mark", directive],
  ["YAML version", directive],
  ["previously declared suffix", directive],
  ["alias node", "an alias has no name, or a tag or an anchor of its own"],
  ["anchor", "an anchor has no name, or is the second of a value"],
  ["explicit indentation", blockMark],
  ["identifier", blockMark],
  ["line break is expected", blockMark],
  ["escape sequence", badEscape],
  ["hexadecimal", badEscape],
  ["multiline key", multilineKey],
  ["expected ':'", "a key has no colon behind it, or a value lacks its quotes"],
  ["whitespace character is expected", "a space is missing behind a colon"],
  [unindented, `${missing}; or what stands between two of them is not indented`],
  ["indentation", "the indentation does not fit what is above"],
  ["within a verbatim tag", unknownTag],
  ["within a", missing],
  ["missed comma", missing],
  ["JSON character", character],
  ["non-printable", character],
  ["null byte", character],
  ["tag", unknownTag],
  ["node content", unexpected],
  ["document separator", unexpected],
];

/** What is meant where the parser only says that it cannot go on; `before` is the line up to there. */
function meaningOfPlace(before: string, found: string): string | undefined {
  if (/^ *\t/.test(before)) return tab;
  if (found === ":") return mappingInValue;
  const isBeginning = /(?:^|[-:?])\s*$/.test(before);
  if (isBeginning && found !== "" && "@`%,".includes(found)) return needsQuotes;
  return before.trim() === "" ? undefined : unexpected;
}

function meaningOf(reason: string, before: string, found: string): string {
  const meaning = meanings.find(([words]) => reason.includes(words))?.[1] ?? noYaml;
  const isVague = reason.startsWith("bad indentation of a") || meaning === unexpected;
  return (isVague ? meaningOfPlace(before, found) : undefined) ?? meaning;
}

/**
 * How many lines further up stands what is wrong, if it goes over several.
 *
 * `a: b` and `  c: d` below it: the parser takes `b c` for a text over two lines
 * until it finds the second colon, but what is wrong is the value of `a`. So it
 * does with a line in which the colon was forgotten, and the one below.
 */
function linesSince(message: string, lines: readonly string[]): number {
  const last = lines.at(-1) ?? "";
  const isKey = message === multilineKey;
  if (!isKey && (message !== mappingInValue || /:\s/.test(last))) return 0;
  const indent = isKey ? Number.POSITIVE_INFINITY : last.search(/[^ ]|$/);
  const above = lines.slice(0, -1).findLastIndex((line) => {
    const at = line.search(/[^ \r]/);
    return at !== -1 && at < indent;
  });
  return above === -1 ? 0 : lines.length - 1 - above;
}

/** Whether the parser missed indentation in something with brackets or quotes around it. */
export function isUnindented(error: unknown): boolean {
  return error instanceof YAMLException && error.reason === unindented;
}

/** Tell what the parser threw for a document in words of ours, which are the same for each release of it. */
export function syntaxProblem(error: unknown, document: number, firstLine: number): YamlProblem {
  if (!(error instanceof YAMLException) || error.mark === undefined) {
    // A caller far down the stack may leave the parser too little of it.
    return { message: error instanceof RangeError ? tooDeep : noYaml, document, line: firstLine };
  }
  const { buffer, position } = error.mark;
  const lines = buffer.slice(0, position).split("\n");
  const message = meaningOf(error.reason, lines.at(-1) ?? "", buffer.charAt(position));
  return { message, document, line: firstLine + lines.length - 1 - linesSince(message, lines) };
}
