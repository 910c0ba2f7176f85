import { expectOptions, expectText, invalidArgument } from "../base/arguments.ts";
import { isJsonObject } from "../base/json-object.ts";
import { jsonDocuments } from "./json-documents.ts";
import {
  checkManifest,
  expectExactNumbers,
  expectNoDuplicates,
  invalidManifest,
  type Manifest,
} from "./manifest.ts";
import type { TextDocument } from "./yaml-documents.ts";

/** What {@link parseManifests} takes besides the text. */
export interface ParseManifestsOptions {
  /** What errors call the text: its file. @default "manifests" */
  readonly name?: string | undefined;
}

/** The YAML parser is loaded by those who apply YAML only. */
async function readYaml(text: string, name: string): Promise<TextDocument[]> {
  const { yamlDocuments } = await import("./yaml-documents.ts");
  return yamlDocuments(text, name);
}

/** What is nested deeper than this is no object of Kubernetes', nor is what holds itself. */
const deepestValue = 1000;

/** Whether a value is nested too deep; YAML's aliases can make one that has no end. */
function isTooDeep(value: unknown, depth: number = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth > deepestValue || Object.values(value).some((one) => isTooDeep(one, depth + 1));
}

function expectDepth(value: unknown, where: string): void {
  if (isTooDeep(value)) throw invalidManifest(where, "it is nested too deep, or holds itself");
}

/** Lists in lists go this deep, and no further. */
const deepestList = 8;

/** Where in a document something stands, and what that place is called. */
interface Place {
  readonly document: number;
  readonly lineOf: (path: readonly (string | number)[]) => number | undefined;
  readonly called: (line: number | undefined) => string;
}

/** The items of a list, undefined for what is none; those of a PodList are Pods that need not say so. */
function itemsOf({ kind, apiVersion, items }: Record<string, unknown>): unknown[] | undefined {
  if (typeof kind !== "string" || !kind.endsWith("List")) return undefined;
  if (kind === "List" && (items === undefined || items === null)) return [];
  if (!Array.isArray(items)) return undefined;
  if (kind === "List") return items;
  const type = { apiVersion, kind: kind.slice(0, -"List".length) };
  return items.map((item: unknown) => (isJsonObject(item) ? { ...type, ...item } : item));
}

/** The objects that a value is or holds: itself, or the items of a list, of lists in it too. */
function objectsIn(value: unknown, place: Place, path: readonly (string | number)[] = []): Manifest[] {
  const line = place.lineOf(path);
  const where = place.called(line);
  const items = isJsonObject(value) ? itemsOf(value) : undefined;
  if (items !== undefined) {
    if (path.length >= 2 * deepestList) throw invalidManifest(where, "lists are nested too deep");
    return items.flatMap((item, index) => objectsIn(item, place, [...path, "items", index]));
  }
  const object = checkManifest(value, where);
  expectExactNumbers(object, where);
  return [{ object, document: place.document, line, where }];
}

function placeIn({ number, lineOf }: TextDocument, name: string): Place {
  return { document: number, lineOf, called: (line) => `${name}, document ${number}, line ${line}` };
}

/**
 * Read the objects of a text: YAML or JSON, one document or several, lists taken apart.
 *
 * Plain values mean what they mean to kubectl: `yes` is true, `0644` is 420.
 * Empty documents are passed over, and counted. Rejects with
 * `INVALID_ARGUMENT`, naming file, document and line, for the first thing that
 * cannot be applied: no YAML, no kind, no name, a key or an object twice. What
 * the text holds is not quoted, save names and kinds: it may be secret.
 */
export async function parseManifests(text: string, options: ParseManifestsOptions = {}): Promise<Manifest[]> {
  if (typeof text !== "string") throw invalidArgument("manifests", "a text, or an array of objects", text);
  expectOptions("options", options);
  expectText("name", options.name);
  const name = options.name ?? "manifests";
  // A byte order mark is no part of what a file says.
  const plain = text.replace(/^\uFEFF/, "");
  const documents = jsonDocuments(plain) ?? (await readYaml(plain, name));
  const manifests = documents
    .filter(({ value }) => value !== null && value !== undefined)
    .flatMap((document) => {
      const place = placeIn(document, name);
      expectDepth(document.value, place.called(document.line));
      return objectsIn(document.value, place);
    });
  expectNoDuplicates(manifests);
  return manifests;
}

/** Found out while it is sent, it would be after others were applied. */
function expectJson(value: unknown, where: string): void {
  try {
    JSON.stringify(value);
  } catch {
    throw invalidManifest(where, "it cannot be written as JSON: it refers to itself, or holds a bigint");
  }
}

/** Check objects that were given as such; the same errors, with the number of the object for the place. */
export function manifestsOf(objects: readonly unknown[], options: ParseManifestsOptions = {}): Manifest[] {
  const name = options.name ?? "manifests";
  // Not of the array itself: it passes over places that hold nothing.
  const manifests = Array.from(objects).flatMap((value, index) => {
    const where = `${name}, object ${index + 1}`;
    expectJson(value, where);
    expectDepth(value, where);
    return objectsIn(value, { document: index + 1, lineOf: () => undefined, called: () => where });
  });
  expectNoDuplicates(manifests);
  return manifests;
}
