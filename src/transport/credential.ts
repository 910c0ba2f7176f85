import { readFile } from "node:fs/promises";
import { KubeError } from "../base/errors.ts";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { ExecCredential } from "./exec-credential.ts";

/** Where the Authorization header comes from. */
export interface Credential {
  /** The header's value, kept as long as it is good; `undefined`: none. */
  authorization(): Promise<string | undefined>;
  /** The server refused this value: a new one, if there can be any. */
  renewed(refused: string | undefined): Promise<string | undefined>;
}

class FixedCredential implements Credential {
  readonly #value: string | undefined;

  constructor(value?: string) {
    this.#value = value;
  }

  async authorization(): Promise<string | undefined> {
    return this.#value;
  }

  async renewed(): Promise<string | undefined> {
    return this.#value;
  }
}

/** How long a token file's content is used before it is read again (H27). */
const tokenFileTtlMs = 60_000;

/** A bearer token in a file that something else rotates. */
class TokenFileCredential implements Credential {
  readonly #path: string;
  #value: string | undefined;
  #readAt = 0;
  #reading: Promise<string> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async authorization(): Promise<string | undefined> {
    if (this.#value !== undefined && Date.now() - this.#readAt < tokenFileTtlMs) return this.#value;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async renewed(refused: string | undefined): Promise<string | undefined> {
    // Another request has noticed already.
    if (this.#value !== refused) return this.#value;
    this.#readAt = 0;
    return this.authorization();
  }

  async #read(): Promise<string> {
    let token = "";
    let cause: unknown;
    try {
      token = (await readFile(this.#path, "utf8")).trim();
    } catch (error) {
      cause = error;
    }
    this.#readAt = Date.now();
    if (token !== "") {
      this.#value = `Bearer ${token}`;
    } else if (this.#value === undefined) {
      const why = cause === undefined ? "it is empty" : "it cannot be read";
      throw new KubeError("CREDENTIAL_FAILED", `Read the token file ${this.#path}: ${why}`, { cause });
    }
    // While it is being replaced the file may be away or empty: the old token is still good.
    return this.#value;
  }
}

/** The credential that a configuration describes; nothing is read or run before the first request. */
export function credentialOf(config: ClusterConfig): Credential {
  const { credentials } = config;
  switch (credentials.type) {
    case "none":
      return new FixedCredential();
    case "token":
      return new FixedCredential(`Bearer ${credentials.token}`);
    case "token-file":
      return new TokenFileCredential(credentials.path);
    case "basic": {
      const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
      return new FixedCredential(`Basic ${pair}`);
    }
    case "exec":
      return new ExecCredential(credentials.exec, config);
  }
}
