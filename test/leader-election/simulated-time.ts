import TinyQueue from "tinyqueue";

/** Random numbers that a seed fixes (mulberry32). */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  /** From 0, below 1. */
  next = (): number => {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    const found = list[Math.floor(this.next() * list.length)];
    if (found === undefined) throw new Error("nothing to pick from");
    return found;
  }

  shuffle<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, at: this.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

/** The one true time, in milliseconds, and what happens in it. */
export class Timeline {
  #now = 0;
  #order = 0;
  readonly #queue = new TinyQueue<Happening>([], (a, b) => a.at - b.at || a.order - b.order);

  get now(): number {
    return this.#now;
  }

  after(ms: number, happen: () => void): void {
    this.#queue.push({ at: this.#now + Math.max(0, ms), order: ++this.#order, happen });
  }

  /** Let everything happen up to a moment; `settled` runs after each, once no promise is left to react. */
  async runUntil(end: number, settled: () => void): Promise<void> {
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined || next.at > end) break;
      this.#queue.pop();
      this.#now = next.at;
      next.happen();
      await drained();
      settled();
    }
    this.#now = end;
  }
}

/** Let all promises react. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that is wrong in its own way: it runs at another rate, stands still, or jumps. */
export class WrongClock {
  readonly #timeline: Timeline;
  #value: number;
  #since: number;
  #rate: number;

  constructor(timeline: Timeline, value: number, rate: number) {
    this.#timeline = timeline;
    this.#value = value;
    this.#since = timeline.now;
    this.#rate = rate;
  }

  read(): number {
    return this.#value + (this.#timeline.now - this.#since) * this.#rate;
  }

  runAt(rate: number): void {
    this.jump(0);
    this.#rate = rate;
  }

  jump(ms: number): void {
    this.#value = this.read() + ms;
    this.#since = this.#timeline.now;
  }
}
