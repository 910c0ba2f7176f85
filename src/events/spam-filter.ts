/** How many objects' budgets are remembered, as in client-go. */
const mostObjects = 4096;

interface Budget {
  tokens: number;
  at: number;
}

/**
 * A budget of new events per object: a burst, then one each `refillMs` (Q59).
 *
 * What repeats itself is a series and costs one; this is for what is new each
 * time, such as a reason that somebody made of an error's text.
 */
export class SpamFilter {
  readonly #burst: number;
  readonly #refillMs: number;
  readonly #budgets = new Map<string, Budget>();

  constructor(burst: number, refillMs: number) {
    this.#burst = burst;
    this.#refillMs = refillMs;
  }

  /** Whether there may be one more event of this object; if so, it is spent. */
  allows(object: string, now: number): boolean {
    const budget = this.#budgets.get(object) ?? { tokens: this.#burst, at: now };
    // A clock that was set back must not cost anything.
    const refilled = Math.max(0, now - budget.at) / this.#refillMs;
    const tokens = Math.min(this.#burst, budget.tokens + refilled);
    const isAllowed = tokens >= 1;
    this.#budgets.delete(object);
    this.#budgets.set(object, { tokens: isAllowed ? tokens - 1 : tokens, at: now });
    if (this.#budgets.size > mostObjects) {
      const [oldest] = this.#budgets.keys();
      if (oldest !== undefined) this.#budgets.delete(oldest);
    }
    return isAllowed;
  }
}
