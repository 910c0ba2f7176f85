import { onAbort } from "../../src/base/abort.ts";
import type { ElectionClock } from "../../src/leader-election/election-clock.ts";
import { type Seeded, type Timeline, WrongClock } from "./simulated-time.ts";

/** How far apart clocks run: at most 1.1 and at least 0.9 of the true rate. */
export const rateError = 0.1;

/**
 * A process: two clocks of its own, timers by them, and pauses in which nothing of it runs.
 *
 * What happens to it meanwhile, timers and answers, waits, and comes in any order when it goes on.
 */
export class SimulatedProcess {
  readonly clock: ElectionClock;
  readonly #timeline: Timeline;
  readonly #random: Seeded;
  readonly #monotonic: WrongClock;
  readonly #wall: WrongClock;
  readonly #rate: number;
  readonly #wallRate: number;
  #waiting: (() => void)[] | undefined;
  #isDead = false;

  constructor(timeline: Timeline, random: Seeded) {
    this.#timeline = timeline;
    this.#random = random;
    // The most that they may differ is where it matters.
    const rates = [1 - rateError, random.between(1 - rateError, 1 + rateError), 1 + rateError];
    this.#rate = random.pick(rates);
    this.#wallRate = random.chance(0.7) ? this.#rate : random.pick(rates);
    this.#monotonic = new WrongClock(timeline, random.between(0, 1e6), this.#rate);
    const epoch = 1.7e12 + random.between(-1e8, 1e8);
    this.#wall = new WrongClock(timeline, epoch, this.#wallRate);
    this.clock = {
      monotonicMs: () => this.#monotonic.read(),
      // As `Date.now()` does.
      wallMs: () => Math.floor(this.#wall.read()),
      delay: (ms, signal) => this.#delay(ms, signal),
    };
  }

  get runs(): boolean {
    return !this.#isDead && this.#waiting === undefined;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Let something happen to it, now or when it goes on. */
  deliver(happen: () => void): void {
    if (this.#isDead) return;
    if (this.#waiting === undefined) happen();
    else this.#waiting.push(happen);
  }

  /** Nothing of it runs; where the whole machine sleeps, its monotonic clock stands still. */
  pause({ sleeps }: { readonly sleeps: boolean }): void {
    if (!this.runs) return;
    this.#waiting = [];
    if (sleeps) this.#monotonic.runAt(0);
  }

  /** It goes on: what has waited comes one after the other, in any order. */
  resume(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#isDead) return;
    this.#waiting = undefined;
    this.#monotonic.runAt(this.#rate);
    for (const happen of this.#random.shuffle(waiting)) this.#timeline.after(0, () => this.deliver(happen));
  }

  kill(): void {
    this.#isDead = true;
  }

  setWall(ms: number): void {
    this.#wall.jump(ms);
  }

  freezeWall(): void {
    this.#wall.runAt(0);
  }

  thawWall(): void {
    this.#wall.runAt(this.#wallRate);
  }

  #delay(ms: number, signal?: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    // As Node's timers: a millisecond at least.
    const due = this.#monotonic.read() + Math.max(1, ms);
    const look = (): void => {
      const left = due - this.#monotonic.read();
      if (left <= 1e-6) resolve(true);
      else if (signal?.aborted !== true) {
        this.#timeline.after(left / this.#rate, () => this.deliver(look));
      }
    };
    onAbort(signal, () => resolve(false));
    look();
    return promise;
  }
}
