import { resolve } from "node:path";
import type { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { invalidConfig } from "./cluster-config.ts";
import { readConfigFile } from "./config-file.ts";
import type { KubeconfigEntry } from "./kubeconfig-document.ts";

/** A PEM text and the file it stands in, if it is one. */
export interface PemText {
  readonly text: string;
  readonly file: string | undefined;
}

/** Reads the fields of one kubeconfig entry; every error names the entry and its file. */
export class EntryReader {
  readonly where: string;
  readonly #what: "cluster" | "user" | "context";
  readonly #entry: KubeconfigEntry;
  readonly #within: string;

  /** `within`: the path of the mapping that is read inside of the entry, for errors. */
  constructor(what: "cluster" | "user" | "context", entry: KubeconfigEntry, within: string = "") {
    this.#what = what;
    this.#entry = entry;
    this.#within = within;
    this.where = `${what} "${entry.name}" in ${entry.file}`;
  }

  get(field: string): unknown {
    return this.#entry.body[field] ?? undefined;
  }

  /** A text that is there and not empty. */
  text(field: string): string | undefined {
    const value = this.get(field);
    if (value === undefined || value === "") return undefined;
    if (typeof value === "string") return value;
    // Tokens and names that look like numbers are written without quotes more often than not.
    if (typeof value === "number") return String(value);
    throw this.invalid(field, "is no text");
  }

  flag(field: string): boolean {
    const value = this.get(field);
    if (value === undefined || typeof value === "boolean") return value ?? false;
    throw this.invalid(field, "is neither true nor false");
  }

  texts(field: string): string[] {
    return this.#texts(field, this.get(field));
  }

  /** A mapping of texts to lists of texts, as in `as-user-extra`. */
  textLists(field: string): Record<string, string[]> {
    const lists: Record<string, string[]> = {};
    for (const [key, value] of Object.entries(this.record(field) ?? {})) {
      lists[key] = this.#texts(`${field}.${key}`, value);
    }
    return lists;
  }

  record(field: string): Record<string, unknown> | undefined {
    const value = this.get(field);
    if (value === undefined) return undefined;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
    throw this.invalid(field, "is no mapping");
  }

  /** A path, made absolute from the folder of the kubeconfig it stands in. */
  path(field: string): string | undefined {
    const value = this.text(field);
    return value === undefined ? undefined : this.resolve(value);
  }

  resolve(path: string): string {
    return resolve(this.#entry.folder, path);
  }

  /** The error of something wrong with a field. */
  invalid(field: string, what: string): KubeError {
    return invalidConfig(this.where, `\`${this.#within}${field}\` ${what}`);
  }

  /** A reader of a mapping inside of this entry: `exec`, `auth-provider`. */
  inside(field: string): EntryReader | undefined {
    const body = this.record(field);
    if (body === undefined) return undefined;
    return new EntryReader(this.#what, { ...this.#entry, body }, `${this.#within}${field}.`);
  }

  /** The value of a named extension. */
  extension(name: string): unknown {
    const list = this.get("extensions");
    const found = Array.isArray(list)
      ? list.find((one) => isJsonObject(one) && one.name === name)
      : undefined;
    return isJsonObject(found) ? found.extension : undefined;
  }

  /** A PEM text, from `FIELD-data` in base64, or else from the file that `FIELD` names. */
  pem(field: string): PemText | undefined {
    const data = this.text(`${field}-data`);
    if (data !== undefined) {
      const bytes = Buffer.from(data, "base64");
      if (bytes.length === 0 || !/^[A-Za-z0-9+/=_\s-]+$/.test(data)) {
        throw this.invalid(`${field}-data`, "is not base64");
      }
      return { text: bytes.toString("utf8"), file: undefined };
    }
    const file = this.path(field);
    if (file === undefined) return undefined;
    return { text: readConfigFile(file, `${this.where}, \`${field}\``), file };
  }

  #texts(field: string, value: unknown): string[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
    throw this.invalid(field, "is no list of texts");
  }
}
