import { changesOfList } from "../delta-fifo/changes.ts";
import type { ReplacedDelta } from "../delta-fifo/delta.ts";
import type { Notification } from "../delta-fifo/notification.ts";
import type { KubeObject } from "../resource/object.ts";
import type { StagedState, Store } from "../store/store.ts";

/** How many objects are looked at between two steps. */
const objectsPerStep = 128;

/** What {@link replacing} calls as it goes. */
export interface ReplacementPorts<T> {
  /** Somebody wants to be told what changes. */
  hasListeners(): boolean;
  /** The store shows the new state, which nobody was told of yet. */
  onCommitted(): void;
  tell(notification: Notification<T>): void;
}

/**
 * Exchange a store's content for a list, in steps: other work may be done between them, but nothing be written.
 *
 * Readers see one state until all is prepared, then the other. Where it throws,
 * before that moment, nothing has changed.
 */
export function* replacing<T extends KubeObject>(
  delta: ReplacedDelta<T>,
  store: Store<T>,
  ports: ReplacementPorts<T>,
): Generator<void, void, undefined> {
  const staged = store.stage(delta.records.length);
  const notifications: Notification<T>[] = [];
  try {
    yield* preparing(delta, staged);
    if (ports.hasListeners()) {
      for (const change of changesOfList(delta, store, staged, { unchanged: "deliver" })) {
        if (notifications.push(change) % objectsPerStep === 0) yield;
      }
    }
  } catch (error) {
    for (const _step of staged.release());
    throw error;
  }
  staged.commit(delta.resourceVersion);
  ports.onCommitted();
  let told = 0;
  for (const notification of notifications) {
    ports.tell(notification);
    if (++told % objectsPerStep === 0) yield;
  }
  yield* staged.release();
}

function* preparing<T extends KubeObject>(
  delta: ReplacedDelta<T>,
  staged: StagedState<T>,
): Generator<void, void, undefined> {
  let count = 0;
  for (const record of delta.records) {
    staged.add(record);
    if (++count % objectsPerStep === 0) yield;
  }
}
