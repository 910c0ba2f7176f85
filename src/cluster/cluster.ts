import { expectInteger, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { type CallOptions, Client } from "../client/client.ts";
import { discoverKinds } from "../client/discovery.ts";
import { Informer } from "../informer/informer.ts";
import { checkInformerOptions, type InformerOptions } from "../informer/informer-options.ts";
import { Informers } from "../informer/informers.ts";
import { frozen, prepared, type Transform } from "../informer/prepare.ts";
import { SharedInformer } from "../informer/shared-informer.ts";
import type { ListWatch } from "../reflector/list-watch.ts";
import { type Kind, resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import type { TransportRequest, TransportResponse } from "../transport/port.ts";
import type { Watch } from "../watch/watch.ts";
import { type Connection, type ConnectOptions, openConnection } from "./connection.ts";
import { listWatchOf } from "./list-watch.ts";
import {
  type HandleContext,
  type HandleInformerOptions,
  type HandleWatchOptions,
  ResourceHandle,
} from "./resource-handle.ts";
import { Selection } from "./selection.ts";

/** How long `close` waits for handlers that run. */
const graceMs = 10_000;

/**
 * One Kubernetes cluster: where everything begins.
 *
 * Holds one pooled transport and the shared informers. `close()` ends both;
 * until then open connections keep the process alive while they are used.
 */
export class Cluster implements AsyncDisposable {
  /** The namespace that the kubeconfig's context, or the pod, names; nothing uses it unasked. */
  readonly namespace: string;
  readonly #connection: Connection;
  readonly #context: HandleContext;
  readonly #informers = new Informers();
  /** Aborts when the cluster is closed: ends its watches, refuses everything new. */
  readonly #abort = new AbortController();
  #closing: Promise<void> | undefined;

  /** Made by `Cluster.connect()`. */
  constructor(connection: Connection, options: Pick<ConnectOptions, "userAgent" | "onWarning"> = {}) {
    const { userAgent, onWarning } = options;
    this.namespace = connection.namespace;
    this.#connection = connection;
    this.#context = {
      client: new Client((request) => this.#send(request), { userAgent, onWarning }),
      closed: this.#abort.signal,
      informer: (selection, informerOptions) => this.#informer(selection, informerOptions),
    };
  }

  /**
   * Find a cluster: what the options say, else KUBECONFIG, `~/.kube/config`, the pod's service account.
   *
   * Sends no request. Rejects with `INVALID_CONFIG`, naming file and entry, for
   * what could never work.
   */
  static async connect(options: ConnectOptions = {}): Promise<Cluster> {
    return new Cluster(await openConnection(options), options);
  }

  /** All objects of a kind, to be narrowed. */
  resources<T extends KubeObject>(kind: Kind<T>): ResourceHandle<T> {
    if (typeof kind !== "object" || kind === null || typeof kind.plural !== "string") {
      throw invalidArgument("kind", "a kind, such as Pod or what defineKind returns", kind);
    }
    this.#expectOpen(`Select ${resourceName(kind)}`);
    return new ResourceHandle(this.#context, new Selection(kind));
  }

  /**
   * Ask the server which kinds an `apiVersion` has, such as `v1` or `example.com/v1`.
   *
   * For kinds that are known only at run time; their objects are typed as
   * `KubeObject`. Rejects with `ApiError` 404 where the server does not serve it.
   */
  async discover(apiVersion: string, options: CallOptions = {}): Promise<readonly Kind[]> {
    if (typeof apiVersion !== "string")
      throw invalidArgument("apiVersion", "v1 or group/version", apiVersion);
    this.#expectOpen(`Discover ${apiVersion}`);
    return discoverKinds(this.#context.client, apiVersion, options);
  }

  /** The same as `handle.informer(options)`. */
  informer<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U> = Record<never, never>>(
    handle: ResourceHandle<T>,
    options: HandleInformerOptions<T, U, I> & { readonly transform: Transform<T, U> },
  ): Informer<U, I>;
  informer<T extends KubeObject, I extends IndexFunctions<T> = Record<never, never>>(
    handle: ResourceHandle<T>,
    options?: HandleInformerOptions<T, T, I>,
  ): Informer<T, I>;
  informer<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U>>(
    handle: ResourceHandle<T>,
    options: HandleInformerOptions<T, U, I> = {},
  ): Informer<U, I> {
    expectHandle(handle);
    // The overloads say so: with another type there is a transform.
    return handle.informer(
      options as HandleInformerOptions<T, U, I> & { readonly transform: Transform<T, U> },
    );
  }

  /** The same as `handle.watch(options)`. */
  watch<T extends KubeObject>(handle: ResourceHandle<T>, options?: HandleWatchOptions<T>): Watch<T> {
    expectHandle(handle);
    return handle.watch(options);
  }

  /**
   * End every informer and watch, then close all connections; the first call counts.
   *
   * What waits in listeners' queues is dropped. Handlers that run are waited for
   * 10 seconds; where one takes longer it rejects with `TIMEOUT`, naming it, with
   * all connections closed. Everything after it is `STOPPED`.
   */
  close(): Promise<void> {
    this.#closing ??= Promise.resolve().then(() => this.#close());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#abort.abort(new KubeError("STOPPED", "The cluster was closed"));
    try {
      await this.#informers.stop(graceMs);
    } finally {
      await this.#connection.close();
    }
  }

  #expectOpen(step: string): void {
    if (this.#closing !== undefined) throw new KubeError("STOPPED", `${step}: the cluster was closed`);
  }

  async #send(request: TransportRequest): Promise<TransportResponse> {
    this.#expectOpen("Send a request");
    return this.#connection.transport(request);
  }

  #informer<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U>>(
    selection: Selection<T>,
    options: HandleInformerOptions<T, U, I>,
  ): Informer<U, I> {
    this.#expectOpen(`Follow ${resourceName(selection.kind)}`);
    checkInformerOptions(options);
    const { pageSize, maxFrameBytes } = options;
    expectInteger("pageSize", pageSize, 1);
    expectInteger("maxFrameBytes", maxFrameBytes, 1);
    const { transform, freeze, backoff, streamingList, minWatchTimeoutSeconds } = options;
    const identity = JSON.stringify([
      selection.identity,
      this.#informers.nameFunction(transform),
      { freeze, backoff, streamingList, minWatchTimeoutSeconds, pageSize, maxFrameBytes },
    ]);
    const { client } = this.#context;
    const lease = this.#informers.lease<U>(identity, () => {
      const selections =
        selection.namespaces.length > 1
          ? selection.namespaces.map((namespace) => selection.onlyNamespace(namespace))
          : [selection];
      const sources = selections.map((one) => {
        const listWatch = listWatchOf(client, one, { pageSize, maxFrameBytes });
        if (transform !== undefined) return prepared(listWatch, { transform, freeze });
        // Without a transform the two types are one, which the overloads of `informer` make sure of.
        return frozen(listWatch, freeze) as unknown as ListWatch<U>;
      });
      const name = describeSelection(selection);
      return new SharedInformer<U>({ name, sources, backoff, streamingList, minWatchTimeoutSeconds });
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
}

function expectHandle(handle: unknown): void {
  if (!(handle instanceof ResourceHandle)) {
    throw invalidArgument("handle", "what cluster.resources() returns", handle);
  }
}

function describeSelection<T extends KubeObject>({ kind, namespaces, name }: Selection<T>): string {
  const where = namespaces.length === 0 ? "" : ` in ${namespaces.join(", ")}`;
  return `${resourceName(kind)}${name === undefined ? "" : ` ${name}`}${where}`;
}
