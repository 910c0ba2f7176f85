import { Chain } from "./chain.ts";
import { PrunedHeap } from "./pruned-heap.ts";
import type { QueuedKey } from "./queued-key.ts";

/** So many priorities are remembered while nobody waits with them. */
const keptClasses = 16;

/** The keys that stand in line with one priority, the first one first. */
export class PriorityClass {
  readonly priority: number;
  readonly chain: Chain<QueuedKey> = new Chain<QueuedKey>();
  /** How many keys have this priority, wherever they stand. */
  waiting = 0;
  /** Where the class stands among the others: the rank that its first key had when it was put there. */
  rank = 0;
  isRanked = false;

  constructor(priority: number) {
    this.priority = priority;
  }
}

/**
 * The keys that can be handed out, in their order: higher priorities first, each in order of arrival (Q14).
 *
 * A key's priority grows by one for each `ageingMs` that it waits. That is a
 * rank which never changes: since when it waits, minus what its priority is worth.
 * Keys of one priority arrive in the order of their ranks, so only the first
 * of each need to be compared, and a heap of the classes is enough: adding
 * and taking cost the same for a thousand keys and for a million.
 */
export class ReadyKeys {
  readonly #ageingMs: number;
  readonly #classes = new Map<number, PriorityClass>();
  readonly #ranked: PrunedHeap<PriorityClass> = new PrunedHeap({
    compare: (a, b) => a.rank - b.rank || b.priority - a.priority,
    isLive: ({ chain }) => chain.first !== undefined,
    onDropped: (dropped) => this.#unranked(dropped),
  });
  #length = 0;
  /** How many classes somebody stands in. */
  #occupied = 0;

  constructor(ageingMs: number) {
    this.#ageingMs = ageingMs;
  }

  get length(): number {
    return this.#length;
  }

  /** How many priorities are remembered: not many more than somebody waits with. */
  get classes(): number {
    return this.#classes.size;
  }

  /** How many wait with each priority. */
  byPriority(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { priority, waiting } of this.#classes.values()) {
      if (waiting > 0) counts.set(priority, waiting);
    }
    return counts;
  }

  /** Put a key at the end of the class of its priority. */
  push(entry: QueuedKey, now: number): void {
    const group = this.#classOf(entry.priority);
    group.waiting++;
    this.#length++;
    entry.readySince = now;
    this.#stand(entry, group, now);
  }

  /** Raise the priority of a key that stands here: it goes to the end of that class, but never back (Q15). */
  raise(entry: QueuedKey, priority: number, now: number): void {
    const { place } = entry;
    if (place === undefined) return;
    this.#left(this.#classOf(entry.priority));
    const group = this.#classOf(priority);
    group.waiting++;
    entry.priority = priority;
    // Who has waited so long that the end of the new class is behind him stays where he is.
    if (this.#rank(group, now) > this.#rank(place, entry.since)) return;
    place.chain.remove(entry);
    if (place.chain.first === undefined) this.#emptied(place);
    this.#stand(entry, group, now);
  }

  /** Take the first out. */
  shift(): QueuedKey | undefined {
    for (let first = this.#ranked.peek(); first !== undefined; first = this.#ranked.peek()) {
      const entry = first.chain.first;
      if (entry === undefined) {
        this.#ranked.pop();
        this.#unranked(first);
      } else if (this.#rank(first, entry.since) !== first.rank) {
        // Its first key has left since it was put there, so that it may belong further back.
        this.#ranked.pop();
        this.#putInRank(first, entry);
      } else {
        this.#takeFrom(first, entry);
        return entry;
      }
    }
    return undefined;
  }

  #takeFrom(place: PriorityClass, entry: QueuedKey): void {
    place.chain.remove(entry);
    entry.place = undefined;
    this.#length--;
    if (place.chain.first === undefined) this.#emptied(place);
    this.#left(entry.priority === place.priority ? place : this.#classOf(entry.priority));
  }

  #stand(entry: QueuedKey, group: PriorityClass, now: number): void {
    entry.place = group;
    entry.since = now;
    if (group.chain.first === undefined) this.#occupied++;
    group.chain.push(entry);
    if (!group.isRanked) this.#putInRank(group, entry);
  }

  #putInRank(group: PriorityClass, first: QueuedKey): void {
    group.rank = this.#rank(group, first.since);
    group.isRanked = true;
    this.#ranked.push(group);
  }

  #rank({ priority }: PriorityClass, since: number): number {
    return this.#ageingMs === Number.POSITIVE_INFINITY ? -priority : since - priority * this.#ageingMs;
  }

  #classOf(priority: number): PriorityClass {
    let group = this.#classes.get(priority);
    if (group === undefined) {
      group = new PriorityClass(priority);
      this.#classes.set(priority, group);
    }
    return group;
  }

  #left(group: PriorityClass): void {
    group.waiting--;
    this.#forgetUnused(group);
  }

  #emptied(group: PriorityClass): void {
    this.#occupied--;
    this.#ranked.prune(this.#occupied);
    this.#forgetUnused(group);
  }

  #unranked(group: PriorityClass): void {
    group.isRanked = false;
    this.#forgetUnused(group);
  }

  /** A few classes are kept, so that a queue that is often empty makes none anew; any number would be a leak. */
  #forgetUnused(group: PriorityClass): void {
    if (this.#classes.size <= keptClasses || group.waiting > 0 || group.isRanked) return;
    if (group.chain.first === undefined) this.#classes.delete(group.priority);
  }
}
