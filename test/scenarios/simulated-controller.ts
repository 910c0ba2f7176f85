import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { delay } from "../../src/base/abort.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import { type ReconcileRecord, reconcileChannel } from "../../src/base/reconcile-telemetry.ts";
import type { ControllerCluster } from "../../src/controller/cluster-port.ts";
import type { Controller } from "../../src/controller/controller.ts";
import type { ControllerTimeouts } from "../../src/controller/controller-options.ts";
import type { CleanupRequest } from "../../src/controller/finalizer.ts";
import { isTerminal } from "../../src/controller/outcome.ts";
import * as predicates from "../../src/controller/predicates.ts";
import type { ReconcileRequest, ReconcileResult } from "../../src/controller/reconcile.ts";
import type { ReconcileReport } from "../../src/controller/reconciles.ts";
import { ConfigMap, Deployment, Secret } from "../../src/kinds/index.ts";
import { splitKey } from "../../src/resource/key.ts";
import type { SimulatedClient } from "./simulated-client.ts";
import {
  finalizerName,
  isManaged,
  isRefused,
  type Ledger,
  type Mood,
  misbehave,
  ShopKeeper,
} from "./simulated-shops.ts";
import { Shop, shopNames, type World } from "./simulated-world.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** How controllers of a simulation are made. */
export interface Design {
  readonly concurrency: number;
  readonly timeouts: ControllerTimeouts;
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  readonly isSelecting: boolean;
  readonly isChoosy: boolean;
  readonly isApplying: boolean;
  /** Keys come from elsewhere now and then, which hides events that are missed. */
  readonly isPoked: boolean;
}

/** What a controller of a simulation works with. */
export interface Surroundings {
  readonly world: World;
  readonly client: SimulatedClient;
  readonly ledger: Ledger;
  readonly mood: Mood;
  readonly design: Design;
  /** Whether its process may act. */
  readonly leads: () => boolean;
  /** Reconciles that hang do so until this. */
  readonly hang: () => Promise<void>;
}

/** What is known of a key: what the next run of it must be like. */
interface KeyModel {
  failures: number;
  dueAt: number | undefined;
  /** A due time has passed while it ran. */
  isOwed: boolean;
  /** A due time has passed in the very millisecond in which it began to run: that may be the run, or not. */
  isClose: boolean;
  isTerminal: boolean;
}

/** One controller of shops, from when it is made until it has ended, and everything that must hold of its runs. */
export class SimulatedController {
  readonly controller: Controller<Shop>;
  readonly title: string;
  readonly namespaces: readonly string[];
  readonly #around: Surroundings;
  readonly #keeper: ShopKeeper;
  readonly #running = new Set<string>();
  readonly #keys = new Map<string, KeyModel>();
  readonly #results = new Map<string, ReconcileResult | undefined>();
  readonly #watch = new AbortController();
  /** What the last reconcile was given, and kept. */
  #leaked: ControllerCluster | undefined;
  runs = 0;
  hasEnded = false;

