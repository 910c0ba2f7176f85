import type { Document, LineCounter, Node } from "yaml";
import { invalidManifest } from "./manifest.ts";
import { kubectlScalars } from "./plain-scalar.ts";

/** One document of a text: its value, and the lines of what is in it. */
export interface TextDocument {
  readonly value: unknown;
  /** Which document it is, from 1, empty ones included. */
  readonly number: number;
  /** The line that it begins in, from 1. */
  readonly line: number;
  /** The line in which an element of a list in it begins: `["items", 2]`. */
  lineOf(path: readonly (string | number)[]): number;
}

type Yaml = typeof import("yaml");

/** What the parser's codes mean; its own messages may quote the text, which may hold a secret. */
const meanings: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias has a tag or an anchor of its own",
  BAD_ALIAS: "an alias has no name",
  BAD_INDENT: "the indentation does not fit what is above",
  BAD_SCALAR_START: "a value begins with a character that needs quotes",
  BAD_DQ_ESCAPE: "a text in double quotes has an escape that there is none of",
  BLOCK_AS_IMPLICIT_KEY:
    "a mapping begins where a value is. Check the indentation, or put the value in quotes",
  BLOCK_IN_FLOW: "a block stands inside of brackets",
  DUPLICATE_KEY: "a key stands twice in one mapping. Remove one of them",
  IMPOSSIBLE: "it cannot be read",
  MISSING_CHAR: "a character is missing, such as a quote or a bracket",
  MULTILINE_IMPLICIT_KEY: "a key goes over several lines, or a value lacks its quotes",
  RESOURCE_EXHAUSTION: "it is nested too deep",
  TAB_AS_INDENT: "a tab is used as indentation. Use spaces",
  TAG_RESOLVE_FAILED: "a value has a tag that is not known, or does not fit it",
  UNEXPECTED_TOKEN: "there is something where nothing is expected",
};

const meaningOf = (code: string): string => meanings[code] ?? `it is not YAML (${code})`;

/** kubectl makes texts of all keys: `on: x` and `true: x` are the same key. */
const isSameKey =
  ({ isScalar }: Yaml) =>
  (a: unknown, b: unknown): boolean =>
    a === b || (isScalar(a) && isScalar(b) && String(a.value) === String(b.value));

function expectTextKeys(yaml: Yaml, document: Document, lines: LineCounter, at: string): void {
  yaml.visit(document, {
    Pair(_key, { key }) {
      if (yaml.isScalar(key) && key.value !== null) return;
      const line = yaml.isNode(key) && key.range ? lines.linePos(key.range[0]).line : undefined;
      const where = line === undefined ? at : `${at}, line ${line}`;
      throw invalidManifest(where, "a key is no text. Put it in quotes");
    },
  });
}

/** Read YAML with the meaning that kubectl gives it. */
export async function yamlDocuments(text: string, name: string): Promise<TextDocument[]> {
  // Loaded by those who apply manifests only.
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  const documents = yaml.parseAllDocuments<Node>(text, {
    schema: "failsafe",
    customTags: (tags) => [...kubectlScalars, ...tags],
    resolveKnownTags: false,
    merge: true,
    prettyErrors: false,
    uniqueKeys: isSameKey(yaml),
    lineCounter: lines,
  });
  if (!Array.isArray(documents)) return [];
  return documents.map((document, index) => {
    const at = `${name}, document ${index + 1}`;
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) {
      throw invalidManifest(`${at}, line ${lines.linePos(problem.pos[0]).line}`, meaningOf(problem.code));
    }
    expectTextKeys(yaml, document, lines, at);
    const lineAt = (node: unknown): number | undefined =>
      yaml.isNode(node) && node.range ? lines.linePos(node.range[0]).line : undefined;
    const line = lineAt(document.contents) ?? lines.linePos(document.range?.[0] ?? 0).line;
    return {
      value: plainValue(document, `${at}, line ${line}`),
      number: index + 1,
      line,
      lineOf: (path) => lineAt(document.getIn(path, true)) ?? line,
    };
  });
}

function plainValue(document: Document, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    // Its messages name anchors and may quote; what can fail here is aliases.
    throw invalidManifest(where, "its aliases are too many, or one has no anchor before it");
  }
}
