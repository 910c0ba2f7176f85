import { type Channel, channel } from "node:diagnostics_channel";
import { type WorkQueueRecord, workQueueChannel } from "../base/work-queue-telemetry.ts";
import type { ReadyKeys } from "./ready-keys.ts";

/** Publishes what happens to a named queue (Q12); costs one look while nobody subscribes. */
export class QueueTelemetry {
  readonly #queue: string;
  readonly #ready: ReadyKeys;
  readonly #channel: Channel = channel(workQueueChannel);

  constructor(queue: string, ready: ReadyKeys) {
    this.#queue = queue;
    this.#ready = ready;
  }

  get isHeard(): boolean {
    return this.#channel.hasSubscribers;
  }

  tell(
    type: WorkQueueRecord["type"],
    about?: Pick<WorkQueueRecord, "item" | "priority" | "waitedMs" | "workedMs">,
  ): void {
    if (!this.isHeard) return;
    const record: WorkQueueRecord = {
      queue: this.#queue,
      type,
      ...about,
      depth: this.#ready.length,
      depthByPriority: this.#ready.byPriority(),
    };
    this.#channel.publish(record);
  }
}
