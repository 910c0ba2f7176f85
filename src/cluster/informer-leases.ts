import { expectInteger } from "../base/arguments.ts";
import { ObjectLog } from "../bytes/object-log.ts";
import { ObjectReader } from "../bytes/object-reader.ts";
import { SegmentPool } from "../bytes/segment-pool.ts";
import type { Client } from "../client/client.ts";
import { droppedFields } from "../informer/drop-fields.ts";
import { Informer } from "../informer/informer.ts";
import { checkInformerOptions, type InformerOptions } from "../informer/informer-options.ts";
import { Informers } from "../informer/informers.ts";
import { frozen, prepared, readerOptions } from "../informer/prepare.ts";
import { SharedInformer } from "../informer/shared-informer.ts";
import type { ListWatch } from "../reflector/list-watch.ts";
import { resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import type { HandleInformerOptions } from "./handle-options.ts";
import { listWatchOf } from "./list-watch.ts";
import type { Selection } from "./selection.ts";

/** A cluster's informers: who asks for the same objects in the same way shares one list and one watch (P23). */
export class InformerLeases {
  readonly #client: Client;
  readonly #informers = new Informers();

  constructor(client: Client) {
    this.#client = client;
  }

  /** A lease on the shared informer of a selection, made where there is none; no request yet. */
  lease<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U>>(
    selection: Selection<T>,
    options: HandleInformerOptions<T, U, I>,
  ): Informer<U, I> {
    checkInformerOptions(options);
    const { pageSize, maxFrameBytes } = options;
    expectInteger("pageSize", pageSize, 1);
    expectInteger("maxFrameBytes", maxFrameBytes, 1);
    const { transform, freeze, backoff, streamingList, minWatchTimeoutSeconds, store = "objects" } = options;
    const drop = droppedFields(transform);
    const identity = JSON.stringify([
      selection.identity,
      drop ?? this.#informers.nameFunction(transform),
      { store, freeze, backoff, streamingList, minWatchTimeoutSeconds, pageSize, maxFrameBytes },
    ]);
    const lease = this.#informers.lease<U>(identity, () => {
      const selections =
        selection.namespaces.length > 1
          ? selection.namespaces.map((namespace) => selection.onlyNamespace(namespace))
          : [selection];
      const name = describeSelection(selection);
      const pool = new SegmentPool(new ObjectReader<T>(readerOptions(name, freeze)));
      // Without a transform, or with one that only drops fields, the two types are one: the overloads of `informer` make sure of it.
      const kept = pool as unknown as SegmentPool<U>;
      const sources = selections.map((one) => {
        // A transform of the user's own needs each object at once.
        const log = transform === undefined || drop !== undefined ? new ObjectLog(pool, drop) : undefined;
        const listWatch = listWatchOf(this.#client, one, { pageSize, maxFrameBytes, log });
        if (transform !== undefined) {
          return prepared(listWatch, { transform, freeze, skipsBytes: drop !== undefined });
        }
        return frozen(listWatch, freeze) as unknown as ListWatch<U>;
      });
      return new SharedInformer<U>({
        store,
        pool: kept,
        name,
        telemetryName: describeCollection(selection),
        sources,
        namespaces: selection.namespaces,
        backoff,
        streamingList,
        minWatchTimeoutSeconds,
      });
    });
    const { transform: _applied, ...rest } = options;
    try {
      return new Informer<U, I>({ shared: lease.shared }, rest as InformerOptions<U, U, I>, lease.release);
    } catch (error) {
      // A lease that nobody holds would keep the informer for ever.
      void lease.release();
      throw error;
    }
  }

  /** Stop all of them; see {@link Informers}. */
  stop(graceMs: number): Promise<void> {
    return this.#informers.stop(graceMs);
  }
}

function describeSelection<T extends KubeObject>({ kind, namespaces, name }: Selection<T>): string {
  return `${resourceName(kind)}${name === undefined ? "" : ` ${name}`}${whereOf(namespaces)}`;
}

/** The same without the name of an object. */
function describeCollection<T extends KubeObject>({ kind, namespaces, name }: Selection<T>): string {
  return `${name === undefined ? "" : "one of "}${resourceName(kind)}${whereOf(namespaces)}`;
}

function whereOf(namespaces: readonly string[]): string {
  return namespaces.length === 0 ? "" : ` in ${namespaces.join(", ")}`;
}
