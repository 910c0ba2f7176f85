import { getEventListeners } from "node:events";
import { onAbort } from "../../src/base/abort.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import type { Elector } from "../../src/manager/election.ts";
import { Manager } from "../../src/manager/manager.ts";
import { isExpectedEnd, isOf, SimulatedController, type Surroundings } from "./simulated-controller.ts";

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** An election that goes as the simulation says. */
export class ScriptedElector implements Elector {
  readonly #elected = Promise.withResolvers<void>();
  readonly #lost = Promise.withResolvers<never>();
  #isLeader = false;

  constructor() {
    this.#lost.promise.catch(() => {});
  }

  isLeader(): boolean {
    return this.#isLeader;
  }

  async run(signal: AbortSignal, lead: () => Promise<void>): Promise<void> {
    const told = new Promise<void>((resolve) => onAbort(signal, resolve));
    await Promise.race([told, this.#elected.promise, this.#lost.promise]);
    if (!this.#isLeader) return;
    await Promise.race([lead(), this.#lost.promise]);
    this.#isLeader = false;
  }

  elect(): void {
    this.#isLeader = true;
    this.#elected.resolve();
  }

  /** From now on it does not lead: whoever asks finds out, and everybody is told later. */
  lapse(): void {
    this.#isLeader = false;
  }

  tell(): void {
    this.#lost.reject(new KubeError("LEADERSHIP_LOST", "Lead: lost"));
  }
}

interface Life {
  readonly stop: AbortController;
  readonly controllers: readonly SimulatedController[];
  readonly elector: ScriptedElector | undefined;
  readonly ended: Promise<void>;
}

/**
 * Controllers that are started and stopped together, and started again.
 *
 * Without a manager it is one controller, run as it is.
 */
export class SimulatedUnit {
  readonly title: string;
  readonly #parts: readonly (readonly string[])[];
  readonly #isManaged: boolean;
  readonly #around: Surroundings;
  /** Whose word counts for what runs. */
  #elector: ScriptedElector | undefined;
  #life: Life | undefined;
  #lives = 0;
  runs = 0;

  /** One controller for each of `parts`, of its namespaces. */
  constructor(
    title: string,
    parts: readonly (readonly string[])[],
    isManaged: boolean,
    around: Omit<Surroundings, "leads">,
  ) {
    this.title = title;
    this.#parts = parts;
    this.#isManaged = isManaged;
    this.#around = { ...around, leads: () => this.#elector?.isLeader() !== false };
  }

  get isAlive(): boolean {
    return this.#life !== undefined;
  }

  get isCandidate(): boolean {
    return this.#isManaged && this.isAlive;
  }

  get elector(): ScriptedElector | undefined {
    return this.#life?.elector;
  }

  get controllers(): readonly SimulatedController[] {
    return this.#life?.controllers ?? [];
  }

  start(): void {
    if (this.#life !== undefined) return;
    this.#lives += 1;
    const { client, world } = this.#around;
    // A new controller knows nothing of what another one was answered.
    client.forget((key) => this.#parts.some((namespaces) => isOf(namespaces, key)));
    const stop = new AbortController();
    const controllers = this.#parts.map(
      (namespaces, index) =>
        new SimulatedController(`${this.title}.${this.#lives}.${index}`, namespaces, this.#around),
    );
    const elector = this.#isManaged ? new ScriptedElector() : undefined;
    this.#elector = elector;
    world.trace(`${this.title} starts`);
    const run =
      elector === undefined ? this.#bare(controllers, stop) : this.#managed(controllers, elector, stop);
    const ended = this.#end(run, controllers, stop);
    this.#life = { stop, controllers, elector, ended };
  }

  /** Tell it to end, in one way or another. */
  stop(): void {
    const life = this.#life;
    if (life === undefined) return;
    const { random } = this.#around.world;
    this.#around.world.trace(`${this.title} is stopped`);
    const [controller] = life.controllers;
    if (life.elector === undefined && random.chance(0.3)) controller?.controller.stop().catch(() => {});
    else life.stop.abort();
  }

  /** Resolves once it has ended. */
  async ended(): Promise<void> {
    await this.#life?.ended;
  }

  #bare(controllers: readonly SimulatedController[], stop: AbortController): Promise<unknown> {
    return Promise.all(controllers.map(({ controller }) => controller.run(stop.signal)));
  }

  #managed(
    controllers: readonly SimulatedController[],
    leaderElector: ScriptedElector,
    stop: AbortController,
  ): Promise<void> {
    const { graceMs } = this.#around.design.timeouts;
    const manager = new Manager({ leaderElector, log: silent, graceMs });
    for (const { controller } of controllers) manager.add(controller);
    return manager.run(stop.signal);
  }

  async #end(
    run: Promise<unknown>,
    controllers: readonly SimulatedController[],
    stop: AbortController,
  ): Promise<void> {
    const { world } = this.#around;
    try {
      await run;
      world.trace(`${this.title} has ended`);
    } catch (error) {
      world.trace(`${this.title} has failed: ${error}`);
      if (!isExpectedEnd(error)) world.fail(`${this.title} failed: ${error}`);
    }
    for (const controller of controllers) {
      await controller.expectOver();
      this.runs += controller.runs;
    }
    const listeners = getEventListeners(stop.signal, "abort").length;
    if (listeners > 0) world.fail(`${this.title} has ended, and its signal has ${listeners} listeners`);
    this.#life = undefined;
  }
}
