import { SingleFlight } from "../base/single-flight.ts";
import type { ClientCertificate, Credential } from "./credential.ts";

/** What a source gave, and how long it is good. */
export interface Grant {
  readonly authorization: string | undefined;
  readonly certificate?: ClientCertificate | undefined;
  /** In milliseconds since the epoch. */
  readonly goodUntil: number;
}

/** Gets a new grant; `refused` is the one that the server does not take any more. */
export type GrantSource = (signal: AbortSignal, refused: Grant | undefined) => Promise<Grant>;

/**
 * A credential that has to be fetched, and fetched again (P33).
 *
 * Its source runs once at a time, however many requests wait for it, and when
 * the grant's time is over or the server refuses it.
 */
export class RenewableCredential implements Credential {
  readonly #flight: SingleFlight<Grant>;
  #grant: Grant | undefined;
  #isRefused = false;
  #generation = 0;

  /** `step` is what the source does, for errors. */
  constructor(step: string, source: GrantSource) {
    this.#flight = new SingleFlight(step, async (signal) => {
      const before = this.#grant;
      const given = await source(signal, this.#isRefused ? before : undefined);
      const isSame = before?.certificate?.cert === given.certificate?.cert;
      // Told apart by identity: connections are made anew for another one.
      const grant = isSame ? { ...given, certificate: before?.certificate } : given;
      this.#grant = grant;
      this.#isRefused = false;
      this.#generation += 1;
      return grant;
    });
  }

  async authorization(signal?: AbortSignal): Promise<string | undefined> {
    const grant = this.#grant;
    if (grant !== undefined && !this.#isRefused && Date.now() < grant.goodUntil) return grant.authorization;
    return (await this.#flight.join(signal)).authorization;
  }

  async renewed(
    refused: string | undefined,
    certificate?: ClientCertificate,
    signal?: AbortSignal,
    generation: number = this.#generation,
  ): Promise<string | undefined> {
    const grant = this.#grant;
    const isSame = grant?.authorization === refused && grant?.certificate === certificate;
    // Otherwise another request has noticed already, even if that gave the same again.
    if (isSame && generation === this.#generation) this.#isRefused = true;
    return this.authorization(signal);
  }

  generation(): number {
    return this.#generation;
  }

  clientCertificate(): ClientCertificate | undefined {
    return this.#grant?.certificate;
  }

  close(): void {
    this.#flight.close();
  }
}

/** The header's value for a token; `undefined` for one that no header can carry. */
export function bearer(token: string): string | undefined {
  const trimmed = token.trim();
  return /^[\x21-\x7e]+$/.test(trimmed) ? `Bearer ${trimmed}` : undefined;
}
