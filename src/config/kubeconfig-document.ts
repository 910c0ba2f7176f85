import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { boolCoreTag, floatCoreTag, intCoreTag, nullCoreTag, strTag } from "js-yaml";
import { isJsonObject } from "../base/json-object.ts";
import { yamlDocuments } from "../base/yaml/documents.ts";
import type { Refuse } from "../base/yaml/problem.ts";
import { type YamlMeaning, yamlValue } from "../base/yaml/value.ts";
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

const texts = [strTag, nullCoreTag, boolCoreTag];

/** Numbers are the texts that were written: an all-digit token loses zeros or digits as a number. */
const meaning: YamlMeaning = {
  scalars: texts,
  // What an extension holds is handed on to a plugin as it is.
  within: new Map([["extensions", { scalars: [...texts, intCoreTag, floatCoreTag], isLenient: true }]]),
  isLenient: true,
};

function parseYaml(text: string, where: string): unknown {
  const refuse: Refuse = ({ line, message, isAlias }) => {
    // A token that begins with an asterisk is one.
    const problem = isAlias
      ? `it has an alias (\`*NAME\`) in line ${line} without an anchor, or too many; quote what is none`
      : `it is not YAML (line ${line}: ${message}); is it cut off?`;
    return invalidConfig(where, problem);
  };
  const [document, second] = yamlDocuments(text, refuse);
  if (second !== undefined) throw invalidConfig(where, "it has more than one YAML document; leave one");
  return document === undefined ? undefined : yamlValue(document, meaning, refuse);
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
