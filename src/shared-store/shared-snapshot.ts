import { KubeError } from "../base/errors.ts";
import type { KubeObject } from "../resource/object.ts";
import { SharedReads } from "./shared-reads.ts";
import type { SharedState } from "./shared-state.ts";

/**
 * One state of a shared store, for several reads.
 *
 * Release it soon, best with `using`: as long as it is held, nothing that the
 * writer replaces can be used anew. One that holds up more than 16 MiB for
 * longer than the writer's `longestReadMs` ends by itself; its reads then throw
 * `TIMEOUT`.
 */
export class SharedSnapshot<T extends KubeObject> extends SharedReads<T> implements Disposable {
  readonly #state: SharedState;
  #isReleased = false;

  /** @internal */
  constructor(state: SharedState, freeze: boolean) {
    super(freeze);
    this.#state = state;
    state.pin();
  }

  /** Let go of the state; reads then throw `STOPPED`. May be called again. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#state.unpin();
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** Iterate over all objects, each parsed as it is asked for. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    const blocks = this.read((state) => {
      state.expectSynced("list");
      const all: number[] = [];
      state.visitAll((block) => void all.push(block));
      return all;
    });
    for (const block of blocks) {
      const [json, key] = this.read((state) => [state.json(block), state.key(block)]);
      yield this.parse(json, key);
    }
  }

  protected read<R>(use: (state: SharedState) => R): R {
    if (this.#isReleased)
      throw new KubeError("STOPPED", "Read a snapshot of a shared store: it was released");
    let result: R | undefined;
    let thrown: { readonly error: unknown } | undefined;
    try {
      result = use(this.#state);
    } catch (error) {
      thrown = { error };
    }
    if (!this.#state.isHeld()) {
      throw new KubeError(
        "TIMEOUT",
        "Read a snapshot of a shared store: it was held for too long, and the writer needed its memory; take a new " +
          "one and release it sooner, or raise `longestReadMs`",
      );
    }
    if (thrown !== undefined) throw thrown.error;
    return result as R;
  }
}
