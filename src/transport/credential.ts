import type { ClusterConfig } from "../config/cluster-config.ts";
import { authProviderCredential } from "./auth-provider-credential.ts";
import { execCredential } from "./exec-credential.ts";
import { tokenFileCredential } from "./token-file-credential.ts";

/** A certificate and its key, both PEM, that belong together. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Where the Authorization header comes from. */
export interface Credential {
  /** The header's value, kept as long as it is good; `undefined`: none. */
  authorization(signal?: AbortSignal): Promise<string | undefined>;
  /**
   * The server refused this value, and this certificate: a new one, if there can be any.
   *
   * `generation` is what it was when they were asked for: what was renewed since then is not renewed again.
   */
  renewed(
    refused: string | undefined,
    certificate?: ClientCertificate,
    signal?: AbortSignal,
    generation?: number,
  ): Promise<string | undefined>;
  /** How often it was fetched: of several that are refused at once only the first has it fetched again. */
  generation?(): number;
  /** The certificate that connections show from now on; the same object as long as it is the same. */
  clientCertificate?(): ClientCertificate | undefined;
  /** End what runs for it, and refuse more. */
  close?(): void;
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

/** The credential that a configuration describes; nothing is read or run before the first request. */
export function credentialOf(config: ClusterConfig): Credential {
  const { credentials } = config;
  switch (credentials.type) {
    case "none":
      return new FixedCredential();
    case "token":
      return new FixedCredential(`Bearer ${credentials.token}`);
    case "token-file":
      return tokenFileCredential(credentials.path);
    case "basic": {
      const pair = Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64");
      return new FixedCredential(`Basic ${pair}`);
    }
    case "exec":
      return execCredential(credentials.exec, config);
    case "auth-provider":
      return authProviderCredential(credentials.provider);
  }
}
