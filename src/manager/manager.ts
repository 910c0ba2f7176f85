import { abortError, onAbort } from "../base/abort.ts";
import { expectDuration, expectFunction, expectOptions, expectSignal } from "../base/arguments.ts";
import { closest } from "../base/closest.ts";
import { KubeError } from "../base/errors.ts";
import { defaultLogger, expectLogger, type Logger } from "../base/logger.ts";
import { thrownName } from "../base/thrown-name.ts";
import { Election, type Elector } from "./election.ts";
import { endAll, leftoverError } from "./ending.ts";
import { healthOf, liveChecks, type ManagerHealth, type ManagerState, readyChecks } from "./health.ts";
import { type Failure, joinedError } from "./joined-error.ts";
import { expectRunnable, type RunContext, type Runnable } from "./runnable.ts";
import { Running } from "./running.ts";
import { expectServersOptions, type ManagerAddress, Servers, type ServersOptions } from "./servers.ts";

/** How a {@link Manager} runs what it is given. */
export interface ManagerOptions extends ServersOptions {
  /** Decides who acts. @default everything acts at once */
  readonly leaderElector?: Elector | undefined;
  /**
   * How long everything may take to end once it is told to; then it is cancelled.
   *
   * Less than the pod's `terminationGracePeriodSeconds`, or the kubelet kills it
   * with the lease unreleased.
   * @default 30_000
   */
  readonly graceMs?: number | undefined;
  /** @default warnings and errors to `console` */
  readonly log?: Logger | undefined;
}

const known: readonly string[] = [
  "leaderElector",
  "health",
  "metrics",
  "graceMs",
  "log",
] satisfies (keyof ManagerOptions)[];

/** Of a misspelt `leaderElector` every replica would act. */
function expectKnown(options: ManagerOptions): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = closest(unknown, known);
  const hint = meant === undefined ? `; there are ${known.join(", ")}` : `; did you mean \`${meant}\`?`;
  throw new KubeError("INVALID_ARGUMENT", `Make a manager: there is no option \`${unknown}\`${hint}`);
}

/** What the election is called among the failures. */
const election = "leader election";

function isTimeout({ error }: Failure): boolean {
  return KubeError.is(error) && error.code === "TIMEOUT";
}

/**
 * Runs controllers and whatever else belongs to an operator: starts and stops them together.
 *
 * Starts its HTTP servers, then what needs no leader, then what warms up, then
 * the election, and once elected the rest (Q46). The first runnable that fails
 * ends all. Used once.
 */
export class Manager {
  readonly #servedAt: ServersOptions;
  readonly #elector: Elector | undefined;
  readonly #graceMs: number;
  readonly #log: Logger;
  readonly #runnings = new Map<string, Running>();
  readonly #failures: Failure[] = [];
  readonly #started = Promise.withResolvers<void>();
  /** Resolves with what its runnables are told when everything is to end. */
  readonly #ending = Promise.withResolvers<KubeError>();
  /** Aborts when what runs is to break off. */
  readonly #cancelled = new AbortController();
  #state: ManagerState = "idle";
  #election: Election | undefined;
  #servers: Servers | undefined;

  constructor(options: ManagerOptions = {}) {
    expectOptions("options", options);
    expectKnown(options);
    const { leaderElector, health, metrics, graceMs = 30_000, log = defaultLogger } = options;
    expectServersOptions({ health, metrics });
    expectDuration("graceMs", graceMs);
    expectLogger("log", log);
    expectOptions("leaderElector", leaderElector);
    if (leaderElector !== undefined) expectFunction("leaderElector.run", leaderElector.run ?? null);
    this.#servedAt = { health, metrics };
    this.#elector = leaderElector;
    this.#graceMs = graceMs;
    this.#log = log;
    // Whoever does not wait for the start is told by `run`.
    this.#started.promise.catch(() => {});
  }

  /** Where it listens; nothing before it does. A port 0 is the one that was chosen. */
  get address(): ManagerAddress {
    return this.#servers?.address ?? {};
  }

