interface Reasons {
  priority: number;
  isDue: boolean;
  isRetry: boolean;
}

interface Ready extends Reasons {
  readonly key: string;
  /** Where it stands: as which priority, since when, and after whom. */
  standsAs: number;
  since: number;
  number: number;
}

interface Pending extends Reasons {
  readonly key: string;
  readonly at: number;
  readonly number: number;
}

interface Plain<T extends string> {
  readonly type: T;
}

interface OfKey<T extends string> extends Plain<T> {
  readonly key: string;
}

interface Adding<T extends string> extends OfKey<T> {
  readonly priority: number;
}

interface AddingLater<T extends string, Ms> extends Adding<T> {
  readonly ms: Ms;
}

type AddStep =
  | Adding<"add">
  | Adding<"addRateLimited">
  | AddingLater<"addAfter", number>
  | AddingLater<"setDue", number | undefined>;

/** One thing that is done to a queue. */
export type Step =
  | AddStep
  | OfKey<"forget">
  | OfKey<"done">
  | Plain<"tryTake">
  | Plain<"take">
  | Plain<"shutDown">
  | { readonly type: "advance"; readonly ms: number };

/** What a work queue should do, written down without a thought for its cost: lists that are looked through. */
export class NaiveQueue {
  readonly handedOut: string[] = [];
  readonly #ageingMs: number;
  #now: number;
  #number = 0;
  #ready: Ready[] = [];
  #pending: Pending[] = [];
  readonly #processing = new Set<string>();
  readonly #dirty = new Map<string, Reasons>();
  readonly #failures = new Map<string, number>();
  #takers = 0;
  #isShutDown = false;

  constructor(ageingMs: number, now: number) {
    this.#ageingMs = ageingMs;
    this.#now = now;
  }

  get length(): number {
    return this.#ready.length;
  }

  get processing(): number {
    return this.#processing.size;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  isProcessing(key: string): boolean {
    return this.#processing.has(key);
  }

  retries(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  take(step: Step): void {
    if (step.type === "advance") this.#advance(step.ms);
    else if (step.type === "done") this.#done(step.key);
    else if (step.type === "forget") this.#failures.delete(step.key);
    else if (step.type === "tryTake") this.#handOut();
    else if (step.type === "take") this.#wait();
    else if (step.type === "shutDown") this.#shutDown();
    else if (!this.#isShutDown) this.#add(step);
  }

  #add(step: AddStep): void {
    const { key, priority } = step;
    if (step.type === "add") this.#wake(key, { priority, isDue: false, isRetry: false });
    else if (step.type === "addAfter") this.#later(key, step.ms, { priority, isDue: true, isRetry: false });
    else if (step.type === "addRateLimited") {
      const before = this.retries(key);
      this.#failures.set(key, before + 1);
      this.#later(key, Math.min(5 * 2 ** before, 1_000_000), { priority, isDue: false, isRetry: true });
    } else {
      this.#pending = this.#pending.filter((one) => one.key !== key || one.isRetry);
      if (step.ms !== undefined) this.#later(key, step.ms, { priority, isDue: true, isRetry: false });
    }
  }

  #later(key: string, ms: number, reasons: Reasons): void {
    if (ms === 0) return void this.#wake(key, reasons);
    const at = this.#now + ms;
    const other = this.#pending.find((one) => one.key === key && one.isRetry === reasons.isRetry);
    const priority = Math.max(reasons.priority, other?.priority ?? reasons.priority);
    if (other !== undefined && other.at <= at) {
      other.priority = priority;
      return;
    }
    this.#pending = this.#pending.filter((one) => one !== other);
    this.#pending.push({ ...reasons, key, at, priority, number: this.#number++ });
  }

  #advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = this.#pending
        .filter(({ at }) => at <= end)
        .toSorted((a, b) => a.at - b.at || a.number - b.number);
      if (next === undefined) break;
      this.#pending = this.#pending.filter((one) => one !== next);
      this.#now = next.at;
      this.#wake(next.key, next);
    }
    this.#now = end;
  }

  #wake(key: string, reasons: Reasons): void {
    const ready = this.#ready.find((one) => one.key === key);
    const dirty = this.#dirty.get(key);
    const waiting = ready ?? dirty;
    if (waiting !== undefined) {
      waiting.isDue ||= reasons.isDue;
      waiting.isRetry ||= reasons.isRetry;
    }
    if (ready !== undefined && reasons.priority > ready.priority) this.#raise(ready, reasons.priority);
    else if (dirty !== undefined) dirty.priority = Math.max(dirty.priority, reasons.priority);
    else if (waiting === undefined && this.#processing.has(key)) this.#dirty.set(key, pick(reasons));
    else if (waiting === undefined) this.#makeReady(key, reasons);
  }

  #raise(ready: Ready, priority: number): void {
    ready.priority = priority;
    const raised = { standsAs: priority, since: this.#now, number: this.#number++ };
    if (this.#rank(raised) <= this.#rank(ready)) Object.assign(ready, raised);
  }

  #makeReady(key: string, reasons: Reasons): void {
    const place = { standsAs: reasons.priority, since: this.#now, number: this.#number++ };
    this.#ready.push({ ...pick(reasons), ...place, key });
    if (this.#takers === 0) return;
    this.#takers--;
    this.#handOut();
  }

  #done(key: string): void {
    this.#processing.delete(key);
    const dirty = this.#dirty.get(key);
    this.#dirty.delete(key);
    if (dirty !== undefined) this.#makeReady(key, dirty);
  }

  #wait(): void {
    if (this.#ready.length > 0 || this.#isShutDown) this.#handOut();
    else this.#takers++;
  }

  #shutDown(): void {
    this.#isShutDown = true;
    this.#pending = [];
    for (; this.#takers > 0; this.#takers--) this.handedOut.push("nothing");
  }

  #handOut(): void {
    const [first] = this.#ready.toSorted(
      (a, b) => this.#rank(a) - this.#rank(b) || b.standsAs - a.standsAs || a.number - b.number,
    );
    if (first === undefined) {
      this.handedOut.push("nothing");
      return;
    }
    this.#ready = this.#ready.filter((one) => one !== first);
    this.#processing.add(first.key);
    const { key, priority, isDue, isRetry } = first;
    this.handedOut.push(`${key}:${priority}${isDue ? " due" : ""}${isRetry ? " retry" : ""}`);
  }

  /** A priority is worth so many milliseconds of waiting. */
  #rank({ standsAs, since }: Pick<Ready, "standsAs" | "since">): number {
    return this.#ageingMs === Number.POSITIVE_INFINITY ? -standsAs : since - standsAs * this.#ageingMs;
  }
}

function pick({ priority, isDue, isRetry }: Reasons): Reasons {
  return { priority, isDue, isRetry };
}
