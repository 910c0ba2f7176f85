import { abortError, onAbort } from "../../base/abort.ts";
import { expectDuration, expectInteger } from "../../base/arguments.ts";
import { fieldValue } from "../../resource/field-selector.ts";
import { type Kind, resourceName } from "../../resource/kind.ts";
import type { StorageChange, StoragePort, StoredObject } from "../storage/port.ts";
import { ChangeWindow } from "./change-window.ts";
import { encodeContinue } from "./continue-token.ts";
import { parseResourceVersion, validateListQuery } from "./list-options.ts";
import { type ListPlan, planList } from "./list-plan.ts";
import { type Entry, OrderedObjects, type OrderedView, PastObjects } from "./ordered-objects.ts";
import type { ListQuery, Selection } from "./query.ts";
import { ContinueExpiredError, expired, tooLarge, tooOld } from "./refusals.ts";
import { type FieldReader, hasSelector, type KeyRange, keyRange, matcher } from "./selection.ts";

/** How a {@link WatchCache} works. */
export interface WatchCacheOptions {
  /** How many changes are kept to resume from. @default 1000 */
  readonly windowSize?: number;
  /** How long a read of a future resourceVersion waits for it. @default 3000 */
  readonly freshWaitMs?: number;
  /** How a selectable field is read, where a kind's absent fields mean something. @default the field, or "" */
  readonly readField?: FieldReader;
}

/** One page of a list. */
export interface ListAnswer {
  readonly items: readonly StoredObject[];
  readonly resourceVersion: string;
  /** Absent on the last page. */
  readonly continue?: string;
  /** Absent on the last page, and where a selector makes it unknown. */
  readonly remainingItemCount?: number;
}

/**
 * One resource as the server reads it: current objects in order, and the last changes.
 *
 * Follows storage synchronously, so a write is readable when it returns. Lists
 * are consistent: every page after the first shows the first page's state, as
 * long as the window reaches back to it (T6, T8). All refusals are `ApiError`s
 * worded as kube-apiserver words them.
 */
export class WatchCache {
  readonly kind: Kind;
  readonly readField: FieldReader;
  readonly #storage: StoragePort;
  readonly #freshWaitMs: number;
  readonly #objects: OrderedObjects;
  readonly #window: ChangeWindow;
  readonly #listeners = new Set<(change: StorageChange) => void>();
  readonly #unsubscribe: () => void;

  constructor(storage: StoragePort, kind: Kind, options: WatchCacheOptions = {}) {
    expectInteger("windowSize", options.windowSize, 1);
    expectDuration("freshWaitMs", options.freshWaitMs);
    this.kind = kind;
    this.readField = options.readField ?? fieldValue;
    this.#storage = storage;
    this.#freshWaitMs = options.freshWaitMs ?? 3000;
    const { revision, items } = storage.list(kind);
    this.#objects = new OrderedObjects(items);
    this.#window = new ChangeWindow(options.windowSize ?? 1000, revision);
    this.#unsubscribe = storage.subscribe(kind, (change) => this.#apply(change));
  }

  /** How many objects there are now. */
  get size(): number {
    return this.#objects.size;
  }

  /** The revision this cache is at: the newest of any resource. */
  get revision(): number {
    return this.#storage.revision;
  }

  /** The oldest revision a watch can resume from. */
  get oldestRevision(): number {
    return this.#window.floor;
  }

  /**
   * Read one object, not older than `resourceVersion` if one is given.
   *
   * Resolves to undefined if it is not there; rejects with 504 if the revision
   * is not reached in time.
   */
  async get(key: string, resourceVersion?: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    await this.reached(parseResourceVersion(resourceVersion), signal);
    return this.#objects.get(key);
  }

  /** Read a list or a page of one; rejects with 400, 410, 422 or 504 as kube-apiserver does. */
  async list(query: ListQuery = {}, signal?: AbortSignal): Promise<ListAnswer> {
    validateListQuery(query);
    const range = keyRange(this.kind, query);
    const plan = planList(query, range.prefix);
    await this.reached(plan.revision, signal);
    const view = plan.isExact ? this.#at(plan, range) : this.#objects;
    return this.#page(view, plan, range, query);
  }

  /** Wait until a revision is reached; rejects with 504 "Too large resource version" after a while (R7). */
  async reached(revision: number, signal?: AbortSignal): Promise<void> {
    if (revision <= this.#storage.revision) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(tooLarge(revision, this.#storage.revision)), this.#freshWaitMs);
    const stopListening = this.#storage.onRevision((current) => {
      if (current >= revision) resolve();
    });
    const stopAborting = onAbort(signal, () => {
      if (signal !== undefined) reject(abortError(signal, `Read ${resourceName(this.kind)}`));
    });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      stopListening();
      stopAborting();
    }
  }

  /** The current objects that a selection is about, in key order. */
  current(selection: Selection): Entry[] {
    const { from, until } = keyRange(this.kind, selection);
    const matches = matcher(selection, this.readField);
    return [...this.#objects.entries(from, until)].filter(([key, object]) => matches(key, object));
  }

  /** All changes after a revision, oldest first; throws 410 where the window does not reach back so far. */
  since(revision: number): StorageChange[] {
    if (revision < this.#window.floor) throw tooOld(revision, this.#window.floor);
    return this.#window.since(revision);
  }

  /** Hear every change once it can be read here; returns how to stop. */
  subscribe(listener: (change: StorageChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Drop the history: every resourceVersion and continue token from before is answered with 410 (T12).
   *
   * Uses up a revision, so that what is listed afterwards can be watched from.
   */
  expire(): void {
    this.#window.clear(this.#storage.advance());
  }

  /** Stop following storage. */
  close(): void {
    this.#unsubscribe();
    this.#listeners.clear();
  }

  #apply(change: StorageChange): void {
    if (change.type === "DELETED") this.#objects.delete(change.key);
    else this.#objects.set(change.key, change.object);
    this.#window.push(change);
    for (const listener of this.#listeners) listener(change);
  }

  /** The state at a past revision, found by taking the later changes back. */
  #at(plan: ListPlan, { prefix }: KeyRange): OrderedView {
    if (plan.revision < this.#window.floor) {
      if (plan.from === undefined) throw expired("The resourceVersion for the provided list is too old.");
      throw new ContinueExpiredError(encodeContinue({ revision: -1, from: plan.from }, prefix));
    }
    const replaced = new Map<string, StoredObject | undefined>();
    for (const { key, previous } of this.#window.since(plan.revision)) {
      // The oldest of the later changes knows the state at the revision.
      if (!replaced.has(key)) replaced.set(key, previous);
    }
    return replaced.size === 0 ? this.#objects : new PastObjects(this.#objects, replaced);
  }

  #page(view: OrderedView, plan: ListPlan, range: KeyRange, query: ListQuery): ListAnswer {
    const revision = plan.isExact ? plan.revision : this.#storage.revision;
    const resourceVersion = String(revision);
    const from = plan.from !== undefined && plan.from > range.from ? plan.from : range.from;
    const matches = matcher(query, this.readField);
    const items: StoredObject[] = [];
    let last = "";
    for (const [key, object] of view.entries(from, range.until)) {
      if (plan.limit > 0 && items.length === plan.limit) {
        const token = encodeContinue({ revision, from: `${last}\0` }, range.prefix);
        const page = { items, resourceVersion, continue: token };
        if (hasSelector(query)) return page;
        return { ...page, remainingItemCount: view.count(from, range.until) - plan.limit };
      }
      if (!matches(key, object)) continue;
      items.push(object);
      last = key;
    }
    return { items, resourceVersion };
  }
}
