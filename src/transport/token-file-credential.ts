import { readFile } from "node:fs/promises";
import { KubeError } from "../base/errors.ts";
import type { Credential } from "./credential.ts";
import { bearer, type Grant, RenewableCredential } from "./renewable-credential.ts";

/** How long a token file's content is used before it is read again (H27). */
const ttlMs = 60_000;
/** And how much sooner it is read: requests take their time, too. */
const leewayMs = 10_000;

/** Why a file gives no token, without its content. */
function problemOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  return typeof code === "string" ? `it cannot be read (${code})` : "it cannot be read";
}

/**
 * A bearer token in a file that something else rotates (H27).
 *
 * While the file is away, empty or half-written, the old token stays in use.
 */
export function tokenFileCredential(path: string): Credential {
  const step = `read the token file ${path}`;
  let value: string | undefined;

  const read = async (): Promise<string> => {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      throw new KubeError("CREDENTIAL_FAILED", `${step}: ${problemOf(cause)}; is it mounted?`, { cause });
    }
    if (text.trim() === "") throw new KubeError("CREDENTIAL_FAILED", `${step}: it is empty; is it mounted?`);
    const header = bearer(text);
    if (header !== undefined) return header;
    throw new KubeError("CREDENTIAL_FAILED", `${step}: it has characters that no header can carry`);
  };

  return new RenewableCredential(step, async (): Promise<Grant> => {
    try {
      value = await read();
    } catch (error) {
      if (value === undefined) throw error;
    }
    return { authorization: value, goodUntil: Date.now() + ttlMs - leewayMs };
  });
}
