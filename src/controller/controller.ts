import { EventEmitter } from "eventemitter3";
import { expectFunction, expectOptions, expectSignal, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { guardedListener } from "../base/guarded-listener.ts";
import type { KubeObject } from "../resource/object.ts";
import { type ControllerHealth, controllerHealth, type SourceReport } from "./controller-health.ts";
import {
  type ControllerOptions,
  checkControllerOptions,
  expectLeadership,
  expectMethods,
} from "./controller-options.ts";
import { type ControllerContext, ControllerRun } from "./controller-run.ts";
import type { ReconcileReport } from "./reconciles.ts";

/** What a controller tells, synchronously; nothing waits for what these return. */
export interface ControllerEvents {
  /**
   * A reconcile failed (`RECONCILE_FAILED`), or a source lost an event (`SOURCE_FAILED`). It has been logged,
   * and what can be repaired is being repaired.
   */
  error: (error: KubeError) => void;
  /** A reconcile ended. */
  reconciled: (report: ReconcileReport) => void;
}

const events: readonly string[] = ["error", "reconciled"];

/**
 * Brings objects to what they ask for: sources wake keys, workers reconcile them, never one key twice at once.
 *
 * Usually made by `cluster.controller(kind)`; alone it takes any sources: an
 * informer over a literal list, an array of keys. It runs once. What fails is
 * tried again with a delay per key (Q9, Q28), and shown by `health()`.
 */
export class Controller<T extends KubeObject> implements AsyncDisposable {
  readonly name: string;
  /** Only the leader may run its workers, where one is elected; for a `Manager`. */
  readonly needsLeader: boolean = true;
  /** It may be run before this process leads, and then waits for that itself (Q33); for a `Manager`. */
  readonly warmsUp: boolean = true;
  readonly #options: ControllerOptions<T>;
  readonly #emitter = new EventEmitter<ControllerEvents>();
  readonly #stop = new AbortController();
  #run: ControllerRun<T> | undefined;
  #ended: Promise<void> | undefined;

  /** Sends nothing. Throws `INVALID_ARGUMENT` for options that make no controller. */
  constructor(options: ControllerOptions<T>) {
    checkControllerOptions(options);
    this.name = options.name;
    this.#options = { ...options, sources: [...options.sources] };
  }

  /** Listen to what the controller tells; what a listener throws becomes a process warning. */
  on<E extends keyof ControllerEvents>(event: E, listener: ControllerEvents[E]): this;
  on(event: keyof ControllerEvents, listener: (...args: never[]) => unknown): this {
    expectFunction("listener", listener ?? null);
    if (!events.includes(event)) throw invalidArgument("event", events.join(" or "), event);
    this.#emitter.on(event, guardedListener(listener, `Controller ${this.name}, on ${event}`));
    return this;
  }

  /**
   * Start the sources, wait for them and for leadership, then reconcile until `signal` aborts; once.
   *
   * At the abort no reconcile begins any more. Those that run may end within
   * `graceMs`; then their signals abort. Resolves when nothing of the controller
   * goes on. Rejects with `SYNC_TIMEOUT` where a source has not synced in time;
   * `LEADERSHIP_LOST` where that happens, all signals aborted at once, also
   * where `signal` or `context.cancelled` aborts with such an error; `TIMEOUT`,
   * naming the keys, where reconciles go on 5 s after their signals have
   * aborted; `STOPPED` where its cluster is closed before; `ALREADY_STARTED` the
   * second time (Q27).
   */
  async run(signal: AbortSignal, context: ControllerContext = {}): Promise<void> {
    expectSignal("signal", signal ?? null);
    expectOptions("context", context);
    expectLeadership("context.leadership", context.leadership);
    expectMethods("context.elected", context.elected, ["then"]);
    expectSignal("context.cancelled", context.cancelled);
    const step = `Run the controller ${this.name}`;
    if (this.#ended !== undefined) {
      throw new KubeError("ALREADY_STARTED", `${step}: it runs, or has run, already; make another one`);
    }
    const run = new ControllerRun(this.#options, context, {
      onError: (error) => this.#emitter.emit("error", error),
      onReconciled: (report) => this.#emitter.emit("reconciled", report),
    });
    this.#run = run;
    this.#ended = run.run(signal, this.#stop.signal);
    await this.#ended;
  }

  /**
   * End it, as the signal of `run` does; any number of times.
   *
   * Resolves once nothing of it goes on, and gives the sources back where it
   * never ran. Rejects with `TIMEOUT` as `run` does; other failures are `run`'s to
   * tell. Never await it inside a reconcile: that waits for itself.
   */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#ended ??= this.run(this.#stop.signal);
    try {
      await this.#ended;
    } catch (error) {
      if (KubeError.is(error) && error.code === "TIMEOUT") throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** How it is: its sources, what runs and for how long, what fails. */
  health(): ControllerHealth {
    if (this.#run !== undefined) return this.#run.health();
    return controllerHealth({
      name: this.name,
      phase: "idle",
      isReconciling: false,
      sources: this.#options.sources.map(({ name }) => unread(name)),
      running: [],
      queued: 0,
      failingKeys: 0,
      failing: [],
      lastError: undefined,
      threads: this.#options.threads?.report(),
    });
  }
}

function unread(name: string): SourceReport {
  return {
    name,
    state: "idle",
    hasSynced: false,
    problem: undefined,
    lastError: undefined,
    failures: 0,
    lastFailure: undefined,
  };
}
