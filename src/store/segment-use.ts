import { ObjectLog } from "../bytes/object-log.ts";
import type { Segment } from "../bytes/segment.ts";
import type { SegmentPool } from "../bytes/segment-pool.ts";

/** How much may be kept beyond what is needed: a share of it, or as much again up to a limit, whichever is more. */
const spareShare = 0.25;
const mostSpareBytes = 64 * 1024 * 1024;

/** How much is copied at once: a few milliseconds' worth. */
const mostCopiedBytes = 16 * 1024 * 1024;

/**
 * The segments that the entries of a store lie in, and which of them to empty.
 *
 * Objects that change leave holes, and one object keeps a whole segment. So
 * once the segments are a quarter larger than what is needed (twice as large,
 * where that is little), the emptiest are copied together: memory stays
 * bounded, and each byte written costs a bounded number of bytes copied.
 */
export class SegmentUse<T> {
  // Weak: a segment in which nothing is needed any more must not wait for the next one to be forgotten.
  readonly #segments = new Set<WeakRef<Segment<T>>>();
  readonly #known = new WeakSet<Segment<T>>();
  readonly #pool: SegmentPool<T>;
  #newest: Segment<T> | undefined;
  #copies: ObjectLog<T> | undefined;

  constructor(pool: SegmentPool<T>) {
    this.#pool = pool;
  }

  /** How much memory the segments take. */
  get bytes(): number {
    return this.#present().reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Note where an entry lies; returns the segments that are to be emptied now, of which none is usual. */
  add(segment: Segment<T>): ReadonlySet<Segment<T>> | undefined {
    if (segment === this.#newest) return undefined;
    this.#newest = segment;
    return this.#note(segment) ? this.#emptiest() : undefined;
  }

  /** Copy an entry out of a segment that is emptied; returns where to. */
  copy(segment: Segment<T>, at: number): { readonly segment: Segment<T>; readonly at: number } {
    this.#copies ??= new ObjectLog<T>(this.#pool);
    const to = this.#copies.appendEntry(segment, at);
    this.#note(this.#copies.segment);
    return { segment: this.#copies.segment, at: to };
  }

  /** Note a segment; tells whether it is a new one. */
  #note(segment: Segment<T>): boolean {
    if (this.#known.has(segment)) return false;
    this.#known.add(segment);
    this.#segments.add(new WeakRef(segment));
    return true;
  }

  #present(): Segment<T>[] {
    const present: Segment<T>[] = [];
    for (const reference of this.#segments) {
      const segment = reference.deref();
      if (segment === undefined) this.#segments.delete(reference);
      else present.push(segment);
    }
    return present;
  }

  #emptiest(): ReadonlySet<Segment<T>> | undefined {
    // Of the others nothing is to be copied: they are about to be used again, or to be collected.
    const segments = this.#present().filter(({ liveBytes }) => liveBytes > 0);
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes.length, 0);
    const liveBytes = segments.reduce((sum, segment) => sum + segment.liveBytes, 0);
    let wasted = bytes - liveBytes - (this.#newest?.bytes.length ?? 0);
    const spareBytes = Math.max(spareShare * liveBytes, Math.min(liveBytes, mostSpareBytes));
    if (wasted <= spareBytes) return undefined;
    const open = [this.#newest, this.#copies?.segment];
    const candidates = segments.filter((segment) => !open.includes(segment));
    candidates.sort((a, b) => a.liveBytes / a.bytes.length - b.liveBytes / b.bytes.length);
    const chosen = new Set<Segment<T>>();
    let copied = 0;
    for (const segment of candidates) {
      copied += segment.liveBytes;
      if (copied > mostCopiedBytes || wasted <= spareBytes / 2) break;
      wasted -= segment.bytes.length - segment.liveBytes;
      chosen.add(segment);
    }
    return chosen.size === 0 ? undefined : chosen;
  }
}
