import type { ObjectReader } from "./object-reader.ts";
import { Segment, type SegmentPort } from "./segment.ts";

/** The first segment; each further one is twice as large, so that a few objects cost little. */
const smallestSegmentBytes = 64 * 1024;
const largestSegmentBytes = 16 * 1024 * 1024;

/** How many unused segments wait to be used again; further ones go back to the system. */
const mostUnused = 2;

/**
 * The memory of one informer's objects, used again where nobody needs it.
 *
 * New memory costs more than what is written to it: the system clears each
 * page, and the garbage collector runs for every few segments. Retired segments
 * are used again from the next `recycle` on, which must be called only while no
 * record is on its way whose object may still be read: not from a queue, nor by
 * a handler that was told of a change.
 */
export class SegmentPool<T> implements SegmentPort<T> {
  readonly reader: ObjectReader<T>;
  /** Whether every object is read anyway, so that keeping its bytes first would only cost. */
  readsAll: () => boolean = () => false;
  #retired: Segment<T>[] = [];
  readonly #unused: Buffer[] = [];
  #nextBytes = smallestSegmentBytes;

  constructor(reader: ObjectReader<T>) {
    this.reader = reader;
  }

  /** Some memory waits for `recycle`. */
  get hasRetired(): boolean {
    return this.#retired.length > 0;
  }

  /** A segment with room for this much at least. */
  take(entryBytes: number): Segment<T> {
    const fits = this.#unused.findIndex((memory) => memory.length >= entryBytes);
    const [unused] = fits === -1 ? [] : this.#unused.splice(fits, 1);
    if (unused !== undefined) return new Segment(unused, this);
    const size = Math.max(this.#nextBytes, entryBytes);
    this.#nextBytes = Math.min(2 * this.#nextBytes, largestSegmentBytes);
    // Not from the pool of Buffers, and not zeroed: all that is read was written before.
    return new Segment(Buffer.allocUnsafeSlow(size), this);
  }

  retire(segment: Segment<T>): void {
    this.#retired.push(segment);
    // More would never be used again, and a handler may put off `recycle` for hours: the collector has the rest.
    dropSmallest(this.#retired, ({ bytes }) => bytes.length);
  }

  /** Let retired memory be used again. */
  recycle(): void {
    for (const segment of this.#retired) {
      this.#unused.push(segment.surrender());
      dropSmallest(this.#unused, ({ length }) => length);
    }
    this.#retired = [];
  }
}

/** Let go of the smallest where there are more than can wait to be used again. */
function dropSmallest<V>(all: V[], sizeOf: (one: V) => number): void {
  if (all.length <= mostUnused) return;
  let smallest = 0;
  all.forEach((one, at) => {
    if (sizeOf(one) < sizeOf(all[smallest] ?? one)) smallest = at;
  });
  all.splice(smallest, 1);
}
