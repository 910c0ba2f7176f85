import { resolve } from "node:path";
import { invalidConfig } from "./cluster-config.ts";
import { readConfigFile } from "./config-file.ts";
import type { KubeconfigEntry } from "./kubeconfig-document.ts";

/** Reads the fields of one kubeconfig entry; every error names the entry and its file. */
export class EntryReader {
  readonly where: string;
  readonly #entry: KubeconfigEntry;

  constructor(what: "cluster" | "user" | "context", entry: KubeconfigEntry) {
    this.#entry = entry;
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
    throw invalidConfig(this.where, `\`${field}\` is no text`);
  }

  flag(field: string): boolean {
    const value = this.get(field);
    if (value === undefined || typeof value === "boolean") return value ?? false;
    throw invalidConfig(this.where, `\`${field}\` is neither true nor false`);
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
    throw invalidConfig(this.where, `\`${field}\` is no mapping`);
  }

  /** A path, made absolute from the folder of the kubeconfig it stands in. */
  path(field: string): string | undefined {
    const value = this.text(field);
    return value === undefined ? undefined : this.resolve(value);
  }

  resolve(path: string): string {
    return resolve(this.#entry.folder, path);
  }

  /** A PEM text, from `FIELD-data` in base64, or else from the file that `FIELD` names. */
  pem(field: string): string | undefined {
    const data = this.text(`${field}-data`);
    if (data !== undefined) {
      const bytes = Buffer.from(data, "base64");
      if (bytes.length === 0 || !/^[A-Za-z0-9+/=_\s-]+$/.test(data)) {
        throw invalidConfig(this.where, `\`${field}-data\` is not base64`);
      }
      return bytes.toString("utf8");
    }
    const path = this.path(field);
    return path === undefined ? undefined : readConfigFile(path, `${this.where}, \`${field}\``);
  }

  #texts(field: string, value: unknown): string[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
    throw invalidConfig(this.where, `\`${field}\` is no list of texts`);
  }
}