  /** Nowhere in particular: in all namespaces. */
  constructor(title: string, namespaces: readonly string[], around: Surroundings) {
    this.title = title;
    this.namespaces = namespaces;
    this.#around = around;
    this.#keeper = new ShopKeeper(around.world, around.design.isApplying);
    this.controller = this.#build();
    this.controller.on("reconciled", (report) => this.#ended(report));
    subscribe(reconcileChannel, this.#heard);
  }

  /** Told before the finalizer is added, which takes time. */
  readonly #heard = (record: unknown): void => {
    const { type, controller } = record as ReconcileRecord;
    if (type !== "reconcile-started" || controller !== this.title || this.#around.leads()) return;
    this.#fail("a reconcile begins, and it does not lead");
  };

  /** Keys whose last run failed for good. */
  terminalKeys(): string[] {
    return [...this.#keys].filter(([, { isTerminal }]) => isTerminal).map(([key]) => key);
  }

  /** What is left to be done, and what is wrong. */
  unrest(): string[] {
    const { queued, running, failingKeys, problems, isReady } = this.controller.health();
    const now = performance.now();
    const owed = [...this.#keys].filter(([, { dueAt, isOwed }]) => isOwed || (dueAt ?? now) < now);
    const unrest = [
      ...(queued + running.length + failingKeys > 0 ? [`${queued} queued, ${failingKeys} failing`] : []),
      ...(isReady ? [] : ["it is not ready", ...problems]),
      ...owed.map(([key]) => `${key} was due, and never ran`),
    ];
    return unrest.map((what) => `${this.title}: ${what}`);
  }

  /** It has ended: fail where something of it is left. */
  async expectOver(): Promise<void> {
    this.hasEnded = true;
    this.#watch.abort();
    unsubscribe(reconcileChannel, this.#heard);
    // A manager that is told to end before it has begun runs none, and they hold their leases.
    if (this.controller.health().state === "idle") await this.controller.stop();
    const { state, queued } = this.controller.health();
    if (state !== "stopped" || queued > 0) this.#fail(`it has ended, ${state}, with ${queued} keys`);
    if (this.#leaked !== undefined) await this.#writeLate(this.#leaked, "n1", "leaked");
  }

  #build(): Controller<Shop> {
    const { client, design, world } = this.#around;
    const mapped = (secret: Secret): string[] =>
      shopNames.map((name) => `${secret.metadata?.namespace}/${name}`);
    const labels = "managed=yes";
    let builder = client.cluster
      .controller(Shop, { name: this.title, log: silent })
      .owns(ConfigMap, { labels })
      .owns(Deployment, { labels })
      .watches(Secret, mapped, {
        where: () => {
          if (world.random.chance(0.1)) throw new Error("a predicate that throws lets the event pass");
          return true;
        },
      })
      .on(this.#anyKeys(), "any keys")
      .concurrency(design.concurrency)
      .backoff(design.backoff)
      .timeouts(design.timeouts);
    if (this.namespaces.length > 0) builder = builder.in(...this.namespaces);
    if (design.isSelecting) builder = builder.withLabels("tier=shop");
    if (design.isChoosy) {
      builder = builder.where(
        predicates.or(
          predicates.generationChanged,
          predicates.labelsChanged,
          predicates.annotationsChanged,
          predicates.finalizersChanged,
        ),
      );
    }
    return builder
      .finalizer(finalizerName, (request) => this.#run(request, () => this.#cleanUp(request)))
      .reconcile((request) => this.#run(request, () => this.#reconcile(request)));
  }

  /** Keys now and then, some of nothing. */
  async *#anyKeys(): AsyncGenerator<string, void, void> {
    const { random } = this.#around.world;
    while (this.#around.design.isPoked && (await delay(random.between(500, 6000), this.#watch.signal))) {
      yield `${random.pick(this.namespaces.length > 0 ? this.namespaces : ["n1", "n2", "n3"])}/${random.pick(shopNames)}`;
    }
  }

  async #run(
    request: ReconcileRequest<Shop>,
    work: () => Promise<ReconcileResult | undefined>,
  ): Promise<ReconcileResult | undefined> {
    const { key } = request;
    this.#begins(request);
    try {
      const result = await work();
      this.#results.set(key, result);
      return result;
    } finally {
      this.#running.delete(key);
    }
  }

  async #reconcile(request: ReconcileRequest<Shop>): Promise<ReconcileResult | undefined> {
    const { world, mood, ledger } = this.#around;
    const { object } = request;
    const { uid, finalizers = [], deletionTimestamp } = object?.metadata ?? {};
    if (uid !== undefined) {
      ledger.open(uid);
      if (deletionTimestamp !== undefined) this.#fail(`${request.key} is reconciled while it is deleted`);
      if (!finalizers.includes(finalizerName)) this.#fail(`${request.key} is reconciled without finalizer`);
    }
    const isEarly = world.random.chance(0.5);
    const early = isEarly ? await misbehave(world, mood, request) : undefined;
    await this.#maybeHang(request);
    const result = await this.#keeper.bring(request);
    const late = isEarly ? undefined : await misbehave(world, mood, request);
    return result ?? early ?? late;
  }

  async #cleanUp(request: CleanupRequest<Shop>): Promise<ReconcileResult | undefined> {
    const { world, mood, ledger } = this.#around;
    const { metadata = {} } = request.object;
    if (metadata.deletionTimestamp === undefined) this.#fail(`${request.key} is cleaned up, and lives`);
    const result = await misbehave(world, mood, request);
    await this.#maybeHang(request);
    if (typeof result?.requeueAfterMs === "number" || typeof result === "string") return result;
    ledger.close(metadata.uid ?? "");
    return undefined;
  }

  /** Hang, whatever the signal says, and then try to write what may not be written any more. */
  async #maybeHang({ cluster, namespace = "", name, signal }: ReconcileRequest<Shop>): Promise<void> {
    const { world, mood, hang } = this.#around;
    if (!world.random.chance(mood.hangs)) return;
    await hang();
    if (!this.hasEnded && !signal.aborted) return;
    await this.#writeLate(cluster, namespace, name);
  }

  async #writeLate(cluster: ControllerCluster, namespace: string, name: string): Promise<void> {
    const late = { metadata: { namespace, name: `late-${name}` } };
    const configMaps = cluster.resources(ConfigMap);
    const error: unknown = await configMaps.create(late).catch((refused: unknown) => refused);
    if (!isRefused(error)) this.#fail(`a reconcile wrote after its end: ${error}`);
  }

  #begins({ key, object, reason, cluster }: ReconcileRequest<Shop>): void {
    const { client, design, world } = this.#around;
    this.runs += 1;
    world.trace(`${this.title} runs ${key} (${reason.type} ${reason.source ?? ""} ${reason.object ?? ""})`);
    if (this.hasEnded) this.#fail(`${key} is reconciled after its end`);
    this.#leaked = cluster;
    if (this.#running.has(key)) this.#fail(`${key} is reconciled twice at once`);
    this.#running.add(key);
    const model = this.#modelOf(key);
    const now = performance.now();
    if (reason.type === "RETRY" && model.failures === 0)
      this.#fail(`${key} is tried again, and did not fail`);
    const isDue = model.isOwed || model.isClose || (model.dueAt !== undefined && model.dueAt <= now + 0.001);
    if (reason.type === "REQUEUE" && !isDue) this.#fail(`${key} runs as due, and is not`);
    const isSelected = (labels: Readonly<Record<string, string>>): boolean =>
      !design.isSelecting || labels.tier === "shop";
    client.expectOwnWrites(
      "shops",
      (one) => one === key,
      () => object,
      isSelected,
    );
    const children = (one: string): boolean => one.startsWith(`${key}-`);
    for (const kind of [ConfigMap, Deployment]) {
      const store = cluster.store(kind);
      if (store.hasSynced) {
        client.expectOwnWrites(kind.plural, children, (one) => store.get(one), isManaged);
      }
    }
  }

  #ended({ key, attempt, durationMs, error, wasCancelled, outcome }: ReconcileReport): void {
    const { world } = this.#around;
    const model = this.#modelOf(key);
    const now = performance.now();
    world.trace(
      `${this.title} ran ${key}: ${outcome}${wasCancelled ? ", cancelled" : ""} ${error?.message ?? ""}`,
    );
    if (attempt !== model.failures + 1) {
      this.#fail(`${key} is at attempt ${attempt} after ${model.failures} failures`);
    }
    const result = this.#results.get(key);
    this.#results.delete(key);
    const beganAt = now - durationMs;
    model.isOwed = false;
    model.isClose = model.dueAt !== undefined && Math.abs(model.dueAt - beganAt) <= 1;
    if (model.dueAt !== undefined && model.dueAt <= beganAt + 0.001) model.dueAt = undefined;
    if (model.dueAt !== undefined && model.dueAt <= now) {
      model.dueAt = undefined;
      model.isOwed = true;
    }
    if (wasCancelled) return;
    model.isTerminal = error !== undefined && isTerminal(error);
    model.failures = error === undefined || model.isTerminal ? 0 : model.failures + 1;
    if (error !== undefined || result === undefined) return;
    const { requeueAfterMs } = result;
    if (requeueAfterMs === null) model.dueAt = undefined;
    else if (requeueAfterMs === 0) model.isOwed = true;
    if (requeueAfterMs === 0) model.dueAt = undefined;
    else if (typeof requeueAfterMs === "number") model.dueAt = now + requeueAfterMs;
  }

  #modelOf(key: string): KeyModel {
    let model = this.#keys.get(key);
    if (model === undefined) {
      model = { failures: 0, dueAt: undefined, isOwed: false, isClose: false, isTerminal: false };
      this.#keys.set(key, model);
    }
    return model;
  }

  #fail(what: string): void {
    this.#around.world.fail(`${this.title}: ${what}`);
  }
}

/** Whether a key is one of those that a controller of these namespaces has. */
export function isOf(namespaces: readonly string[], key: string): boolean {
  return namespaces.length === 0 || namespaces.includes(splitKey(key).namespace);
}

/** Whether a run may end so: it was stopped, lost its leadership, or could not begin. */
export function isExpectedEnd(error: unknown): boolean {
  return KubeError.is(error) && ["TIMEOUT", "LEADERSHIP_LOST", "SYNC_TIMEOUT"].includes(error.code);
}
