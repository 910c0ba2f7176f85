import { abortError } from "../base/abort.ts";
import type { KubeError } from "../base/errors.ts";
import { eventLoopTurn } from "../base/event-loop-turn.ts";
import { resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { SharedStore } from "../shared-store/shared-store.ts";
import type { FollowedHandle } from "./messages.ts";
import type { SharedPart } from "./thread-host.ts";

/** How copies are shared. */
export interface SharedCopiesOptions {
  readonly maxBytes: number | undefined;
  readonly onError: (error: KubeError) => void;
}

interface Copy {
  readonly part: SharedPart;
  readonly shared: SharedStore<KubeObject>;
}

/** All that a controller follows, in memory that its threads read. */
export class SharedCopies {
  readonly #copies: readonly Copy[];

  constructor(parts: readonly SharedPart[], { maxBytes, onError }: SharedCopiesOptions) {
    this.#copies = parts.map((part) => {
      const name = resourceName(part.kind);
      // Index functions stay in this thread, and a controller's copies are read by namespace only.
      const shared = new SharedStore<KubeObject>(part.store, { name, maxBytes, indexers: [], onError });
      return { part, shared };
    });
  }

  /** How threads find them, in the order of the parts. */
  get handles(): readonly FollowedHandle[] {
    return this.#copies.map(({ part: { store: _store, ...part }, shared }) => ({
      ...part,
      handle: shared.handle,
    }));
  }

  /** What keeps some of them from showing the newest state, one line each. */
  get problems(): string[] {
    return this.#copies.flatMap(({ shared }) => shared.stats().problem?.message ?? []);
  }

  /** Whether the memory shows what the store of a part has; a large list takes several turns to get there. */
  isCurrent(part: number): boolean {
    const copy = this.#copies[part];
    return copy === undefined || copy.shared.isCurrent;
  }

  /**
   * Wait until all of them show what their stores have by now: the event that wakes a reconcile is then in what it reads.
   *
   * Rejects with what keeps one of them from it, and where `signal` aborts.
   */
  async untilCurrent(step: string, signal: () => AbortSignal): Promise<void> {
    for (const copy of this.#copies) {
      while (!copy.shared.isCurrent) {
        const { problem } = copy.shared.stats();
        if (problem !== undefined) throw problem;
        const ends = signal();
        if (ends.aborted) throw abortError(ends, step);
        await eventLoopTurn(ends);
      }
    }
  }

  close(): void {
    for (const { shared } of this.#copies) shared.close();
  }
}
