import type { KubeObject } from "../resource/object.ts";
import { allEnded, type Ending } from "./grace.ts";
import type { SharedInformer } from "./shared-informer.ts";

/** A shared informer, and how a lease on it ends. */
export interface Lease<T extends KubeObject> {
  readonly shared: SharedInformer<T>;
  /** Resolves once the shared informer has stopped, if this was the last lease. */
  release(): Promise<void>;
}

interface Entry {
  readonly shared: unknown;
  readonly stop: () => readonly Ending[];
  leases: number;
}

/** The informers of one cluster, shared by what they follow (P23). */
export class Informers {
  readonly #entries = new Map<string, Entry>();
  readonly #functions = new WeakMap<object, number>();
  #functionCount = 0;

  /**
   * Take a lease on the informer of an identity; it is made where there is none.
   *
   * The identity must say everything that the objects' content and type depend
   * on. Where the last lease was released, the next one begins anew.
   */
  lease<T extends KubeObject>(identity: string, create: () => SharedInformer<T>): Lease<T> {
    let entry = this.#entries.get(identity);
    let shared: SharedInformer<T>;
    if (entry === undefined) {
      const created = create();
      entry = { shared: created, stop: () => created.stop(), leases: 0 };
      shared = created;
      this.#entries.set(identity, entry);
    } else {
      // One identity is one kind and one transform, so one type; the map cannot say so.
      shared = entry.shared as SharedInformer<T>;
    }
    entry.leases++;
    return { shared, release: this.#releaseOnce(identity, entry) };
  }

  /** A name for a function that is the same only for the same one; "" for none. */
  nameFunction(value: object | undefined): string {
    if (value === undefined) return "";
    const known = this.#functions.get(value);
    if (known !== undefined) return String(known);
    this.#functions.set(value, ++this.#functionCount);
    return String(this.#functionCount);
  }

  /** Stop every informer, whoever holds leases; rejects with `TIMEOUT`, naming what runs past `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await allEnded(
      "Stop all informers",
      entries.flatMap((entry) => entry.stop()),
      graceMs,
    );
  }

  #releaseOnce(identity: string, entry: Entry): () => Promise<void> {
    let isReleased = false;
    return async () => {
      if (isReleased) return;
      isReleased = true;
      entry.leases--;
      if (entry.leases > 0) return;
      if (this.#entries.get(identity) === entry) this.#entries.delete(identity);
      await Promise.all(entry.stop().map(({ ended }) => ended));
    };
  }
}
