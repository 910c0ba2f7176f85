import { type Channel, channel } from "node:diagnostics_channel";
import type { KubeError } from "../base/errors.ts";
import { type InformerRecord, informerChannel } from "../base/informer-telemetry.ts";
import type { ReflectorProgress } from "../reflector/progress.ts";

/** Publishes what a shared informer does as {@link InformerRecord}s; free of cost while nobody subscribes. */
export class InformerTelemetry {
  readonly #records: Channel = channel(informerChannel);
  readonly #informer: string;
  readonly #sizeOf: () => number;
  /** The sources that have a watch, as opposed to a streaming list before its marker. */
  readonly #watching = new Set<number>();

  /** `sizeOf` counts the objects stored. */
  constructor(informer: string, sizeOf: () => number) {
    this.#informer = informer;
    this.#sizeOf = sizeOf;
  }

  /** Tell of a source's progress; `heardAt` is when it was heard before. */
  progress(source: number, progress: ReflectorProgress, heardAt: number | undefined): void {
    if (progress.type === "watch-started") this.#watching.add(source);
    const hasWatched = progress.type === "watch-ended" && this.#watching.delete(source);
    if (!this.#records.hasSubscribers) return;
    switch (progress.type) {
      case "list-started":
        this.#publish({ type: "list-started", reason: progress.reason });
        break;
      case "listed":
        this.#publish({ type: "listed", size: this.#sizeOf() });
        break;
      case "watch-started":
        this.#publish({ type: "watch-started" });
        break;
      case "watch-ended":
        if (hasWatched) this.#publish({ type: "watch-ended" });
        break;
      case "frames": {
        const sinceProgressMs = heardAt === undefined ? undefined : Date.now() - heardAt;
        this.#publish({ type: "events", count: progress.count, size: this.#sizeOf(), sinceProgressMs });
        break;
      }
      case "error":
        this.error(progress.error);
        break;
    }
  }

  /** Tell of an error that is being repaired, or that keeps an object out of an index. */
  error({ code }: KubeError): void {
    if (this.#records.hasSubscribers) this.#publish({ type: "error", reason: code });
  }

  health(state: string): void {
    if (this.#records.hasSubscribers) this.#publish({ type: "health", state });
  }

  #publish(record: Omit<InformerRecord, "informer">): void {
    this.#records.publish({ informer: this.#informer, ...record } satisfies InformerRecord);
  }
}
