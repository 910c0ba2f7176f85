import type { ApiCall } from "../client/api-call.ts";
import { FollowedKinds } from "../cluster/followed-kinds.ts";
import { matcherOf } from "../cluster/followed-matcher.ts";
import { WriteRouter } from "../cluster/write-router.ts";
import type { ObjectStore } from "../controller/cluster-port.ts";
import { freezesByDefault } from "../informer/prepare.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { SharedStore } from "../shared-store/shared-store.ts";
import { type DeletedObject, MutationCache } from "../store/mutation-cache.ts";
import type { Store } from "../store/store.ts";
import type { WaitForOptions } from "../store/wait-for-state.ts";
import type { FollowedHandle, OwnChange } from "../workers/messages.ts";
import { ReaderStore } from "./reader-store.ts";

/** One copy that this thread reads: shared memory, and over it what this controller wrote. */
class ThreadCopy<T extends KubeObject> extends MutationCache<T> {
  readonly under: ReaderStore<T>;

  constructor({ kind: _kind, handle, namespaces, labels }: FollowedHandle) {
    const under = new ReaderStore<T>(SharedStore.attach<T>(handle), namespaces.length > 1);
    const store: unknown = under;
    super(store as Store<T>, {
      matches: matcherOf(namespaces, labels),
      mayReturn: labels !== "",
      freeze: freezesByDefault(),
    });
    this.under = under;
  }

  /** Until the memory itself has reached a state, whatever was written. */
  override waitFor(resourceVersion: string, options?: WaitForOptions): Promise<void> {
    return this.under.waitFor(resourceVersion, options);
  }
}

/**
 * All copies that a controller follows, in one of its threads.
 *
 * What a reconcile here writes shows at once; of what others write the main
 * thread tells before anything that begins after it.
 */
export class ThreadCopies {
  readonly #copies: readonly ThreadCopy<KubeObject>[];
  readonly #kinds = new FollowedKinds();
  readonly #router = new WriteRouter();

  /** `tell` is given each write of this thread. */
  constructor(followed: readonly FollowedHandle[], tell: (change: OwnChange) => void) {
    this.#copies = followed.map((one, part) => {
      const { kind, isMetadata } = one;
      const copy = new ThreadCopy<KubeObject>(one);
      this.#kinds.add({ kind, isMetadata, store: copy });
      this.#router.add(
        { kind, isMetadata },
        {
          written: (written: KubeObject) => {
            copy.written(written);
            tell({ part, written });
          },
          deleted: (deleted: DeletedObject) => {
            copy.deleted(deleted);
            tell({ part, deleted });
          },
        },
      );
      return copy;
    });
  }

  /** The copy of a kind; throws `INVALID_ARGUMENT` for one that the controller does not follow. */
  store<T extends KubeObject>(kind: Kind<T>): ObjectStore<T> {
    return this.#kinds.store(kind);
  }

  /** The answer of a write of this thread. */
  written(call: ApiCall, answer: unknown): void {
    this.#router.take(call, answer);
  }

  /** A write of another thread. */
  take(change: OwnChange): void {
    const copy = this.#copies[change.part];
    if ("deleted" in change) copy?.deleted(change.deleted);
    else copy?.written(change.written);
  }

  settle(part: number, key: string, resourceVersion: string): void {
    this.#copies[part]?.under.settle(key, resourceVersion);
  }
}
