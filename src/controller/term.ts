import { KubeError } from "../base/errors.ts";
import type { Leadership } from "./leadership.ts";

const lost =
  "Lead: leadership was lost, and nothing may be written any more; end this process, a new one may lead";

/** Whether a value says that leadership was lost: what a signal aborts with then. */
export function isLoss(value: unknown): value is KubeError {
  return KubeError.is(value) && value.code === "LEADERSHIP_LOST";
}

/**
 * Whether a controller may act, from its start until it has ended or leadership is lost.
 *
 * Asks `isLeader()` at every call, and remembers a no for good: a process that
 * is elected once more has another term, in which this controller has no part.
 */
export class Term {
  readonly #leadership: Leadership | undefined;
  readonly #onLost: (error: KubeError) => void;
  #over: KubeError | undefined;

  constructor(leadership: Leadership | undefined, onLost: (error: KubeError) => void) {
    this.#leadership = leadership;
    this.#onLost = onLost;
  }

  /** Why it is over: `LEADERSHIP_LOST`, or `STOPPED`. */
  get over(): KubeError | undefined {
    return this.#over;
  }

  /** Throw `LEADERSHIP_LOST` where nothing may be done any more, or `STOPPED` after the end; says what is not done. */
  expect(step: string): void {
    const over = this.#look();
    if (over === undefined) return;
    const why =
      over.code === "STOPPED" ? "the controller has ended" : "this process is not the leader any more";
    throw new KubeError(over.code, `${step}: ${why}`, { cause: over });
  }

  /** The same, without throwing. */
  isHeld(): boolean {
    return this.#look() === undefined;
  }

  /** It is lost, whoever found that out. */
  lose(cause?: unknown): void {
    if (this.#over !== undefined) return;
    this.#over = isLoss(cause) ? cause : new KubeError("LEADERSHIP_LOST", lost, { cause });
    this.#onLost(this.#over);
  }

  /** The controller has ended: what still runs may not write. */
  end(): void {
    this.#over ??= new KubeError("STOPPED", "The controller has ended");
  }

  #look(): KubeError | undefined {
    if (this.#over !== undefined || this.#leadership === undefined) return this.#over;
    try {
      if (!this.#leadership.isLeader()) this.lose();
    } catch (error) {
      // Whoever cannot say that he leads does not.
      this.lose(error);
    }
    return this.#over;
  }
}
