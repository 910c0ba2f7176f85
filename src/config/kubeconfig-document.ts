import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Document, isScalar, parseDocument, visit } from "yaml";
import { isJsonObject } from "../base/json-object.ts";
import { invalidConfig } from "./cluster-config.ts";
import { readError } from "./config-file.ts";

/** A named entry of a kubeconfig and the file it stands in. */
export interface KubeconfigEntry {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly file: string;
  /** What its relative paths start from. */
  readonly folder: string;
}

/** One or several kubeconfig files, merged as kubectl does: the first to name something wins. */
export interface KubeconfigDocument {
  readonly files: readonly string[];
  readonly currentContext: string;
  readonly clusters: ReadonlyMap<string, KubeconfigEntry>;
  readonly users: ReadonlyMap<string, KubeconfigEntry>;
  readonly contexts: ReadonlyMap<string, KubeconfigEntry>;
}

/** Collects entries from files in order. */
class Merge {
  readonly files: string[] = [];
  readonly clusters: Map<string, KubeconfigEntry> = new Map<string, KubeconfigEntry>();
  readonly users: Map<string, KubeconfigEntry> = new Map<string, KubeconfigEntry>();
  readonly contexts: Map<string, KubeconfigEntry> = new Map<string, KubeconfigEntry>();
  currentContext = "";

  add(text: string, file: string, folder: string): void {
    const where = `kubeconfig ${file}`;
    const value = parseYaml(text, where);
    this.files.push(file);
    // kubectl writes and reads empty files: they add nothing.
    if (value === null || value === undefined) return;
    if (!isJsonObject(value)) throw invalidConfig(where, "it is no mapping of clusters, users and contexts");
    if (value.kind !== undefined && value.kind !== null && value.kind !== "Config") {
      throw invalidConfig(where, "its `kind` is not Config: it is no kubeconfig; check the path");
    }
    const current = value["current-context"];
    if (this.currentContext === "" && typeof current === "string") this.currentContext = current;
    const place = { file, folder };
    addEntries(this.clusters, value.clusters, "cluster", place);
    addEntries(this.users, value.users, "user", place);
    addEntries(this.contexts, value.contexts, "context", place);
  }
}

/** Let numbers be the texts that were written: an all-digit token loses zeros or digits as a number. */
function keepNumbersAsWritten(document: Document): void {
  visit(document, {
    // What an extension holds is handed on to a plugin as it is.
    Pair: (_key, { key }) => (isScalar(key) && key.value === "extensions" ? visit.SKIP : undefined),
    Scalar: (_key, scalar) => {
      if (typeof scalar.value === "number" && scalar.source !== undefined) scalar.value = scalar.source;
    },
  });
}

function parseYaml(text: string, where: string): unknown {
  // Merge keys as kubectl has them; warnings would quote what they are about on our standard error.
  const document = parseDocument(text, { prettyErrors: false, merge: true, logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined) {
    // The parser's message may quote the line, which may hold a token: only the place is told.
    const line = text.slice(0, error.pos[0]).split("\n").length;
    throw invalidConfig(where, `it is not YAML (${error.code} in line ${line}); is it cut off?`);
  }
  keepNumbersAsWritten(document);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    // No cause: it quotes the alias, which is a token that begins with an asterisk.
    throw invalidConfig(
      where,
      "it has an alias (`*NAME`) without an anchor, or too many; quote what is none",
    );
  }
}

function addEntries(
  into: Map<string, KubeconfigEntry>,
  list: unknown,
  what: string,
  place: { file: string; folder: string },
): void {
  if (list === undefined || list === null) return;
  const where = `kubeconfig ${place.file}`;
  if (!Array.isArray(list)) throw invalidConfig(where, `\`${what}s\` is no list`);
  for (const entry of list) {
    if (!isJsonObject(entry) || typeof entry.name !== "string") {
      throw invalidConfig(where, `an entry of \`${what}s\` has no name`);
    }
    const body = entry[what];
    if (body !== undefined && body !== null && !isJsonObject(body)) {
      throw invalidConfig(where, `${what} "${entry.name}" is no mapping`);
    }
    if (into.has(entry.name)) continue;
    into.set(entry.name, { name: entry.name, body: body ?? {}, ...place });
  }
}

/**
 * Read kubeconfig files and merge them.
 *
 * With several files, those that do not exist are passed over, as kubectl does
 * for KUBECONFIG; it is an error if none exists.
 */
export function readKubeconfigFiles(files: readonly string[]): KubeconfigDocument {
  const merge = new Merge();
  let missing: unknown;
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      if (files.length > 1 && error instanceof Error && "code" in error && error.code === "ENOENT") {
        missing = error;
        continue;
      }
      throw invalidConfig("read the kubeconfig", readError(file, error), error);
    }
    merge.add(text, file, dirname(file));
  }
  if (merge.files.length === 0) {
    throw invalidConfig("read the kubeconfig", `no such files: ${files.join(", ")}`, missing);
  }
  return merge;
}

/** Read a kubeconfig from its text; relative paths start from `folder`. */
export function parseKubeconfig(text: string, name: string, folder: string): KubeconfigDocument {
  const merge = new Merge();
  merge.add(text, name, folder);
  return merge;
}
