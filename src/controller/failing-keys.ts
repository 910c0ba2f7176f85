import type { KubeError } from "../base/errors.ts";

/** A key whose last reconcile failed, and that is tried again. */
export interface FailingKey {
  readonly key: string;
  /** Failures since it last succeeded. */
  readonly attempts: number;
  /** Absent for all but the last hundred that failed. */
  readonly lastError: KubeError | undefined;
}

/** Errors hold stacks and causes: of ten thousand failing keys nobody reads them all. */
const keptErrors = 100;

/** How often each key has failed since it last succeeded (K9). */
export class FailingKeys {
  readonly #attempts = new Map<string, number>();
  /** The latest last. */
  readonly #errors = new Map<string, KubeError>();

  get size(): number {
    return this.#attempts.size;
  }

  failures(key: string): number {
    return this.#attempts.get(key) ?? 0;
  }

  failed(key: string, error: KubeError): void {
    this.#attempts.set(key, this.failures(key) + 1);
    this.#errors.delete(key);
    this.#errors.set(key, error);
    for (const oldest of this.#errors.keys()) {
      if (this.#errors.size <= keptErrors) break;
      this.#errors.delete(oldest);
    }
  }

  /** It succeeded, or is not tried again. */
  forget(key: string): void {
    if (this.#attempts.delete(key)) this.#errors.delete(key);
  }

  /** Those that have failed most often, at most `limit`. */
  worst(limit: number): FailingKey[] {
    return Array.from(this.#attempts, ([key, attempts]) => ({
      key,
      attempts,
      lastError: this.#errors.get(key),
    }))
      .toSorted((a, b) => b.attempts - a.attempts)
      .slice(0, limit);
  }
}
