import { onAbort } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import { readableError } from "../base/readable-error.ts";
import { isThenable } from "../base/thenable.ts";
import { thrownName } from "../base/thrown-name.ts";
import type { RunContext, Runnable, RunnableHealth } from "./runnable.ts";

/** How a runnable goes: `waiting` for the start or for leadership; `ended` by itself or as it was told; `failed`. */
export type RunState = "waiting" | "running" | "ended" | "failed";

/** How one runnable of a manager is. */
export interface RunnableReport {
  readonly name: string;
  readonly state: RunState;
  readonly isReady: boolean;
  readonly isLive: boolean;
  readonly problems: readonly string[];
}

/** Whether an error only says that it was told to end. */
function isEnding(error: unknown, { aborted, reason }: AbortSignal): boolean {
  if (!aborted) return false;
  if (!KubeError.is(error))
    return error === reason || (error instanceof Error && error.name === "AbortError");
  return error.code === "ABORTED" || (KubeError.is(reason) && error.code === reason.code);
}

/** What a health() answered; a promise would be taken for "all is well". */
function answered(health: RunnableHealth | undefined): Partial<RunnableHealth> {
  if (!isThenable(health)) return health ?? {};
  health.then(undefined, () => {});
  throw new TypeError("health() answers at once, not by a promise");
}

function isLines(problems: unknown): boolean {
  return Array.isArray(problems) && problems.every((one) => typeof one === "string");
}

/** One runnable, from when it was added until it has ended. */
export class Running {
  readonly runnable: Runnable;
  readonly #stop = new AbortController();
  readonly #onFailure: (error: unknown) => void;
  #state: RunState = "waiting";
  #ended: Promise<void> = Promise.resolve();

  constructor(runnable: Runnable, onFailure: (error: unknown) => void) {
    this.runnable = runnable;
    this.#onFailure = onFailure;
  }

  get name(): string {
    return this.runnable.name;
  }

  get needsLeader(): boolean {
    return this.runnable.needsLeader ?? true;
  }

  get state(): RunState {
    return this.#state;
  }

  /** Resolves once nothing of it goes on; never rejects. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Begin, once; nothing happens where it was told to end before. */
  start(context: RunContext): void {
    if (this.#state !== "waiting" || this.#stop.signal.aborted) return;
    this.#state = "running";
    this.#ended = this.#run(context);
  }

  /** Tell it to end. */
  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /** What `/readyz` and `/healthz` say of it; asking must not break the answer for the others. */
  report(): RunnableReport {
    const base = { name: this.name, state: this.#state };
    if (this.#state === "failed") return { ...base, isReady: false, isLive: false, problems: ["it failed"] };
    // Whoever waits to be the leader has nothing to be ready for yet.
    if (this.#state !== "running") return { ...base, isReady: true, isLive: true, problems: [] };
    try {
      const { isReady = true, isLive = true, problems = [] } = answered(this.runnable.health?.());
      if (!isLines(problems)) throw new TypeError("problems are an array of lines");
      // Whoever names a problem is not ready, also where it still works.
      return { ...base, isReady: isReady && problems.length === 0, isLive, problems };
    } catch (error) {
      const what = thrownName(error);
      return { ...base, isReady: false, isLive: true, problems: [`its health() threw: ${what}`] };
    }
  }

  async #run(context: RunContext): Promise<void> {
    const { signal } = this.#stop;
    try {
      await this.runnable.run(signal, context);
      this.#state = "ended";
    } catch (thrown) {
      const error = readableError(thrown);
      this.#state = isEnding(error, signal) ? "ended" : "failed";
      if (this.#state === "failed") this.#onFailure(error);
    }
  }
}

/** Wait until all of these have ended, or `signal` aborts; resolves to whether they have. */
export async function ended(runnings: readonly Running[], signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const stopListening = onAbort(signal, () => resolve(false));
  const all = Promise.all(runnings.map((running) => running.ended)).then(() => true as const);
  try {
    return await Promise.race([all, promise]);
  } finally {
    stopListening();
  }
}
