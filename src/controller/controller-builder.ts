import {
  expectBoolean,
  expectFunction,
  expectOptions,
  expectText,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { expectLogger, type Logger } from "../base/logger.ts";
import { isKind, type Kind, resourceName } from "../resource/kind.ts";
import { parseLabelSelector } from "../resource/label-selector.ts";
import type { KubeObject, PartialObjectMetadata } from "../resource/object.ts";
import { pathSegment } from "../resource/path.ts";
import { expectRateLimiter } from "../work-queue/expect-rate-limiter.ts";
import {
  ExponentialRateLimiter,
  type ExponentialRateLimiterOptions,
} from "../work-queue/exponential-rate-limiter.ts";
import type { RateLimiter } from "../work-queue/rate-limiter.ts";
import { expectConcurrency } from "../work-queue/workers.ts";
import { Controller } from "./controller.ts";
import { type ControllerTimeouts, checkTimeouts, expectWakes } from "./controller-options.ts";
import { type Finalizer, withFinalizers } from "./finalizer.ts";
import type { ControllerHost, FollowOptions } from "./host.ts";
import { forObject, forOwner, fromMap, type KeysOf, type Mapped } from "./mapping.ts";
import type { Predicate } from "./predicate.ts";
import { and } from "./predicates.ts";
import type { ReconcileResult, Reconciler } from "./reconcile.ts";
import type { IterableSource, Wake } from "./source.ts";
import type { AnySource } from "./sources.ts";
import type { ReconcileThreads, WorkersOptions } from "./threads.ts";
import { checkWorkers } from "./threads.ts";
import {
  type AnyOwnsOptions,
  type AnyWatchesOptions,
  checkedFollow,
  type OwnsMetadataOptions,
  type OwnsOptions,
  type WatchesMetadataOptions,
  type WatchesOptions,
} from "./watches-options.ts";

/** What a controller is called, and where it writes. */
export interface ControllerBuilderOptions {
  /** In logs and metrics. @default the kind in lower case, as controller-runtime has it */
  readonly name?: string | undefined;
  /** @default warnings and errors to `console` */
  readonly log?: Logger | undefined;
}

interface Watched {
  readonly kind: Kind;
  readonly follow: FollowOptions;
  readonly keysOf: KeysOf<never>;
  readonly where: Predicate<never> | undefined;
  readonly isOwned: boolean;
}

/** What was said to a builder so far. */
interface Plan<T extends KubeObject> {
  readonly namespaces: readonly string[];
  readonly labels: readonly string[];
  readonly predicates: readonly Predicate<T>[];
  readonly watched: readonly Watched[];
  readonly iterables: readonly IterableSource[];
  readonly finalizers: readonly Finalizer<T>[];
  readonly concurrency?: number;
  readonly rateLimiter?: RateLimiter;
  readonly timeouts: ControllerTimeouts;
}

/**
 * Puts a controller together; immutable: every method returns a new one, until `reconcile` makes the controller.
 *
 * Whatever is wrong throws `INVALID_ARGUMENT` at the call that says it; nothing is requested before `run`.
 */
export class ControllerBuilder<T extends KubeObject> {
  readonly #host: ControllerHost;
  readonly #kind: Kind<T>;
  readonly #options: ControllerBuilderOptions;
  readonly #plan: Plan<T>;
  /** A host serves one controller: shared by all builders that came from one. */
  readonly #made: { isMade: boolean };

  /** Made by `cluster.controller(kind)`. */
  constructor(
    host: ControllerHost,
    kind: Kind<T>,
    options: ControllerBuilderOptions,
    plan: Plan<T>,
    made: { isMade: boolean },
  ) {
    this.#host = host;
    this.#kind = kind;
    this.#options = options;
    this.#plan = plan;
    this.#made = made;
  }

  /** Only in these namespaces; also said of what it owns and watches, unless that says otherwise. @default in all */
  in(...namespaces: readonly string[]): ControllerBuilder<T> {
    if (this.#kind.scope === "Cluster") {
      throw new KubeError(
        "INVALID_ARGUMENT",
        `Follow ${resourceName(this.#kind)} in a namespace: they are cluster-scoped`,
      );
    }
    if (namespaces.length === 0) throw invalidArgument("namespaces", "at least one namespace", "none");
    for (const namespace of namespaces) pathSegment("namespace", namespace);
    return this.#with({ namespaces: [...new Set([...this.#plan.namespaces, ...namespaces])] });
  }

  /** Only objects that a selector chooses: `app=web,tier in (a, b)`. One that leaves it is gone, to the controller. */
  withLabels(selector: string): ControllerBuilder<T> {
    const isEmpty = parseLabelSelector(selector).length === 0;
    return isEmpty ? this : this.#with({ labels: [...this.#plan.labels, selector.trim()] });
  }

  /** Only events that a predicate counts wake it; of several, all must. What it owns and watches has predicates of its own. */
  where(predicate: Predicate<T>): ControllerBuilder<T> {
    expectFunction("predicate", predicate ?? null);
    return this.#with({ predicates: [...this.#plan.predicates, predicate] });
  }

  /**
   * Objects of another kind wake the one that controls them, by their ownerReferences (Q41).
   *
   * An owner that is exchanged or taken away is woken too (Q37).
   */
  owns<O extends KubeObject>(kind: Kind<O>, options?: OwnsOptions<O>): ControllerBuilder<T>;
  owns(kind: Kind, options: OwnsMetadataOptions): ControllerBuilder<T>;
  owns(kind: Kind, options: AnyOwnsOptions = {}): ControllerBuilder<T> {
    const follow = checkedFollow(kind, options);
    expectBoolean("everyOwner", options.everyOwner);
    const step = `Own ${resourceName(kind)} from ${resourceName(this.#kind)}`;
    if (kind.scope === "Cluster" && this.#kind.scope === "Namespaced") {
      const remedy =
        "what lives in no namespace has no owner that does; use watches, and a finalizer to clean up";
      throw new KubeError("INVALID_ARGUMENT", `${step}: ${remedy}`);
    }
    if (this.#plan.watched.some((one) => one.isOwned && resourceName(one.kind) === resourceName(kind))) {
      throw new KubeError("INVALID_ARGUMENT", `${step}: they are owned already; say it once`);
    }
    const keysOf = forOwner(this.#kind, { everyOwner: options.everyOwner });
    return this.#watching({ kind, follow, keysOf, where: options.where, isOwned: true });
  }

  /** Objects of another kind wake what a function says: keys, `{ namespace, name }`, objects, or nothing (Q37). */
  watches<O extends KubeObject>(
    kind: Kind<O>,
    map: (object: O) => Mapped,
    options?: WatchesOptions<O>,
  ): ControllerBuilder<T>;
  watches(
    kind: Kind,
    map: (object: PartialObjectMetadata) => Mapped,
    options: WatchesMetadataOptions,
  ): ControllerBuilder<T>;
  watches(kind: Kind, map: (object: never) => Mapped, options: AnyWatchesOptions = {}): ControllerBuilder<T> {
    const follow = checkedFollow(kind, options);
    expectFunction("map", map ?? null);
    return this.#watching({ kind, follow, keysOf: fromMap(map), where: options.where, isOwned: false });
  }

  /** Keys from anywhere wake it: an array, an async generator. Read from the start on, no faster than it works (Q42). */
  on(wakes: Iterable<Wake> | AsyncIterable<Wake>, name?: string): ControllerBuilder<T> {
    expectWakes("wakes", wakes);
    expectText("name", name);
    const { iterables } = this.#plan;
    const title = name === undefined || name === "" ? `iterable ${iterables.length + 1}` : name;
    return this.#with({ iterables: [...iterables, { name: title, wakes }] });
  }

  /** How many keys are reconciled at the same time; never one key twice. @default 1 (Q24) */
  concurrency(concurrency: number): ControllerBuilder<T> {
    expectConcurrency(concurrency);
    return this.#with({ concurrency });
  }

  /** When a failed key is tried again: how delays grow, or a rate limiter. @default 5 ms doubling to 1000 s, each key by itself */
  backoff(backoff: ExponentialRateLimiterOptions | RateLimiter): ControllerBuilder<T> {
    expectOptions("backoff", backoff ?? null);
    if (!("delayMs" in backoff)) return this.#with({ rateLimiter: new ExponentialRateLimiter(backoff) });
    expectRateLimiter("backoff", backoff);
    return this.#with({ rateLimiter: backoff });
  }

  /** How long it waits: for its sources, for a reconcile, at the stop. */
  timeouts(timeouts: ControllerTimeouts): ControllerBuilder<T> {
    checkTimeouts(timeouts ?? null);
    const { syncTimeoutMs, reconcileTimeoutMs, hungAfterMs, graceMs } = timeouts;
    const said = Object.entries({ syncTimeoutMs, reconcileTimeoutMs, hungAfterMs, graceMs }).filter(
      ([, ms]) => ms !== undefined,
    );
    return this.#with({ timeouts: { ...this.#plan.timeouts, ...Object.fromEntries(said) } });
  }

  /** Objects do not go before a cleanup has succeeded (Q44); see {@link withFinalizers}. */
  finalizer(name: string, cleanup: Finalizer<T>["cleanup"]): ControllerBuilder<T> {
    const finalizers = [...this.#plan.finalizers, { name, cleanup }];
    // For its checks.
    withFinalizers(this.#kind, finalizers, () => {});
    return this.#with({ finalizers });
  }

  /** What is done for each key; makes the controller, once. */
  reconcile(reconcile: Reconciler<T>): Controller<T> {
    expectFunction("reconcile", reconcile ?? null);
    this.#expectUnmade();
    return this.#make(reconcile, this.#plan.concurrency);
  }

  /**
   * What is done for each key, in `count` worker threads: the default export of `module`, see `defineReconcile`. Makes the controller, once.
   *
   * For reconcilers that compute: the threads read the local copies from memory
   * that they share, and their requests go through this thread's connections. As
   * many keys at once as there are threads, or as `concurrency` says, dealt out
   * evenly; never one key twice. A reconcile never reads older than what this
   * controller wrote, in whichever thread. A thread that crashes is replaced, and
   * its keys are tried again.
   *
   * `module` is a file's address, `new URL("./reconcile.js", import.meta.url)`; `run`
   * rejects, naming it, where it cannot be loaded. Finalizers' cleanups run in this
   * thread. At the stop threads are ended, whatever they do.
   */
  workers(count: number, module: URL, options: WorkersOptions = {}): Controller<T> {
    const { concurrency = count, finalizers } = this.#plan;
    checkWorkers(count, module, concurrency, options);
    const kind = this.#kind;
    if (this.#host.threads === undefined) {
      throw new KubeError("UNSUPPORTED", `Reconcile ${resourceName(kind)} in threads: its host has none`);
    }
    this.#expectUnmade();
    const threads = this.#host.threads({
      ...options,
      kind,
      controller: this.#name,
      count,
      keysPerThread: Math.ceil(concurrency / count),
      module,
    });
    const reconcile: Reconciler<T> = async (request) =>
      // Checked by the controller, as whatever a reconciler returns.
      (await threads.reconcile(request)) as ReconcileResult | undefined;
    return this.#make(reconcile, concurrency, threads, finalizers.length > 0);
  }

  #expectUnmade(): void {
    if (!this.#made.isMade) return;
    throw new KubeError(
      "ALREADY_STARTED",
      `Make a controller of ${resourceName(this.#kind)}: this builder has made one; begin anew with controller()`,
    );
  }

  get #name(): string {
    return this.#options.name ?? this.#kind.kind.toLowerCase();
  }

  /** `readsObject`: the reconciler looks at it in this thread. */
  #make(
    reconcile: Reconciler<T>,
    concurrency: number | undefined,
    threads?: ReconcileThreads<T>,
    readsObject = true,
  ): Controller<T> {
    this.#made.isMade = true;
    const { finalizers, rateLimiter, timeouts, namespaces, labels, predicates } = this.#plan;
    const kind = this.#kind;
    const host = this.#host;
    const { source, store } = host.follow(kind, { namespaces, labels: selectorOf(labels) });
    const name = resourceName(kind);
    const where = predicates.length === 0 ? undefined : and(...predicates);
    return new Controller<T>({
      name: this.#name,
      kind,
      reconcile: finalizers.length === 0 ? reconcile : withFinalizers(kind, finalizers, reconcile),
      sources: [{ name, source, keysOf: forObject, where, isPrimary: true }, ...this.#sources(name)],
      // Threads read it themselves: what nobody looks at is not parsed here.
      objectOf: readsObject ? (key) => store.get(key) : () => undefined,
      cluster: (scope) => host.cluster(scope),
      closed: host.closed,
      concurrency,
      rateLimiter,
      threads,
      log: this.#options.log,
      ...timeouts,
    });
  }

  #sources(primary: string): AnySource[] {
    const { namespaces } = this.#plan;
    const names = new Map([[primary, 1]]);
    const watched = this.#plan.watched.map(({ kind, follow, keysOf, where }): AnySource => {
      const resource = resourceName(kind);
      const count = (names.get(resource) ?? 0) + 1;
      names.set(resource, count);
      const ofController = kind.scope === "Namespaced" ? namespaces : [];
      const { source } = this.#host.follow(kind, {
        ...follow,
        namespaces: follow.namespaces ?? ofController,
      });
      return { name: count === 1 ? resource : `${resource} (${count})`, source, keysOf, where };
    });
    return [...watched, ...this.#plan.iterables];
  }

  #watching(watched: Watched): ControllerBuilder<T> {
    return this.#with({ watched: [...this.#plan.watched, watched] });
  }

  #with(change: Partial<Plan<T>>): ControllerBuilder<T> {
    return new ControllerBuilder(
      this.#host,
      this.#kind,
      this.#options,
      { ...this.#plan, ...change },
      this.#made,
    );
  }
}

function selectorOf(labels: readonly string[]): string | undefined {
  return labels.length === 0 ? undefined : labels.join(",");
}

/** Begin to put together a controller of a kind, over a host of its own; what `cluster.controller(kind)` calls. */
export function controllerBuilder<T extends KubeObject>(
  host: ControllerHost,
  kind: Kind<T>,
  options: ControllerBuilderOptions = {},
): ControllerBuilder<T> {
  if (!isKind(kind)) throw invalidArgument("kind", "a kind, made by defineKind", kind);
  expectOptions("options", options);
  expectText("name", options.name);
  if (options.name === "") throw invalidArgument("name", "a name that is not empty", options.name);
  expectLogger("log", options.log);
  const plan: Plan<T> = {
    namespaces: [],
    labels: [],
    predicates: [],
    watched: [],
    iterables: [],
    finalizers: [],
    timeouts: {},
  };
  return new ControllerBuilder(host, kind, options, plan, { isMade: false });
}
