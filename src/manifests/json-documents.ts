import { isJsonObject } from "../base/json-object.ts";
import { JsonScanner } from "../base/json-scanner.ts";
import type { TextDocument } from "./yaml-documents.ts";

const newline = 0x0a;

/** How many lines end between two places. */
function linesBetween(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline, from); at !== -1 && at < to; at = bytes.indexOf(newline, at + 1))
    lines++;
  return lines;
}

/**
 * Read JSON objects that follow each other, as kubectl takes them.
 *
 * Undefined where the text is not that: it may still be YAML, whose reader
 * knows better what is wrong with it.
 */
export function jsonDocuments(text: string): TextDocument[] | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  const bytes = Buffer.from(text);
  const scanner = new JsonScanner();
  const documents: TextDocument[] = [];
  let line = 1;
  let counted = 0;
  try {
    for (let from = 0; ; ) {
      const end = scanner.scan(bytes, from);
      if (end === -1) break;
      const value: unknown = JSON.parse(bytes.toString("utf8", scanner.start, end));
      if (!isJsonObject(value)) return undefined;
      line += linesBetween(bytes, counted, scanner.start);
      counted = scanner.start;
      const at = line;
      documents.push({ value, number: documents.length + 1, line: at, lineOf: () => at });
      from = end;
    }
  } catch {
    return undefined;
  }
  return scanner.isInsideValue ? undefined : documents;
}
