import { EventEmitter } from "eventemitter3";
import { expectFunction, expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { type CallOptions, Client } from "../client/client.ts";
import { Discovery, type KindName } from "../client/discovery.ts";
import { health, type ServerHealth } from "../client/health.ts";
import type { RawAnswer, RawOptions } from "../client/raw-call.ts";
import { type ServerVersion, version } from "../client/version.ts";
import type { ApiWarning } from "../client/warnings.ts";
import type { ControllerBuilder, ControllerBuilderOptions } from "../controller/controller-builder.ts";
import type { Informer } from "../informer/informer.ts";
import type { Transform } from "../informer/prepare.ts";
import type { ApplyManifestsOptions } from "../manifests/apply-manifests.ts";
import type { ApplyReport } from "../manifests/apply-report.ts";
import { isKind, type Kind, resourceName } from "../resource/kind.ts";
import type { DynamicObject, KubeObject } from "../resource/object.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import type { TransportRequest, TransportResponse } from "../transport/port.ts";
import type { Watch } from "../watch/watch.ts";
import { applyPort } from "./apply-port.ts";
import { type Connection, type ConnectOptions, openConnection } from "./connection.ts";
import { controllerHost } from "./controller-host.ts";
import { controllerOf } from "./controller-of.ts";
import { Followed } from "./followed.ts";
import type { HandleContext } from "./handle-context.ts";
import type { HandleInformerOptions, HandleWatchOptions } from "./handle-options.ts";
import { InformerLeases } from "./informer-leases.ts";
import type { ObjectHandle } from "./object-handle.ts";
import { ResourceHandle } from "./resource-handle.ts";
import { Selection } from "./selection.ts";
import { expectFieldManager } from "./writes.ts";

/** How long `close` waits for handlers that run. */
const graceMs = 10_000;

/** What a cluster tells besides the answers to calls. */
export interface ClusterEvents {
  /** The server attached a warning to an answer, such as the use of a deprecated version (H21). */
  warning(warning: ApiWarning): void;
}

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
  readonly #informers: InformerLeases;
  readonly #discovery: Discovery;
  readonly #events = new EventEmitter<ClusterEvents>();
  /** Aborts when the cluster is closed: ends its watches, refuses everything new. */
  readonly #abort = new AbortController();
  #closing: Promise<void> | undefined;

  /** Made by `Cluster.connect()`. */
  constructor(
    connection: Connection,
    options: Pick<ConnectOptions, "userAgent" | "onWarning" | "fieldManager"> = {},
  ) {
    const { userAgent, onWarning, fieldManager } = options;
    if (onWarning !== undefined) this.on("warning", onWarning);
    const client = new Client((request) => this.#send(request), {
      userAgent,
      onWarning: (warning) => this.#events.emit("warning", warning),
    });
    const informers = new InformerLeases(client);
    this.namespace = connection.namespace;
    this.#connection = connection;
    this.#informers = informers;
    this.#discovery = new Discovery(client);
    this.#context = {
      client,
      transport: (request) =>
        this.#send({ ...request, headers: { "user-agent": client.userAgent, ...request.headers } }),
      fieldManager,
      closed: this.#abort.signal,
      informer: (selection, informerOptions) => {
        this.#expectOpen(`Follow ${resourceName(selection.kind)}`);
        return informers.lease(selection, informerOptions);
      },
      warned: (warning) => this.#events.emit("warning", warning),
      controllerHost: () => controllerHost(this.#context),
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

  /** Be told of what is no answer to a call; a listener that throws is told to `process.emitWarning`, and breaks no call. */
  on<E extends keyof ClusterEvents>(event: E, listener: ClusterEvents[E]): this {
    if (event !== "warning") throw invalidArgument("event", '"warning"', event);
    expectFunction("listener", listener ?? null);
    this.#events.on(event, listener);
    return this;
  }

  /** No longer be told; the same function that was given to `on`. */
  off<E extends keyof ClusterEvents>(event: E, listener: ClusterEvents[E]): this {
    this.#events.off(event, listener);
    return this;
  }

  /** All objects of a kind, to be narrowed. */
  resources<T extends KubeObject, S extends string>(kind: Kind<T, S>): ResourceHandle<T, S>;
  /**
   * All objects of a kind that is known only at run time; the server tells its plural and scope.
   *
   * Asked once and remembered (see `discover`). Rejects with `UNKNOWN_KIND`, naming
   * the closest ones, where the server has none of this name.
   */
  resources(kind: KindName, options?: CallOptions): Promise<ResourceHandle<DynamicObject, string>>;
  resources<T extends KubeObject, S extends string>(
    kind: Kind<T, S> | KindName,
    options: CallOptions = {},
  ): ResourceHandle<T, S> | Promise<ResourceHandle<DynamicObject, string>> {
    if (typeof kind === "object" && kind !== null) {
      if ("plural" in kind && isKind(kind)) return this.#handle(kind);
      if ("apiVersion" in kind) return this.#discovered(kind, options);
    }
    throw invalidArgument(
      "kind",
      "a kind, such as Pod or what defineKind returns, or { apiVersion, kind }",
      kind,
    );
  }

  /**
   * Ask the server which kinds it has: all of them, or those of one `apiVersion`, such as `v1` or `example.com/v1`.
   *
   * Remembered for the cluster's life. For kinds that are known only at run
   * time; their objects are typed as `KubeObject`. Rejects with `ApiError` 404
   * where the server does not serve the `apiVersion`. Groups that cannot be read,
   * since their own server is down, are missing from all kinds.
   */
  async discover(apiVersion?: string, options: CallOptions = {}): Promise<readonly Kind<DynamicObject>[]> {
    this.#expectOpen("Discover kinds");
    return this.#discovery.kinds(apiVersion, options);
  }

  /**
   * Apply manifests on the server, in the order in which they need each other; see {@link ApplyReport}.
   *
   * A text (not a path) of YAML or JSON, several documents, or objects. Everything is read and checked
   * before the first request. Namespaces and definitions come first, custom
   * resources once their kind is served. If one fails the others go on, and it
   * rejects with an {@link ApplyError} whose `report` tells what became of each.
   */
  async apply(
    manifests: string | readonly (KubeObject | DynamicObject)[],
    options: ApplyManifestsOptions = {},
  ): Promise<ApplyReport> {
    this.#expectOpen("Apply manifests");
    expectOptions("options", options);
    const { client } = this.#context;
    const fieldManager = options.fieldManager ?? this.#context.fieldManager;
    expectFieldManager("apply manifests", fieldManager);
    // Loaded when it is needed: few programs have manifests.
    const { applyManifests } = await import("../manifests/apply-manifests.ts");
    const port = applyPort(client, this.#discovery);
    return applyManifests(port, manifests, { ...options, fieldManager });
  }

  /**
   * Send any request to any path of the API server, `/metrics` for example, and read its whole answer.
   *
   * With the cluster's credentials, connections and retries. Rejects with
   * `ApiError` for statuses of failure, and with `INVALID_ARGUMENT` for a path
   * that could reach elsewhere.
   */
  async raw(path: string, options: RawOptions = {}): Promise<RawAnswer> {
    return this.#context.client.raw(path, options);
  }

  /** Ask the server which version it is. */
  async version(options: CallOptions = {}): Promise<ServerVersion> {
    return version(this.#context.client, options);
  }

  /** Ask the server whether it is live and ready; that it is not is a result, that it cannot be reached an error. */
  async health(options: CallOptions = {}): Promise<ServerHealth> {
    return health(this.#context.client, options);
  }

  /** The same as `handle.informer(options)`. */
  informer<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U> = Record<never, never>>(
    handle: ResourceHandle<T> | ObjectHandle<T>,
    options: HandleInformerOptions<T, U, I> & { readonly transform: Transform<T, U> },
  ): Informer<U, I>;
  informer<T extends KubeObject, I extends IndexFunctions<T> = Record<never, never>>(
    handle: ResourceHandle<T> | ObjectHandle<T>,
    options?: HandleInformerOptions<T, T, I>,
  ): Informer<T, I>;
  informer<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U>>(
    handle: ResourceHandle<T> | ObjectHandle<T>,
    options: HandleInformerOptions<T, U, I> = {},
  ): Informer<U, I> {
    expectHandle(handle);
    // The overloads say so: with another type there is a transform.
    return handle.informer(
      options as HandleInformerOptions<T, U, I> & { readonly transform: Transform<T, U> },
    );
  }

  /** The same as `handle.watch(options)`. */
  watch<T extends KubeObject>(
    handle: ResourceHandle<T> | ObjectHandle<T>,
    options?: HandleWatchOptions<T>,
  ): Watch<T> {
    expectHandle(handle);
    return handle.watch(options);
  }

  /**
   * Begin to put together a controller of a kind, or of what a handle selects; see {@link ControllerBuilder}.
   *
   * No request before its `run`. Its informers are shared with all others of
   * this cluster, and `close()` ends them.
   */
  controller<T extends KubeObject>(
    kindOrHandle: Kind<T> | ResourceHandle<T>,
    options?: ControllerBuilderOptions,
  ): ControllerBuilder<T> {
    if (kindOrHandle instanceof ResourceHandle) return kindOrHandle.controller(options);
    if (!isKind(kindOrHandle)) {
      throw invalidArgument("kind", "a kind, such as Pod, or what cluster.resources() returns", kindOrHandle);
    }
    this.#expectOpen(`Control ${resourceName(kindOrHandle)}`);
    return controllerOf(this.#context, new Selection<T>(kindOrHandle), options);
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

  #handle<T extends KubeObject, S extends string>(kind: Kind<T, S>): ResourceHandle<T, S> {
    this.#expectOpen(`Select ${resourceName(kind)}`);
    return new ResourceHandle<T, S>(this.#context, new Selection<T>(kind));
  }

  async #discovered(name: KindName, options: CallOptions): Promise<ResourceHandle<DynamicObject, string>> {
    this.#expectOpen("Discover kinds");
    expectOptions("options", options);
    return this.#handle(await this.#discovery.find(name, options));
  }

  #expectOpen(step: string): void {
    if (this.#closing !== undefined) throw new KubeError("STOPPED", `${step}: the cluster was closed`);
  }

  async #send(request: TransportRequest): Promise<TransportResponse> {
    this.#expectOpen("Send a request");
    return this.#connection.transport(request);
  }
}

function expectHandle(handle: unknown): void {
  if (!(handle instanceof Followed)) {
    throw invalidArgument("handle", "what cluster.resources() returns", handle);
  }
}