  /**
   * Run this too: from the start, or from now where it runs already.
   *
   * Throws `INVALID_ARGUMENT` for a name that is taken (Q34), and `STOPPED` once
   * it ends.
   */
  add(runnable: Runnable): this {
    expectRunnable(runnable, this.#runnings);
    const { name } = runnable;
    if (this.#state === "stopping" || this.#state === "stopped") {
      throw new KubeError("STOPPED", `Add ${name} to the manager: it was stopped`);
    }
    const running = new Running(runnable, (error) => this.#fail(name, error));
    this.#runnings.set(name, running);
    if (this.#state === "running") this.#launch(running);
    return this;
  }

  /** Resolves once it listens and everything that may run before an election has been started; rejects where that fails. */
  started(): Promise<void> {
    return this.#started.promise;
  }

  /** How everything is, as `/healthz` and `/readyz` tell it. */
  health(): ManagerHealth {
    return healthOf(this.#state, [...this.#runnings.values()], this.#elector);
  }

  /**
   * Run everything until `signal` aborts.
   *
   * Resolves once all has ended, the lease was released and nothing listens. Else it
   * ends the same way and rejects: with the error of the runnable that failed; at
   * once, everything cancelled, with `LEADERSHIP_LOST`; with `TIMEOUT` naming what
   * does not end, whose lease is kept meanwhile (Q47, Q48); before anything begins,
   * with `CONNECTION_FAILED` where a port is taken. What failed besides is in the
   * cause. A second call rejects with `ALREADY_STARTED`.
   */
  async run(signal: AbortSignal): Promise<void> {
    expectSignal("signal", signal ?? null);
    if (this.#state !== "idle") {
      throw new KubeError("ALREADY_STARTED", "Run the manager: it runs once; make another one");
    }
    this.#state = "starting";
    const stopListening = onAbort(signal, () => this.#ending.resolve(abortError(signal, "Run the manager")));
    try {
      await this.#open();
      if (!signal.aborted) this.#launchAll();
      this.#started.resolve();
      await this.#end(await this.#ending.promise);
    } catch (error) {
      this.#started.reject(error);
      throw error;
    } finally {
      stopListening();
      await this.#servers?.close();
      this.#state = "stopped";
      this.#log.info({}, "manager stopped");
    }
    const [first, ...others] = this.#failures;
    if (first !== undefined) throw joinedError([first, ...others]);
  }

  async #open(): Promise<void> {
    this.#servers = await Servers.open(this.#servedAt, {
      live: () => liveChecks(this.health()),
      ready: () => readyChecks(this.health()),
    });
    for (const [what, { host, port }] of Object.entries(this.address)) {
      this.#log.info({ host, port }, `manager serves ${what}`);
    }
  }

  #launchAll(): void {
    this.#state = "running";
    if (this.#elector !== undefined) this.#election = new Election(this.#elector);
    const runnings = [...this.#runnings.values()];
    for (const running of runnings) if (!running.needsLeader) this.#launch(running);
    for (const running of runnings) if (running.needsLeader) this.#launch(running);
    this.#election?.begin((error) => this.#fail(election, error));
  }

  #launch(running: Running): void {
    const cancelled = this.#cancelled.signal;
    if (this.#election === undefined || !running.needsLeader) {
      running.start({ cancelled });
      return;
    }
    const { elector, elected } = this.#election;
    const context: RunContext = { leadership: elector, elected, cancelled };
    if (running.runnable.warmsUp === true) running.start(context);
    // What was told to end meanwhile does not begin.
    else void elected.then(() => running.start(context));
  }

  #fail(name: string, error: unknown): void {
    // Its class, not its text: that may quote an object. It is thrown by `run`.
    const type = KubeError.is(error) ? error.code : thrownName(error);
    this.#log.error({ failed: name, error: type }, "manager stops: something failed");
    this.#failures.push({ name, error });
    const isLost = type === "LEADERSHIP_LOST" || name === election;
    if (isLost) this.#cancel(error);
    this.#ending.resolve(new KubeError("ABORTED", `Run the manager: ${name} failed`));
  }

  /** End everything without grace: what goes on could meet the next leader's work. */
  #cancel(cause: unknown): void {
    const reason =
      KubeError.is(cause) && cause.code === "LEADERSHIP_LOST"
        ? cause
        : new KubeError("LEADERSHIP_LOST", "Lead: the election failed", { cause });
    for (const running of this.#runnings.values()) running.stop(reason);
    this.#cancelled.abort(reason);
  }

  async #end(reason: KubeError): Promise<void> {
    this.#state = "stopping";
    this.#log.info(
      { reason: this.#cancelled.signal.aborted ? "LEADERSHIP_LOST" : reason.code },
      "manager stops",
    );
    this.#election?.stop(reason);
    const backwards = [...this.#runnings.values()].reverse();
    const groups = [
      backwards.filter(({ needsLeader }) => needsLeader),
      // Later: what the others tell or write to may be among these.
      backwards.filter(({ needsLeader }) => !needsLeader),
    ];
    const leftovers = await endAll({ groups, reason, graceMs: this.#graceMs, cancelled: this.#cancelled });
    if (leftovers.length === 0) {
      // A runnable that gave up waiting for its own has left something behind.
      if (!this.#failures.some(isTimeout)) await this.#election?.release();
      return;
    }
    this.#log.error({ runnables: leftovers.map(({ name }) => name) }, "runnables did not end");
    this.#failures.push({ name: "stop", error: leftoverError(leftovers, this.#graceMs) });
    // The lease is kept while anything goes on, lest the next leader meets it.
    void Promise.all(leftovers.map(({ ended }) => ended)).then(() => this.#election?.release());
  }
}
