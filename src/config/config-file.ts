import { readFileSync } from "node:fs";
import { invalidConfig } from "./cluster-config.ts";

/** Why a file cannot be read, in words. */
export function readError(file: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  if (code === "ENOENT") return `no such file: ${file}; check the path`;
  if (code === "EACCES") return `no permission to read ${file}`;
  if (code === "EISDIR") return `${file} is a folder`;
  return `${file} cannot be read (${code})`;
}

/** Read a file that a configuration names; throws `INVALID_CONFIG` naming both. */
export function readConfigFile(file: string, where: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw invalidConfig(where, readError(file, error), error);
  }
}
