import * as yaml from "../base/yaml/documents.ts";
import { kubectlScalars } from "../base/yaml/plain-scalar.ts";
import type { Refuse } from "../base/yaml/problem.ts";
import type { YamlNode } from "../base/yaml/tree.ts";
import { yamlValue } from "../base/yaml/value.ts";
import { invalidManifest } from "./manifest.ts";

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

/** What stands at a step of a path: in a mapping by its key, in a list by its number. */
function step(node: YamlNode | undefined, name: string | number): YamlNode | undefined {
  const source = node?.type === "alias" ? node.target : node;
  if (source?.type === "list" && typeof name === "number") return source.items[name];
  if (source?.type !== "mapping") return undefined;
  const [, value] = source.pairs.find(([key]) => key.type === "scalar" && key.text === name) ?? [];
  return value;
}

/** Read YAML with the meaning that kubectl gives it. */
export function yamlDocuments(text: string, name: string): TextDocument[] {
  const refuse: Refuse = ({ document, line, message }) =>
    invalidManifest(`${name}, document ${document}, line ${line}`, message);
  return Array.from(yaml.yamlDocuments(text, refuse), (document) => {
    const { number, root } = document;
    return {
      value: yamlValue(document, { scalars: kubectlScalars }, refuse),
      number,
      line: root.line,
      lineOf: (path) => path.reduce(step, root)?.line ?? root.line,
    };
  });
}
