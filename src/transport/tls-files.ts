import { readFile } from "node:fs/promises";
import { checkedCa, checkKeyPair } from "../config/certificates.ts";
import type { TlsConfig } from "../config/cluster-config.ts";

/** How long what was read is used before it is read again (H26). */
const checkEveryMs = 5 * 60_000;

/** A file's text; what was read before where it cannot be read. */
async function reread(path: string | undefined, before: string | undefined): Promise<string | undefined> {
  if (path === undefined) return before;
  try {
    return await readFile(path, "utf8");
  } catch {
    return before;
  }
}

function passes(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/**
 * Certificate authority, client certificate and key, as their files have them now (H26).
 *
 * They are read again at the first request after five minutes, never by a
 * timer. A file that is away, empty or broken, and a key that does not belong to
 * its certificate because only one of them is written yet, leave the old ones in use.
 */
export class TlsFiles {
  readonly #origin: string;
  #current: TlsConfig;
  #checkedAt: number = Date.now();
  #checking: Promise<void> | undefined;

  constructor(tls: TlsConfig, origin: string) {
    this.#current = tls;
    this.#origin = origin;
  }

  /** What was read last; the same object until something changes. */
  get current(): TlsConfig {
    return this.#current;
  }

  /** Read the files again if it is time to; never rejects. `undefined`: it is not. */
  check(): Promise<void> | undefined {
    const { caFile, certFile, keyFile } = this.#current;
    if (caFile === undefined && certFile === undefined && keyFile === undefined) return undefined;
    // A clock that was set back must not keep an old certificate for as long.
    const age = Math.abs(Date.now() - this.#checkedAt);
    if (this.#checking === undefined && age < checkEveryMs) return undefined;
    this.#checking ??= this.#read().finally(() => {
      this.#checkedAt = Date.now();
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #read(): Promise<void> {
    const old = this.#current;
    const [ca, cert, key] = await Promise.all([
      reread(old.caFile, old.ca),
      reread(old.certFile, old.cert),
      reread(old.keyFile, old.key),
    ]);
    const isCaNew = ca !== old.ca && ca !== undefined && passes(() => checkedCa(ca, this.#origin, "the CA"));
    const isPairNew =
      (cert !== old.cert || key !== old.key) &&
      cert !== undefined &&
      key !== undefined &&
      passes(() => checkKeyPair(cert, key, this.#origin));
    if (!isCaNew && !isPairNew) return;
    this.#current = { ...old, ...(isCaNew ? { ca } : {}), ...(isPairNew ? { cert, key } : {}) };
  }
}
