import type { KubeObject } from "../resource/object.ts";
import type { EventLoopTurns } from "../work-queue/event-loop-turns.ts";
import type { SourceReport } from "./controller-health.ts";
import { IterableRun } from "./iterable-run.ts";
import type { IterableSource, WatchedSource } from "./source.ts";
import type { SourcePorts, SourceRun, SourceWait } from "./source-run.ts";
import { WatchedRun } from "./watched-run.ts";

/** A source of whatever objects: what it does with them is its own affair. */
export type AnySource = WatchedSource<never> | IterableSource;

function runOf<T extends KubeObject>(
  source: WatchedSource<T> | IterableSource,
  ports: SourcePorts,
  turns: EventLoopTurns,
): SourceRun {
  return "wakes" in source ? new IterableRun(source, ports, turns) : new WatchedRun(source, ports);
}

/** All sources of a controller; none waits for another (K7). */
export class Sources {
  readonly #runs: readonly SourceRun[];
  readonly #iterables: readonly SourceRun[];

  constructor(sources: readonly AnySource[], ports: SourcePorts, turns: EventLoopTurns) {
    this.#runs = sources.map((source) => runOf(source, ports, turns));
    this.#iterables = this.#runs.filter((run) => run instanceof IterableRun);
  }

  /** Begin all of them. */
  begin(): void {
    for (const run of this.#runs) run.begin();
  }

  /** Wait until everything initial of all of them has woken its keys (Q25, Q26). */
  async synced(wait: SourceWait): Promise<void> {
    await Promise.all(this.#runs.map((run) => run.synced(wait)));
  }

  taken(key: string): void {
    for (const run of this.#iterables) run.taken(key);
  }

  end(): void {
    for (const run of this.#runs) run.end();
  }

  /** Give all of them back; resolves when nothing of them goes on, rejects with the first error. */
  async release(): Promise<void> {
    const released = await Promise.allSettled(this.#runs.map((run) => run.release()));
    for (const one of released) if (one.status === "rejected") throw one.reason;
  }

  reports(): SourceReport[] {
    return this.#runs.map((run) => run.report());
  }
}
