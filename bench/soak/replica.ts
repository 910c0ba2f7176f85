import { Cluster, type Controller, KubeError, LeaderElector, type Logger, Manager } from "kube-reflex";
import { Lease } from "kube-reflex/kinds";
import { type Cell, cellController, namespace, type Outside } from "./cell.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** One replica of the operator, started anew as often as it ends, as a kubelet would. */
export class Replica {
  readonly name: string;
  starts = 0;
  losses = 0;
  reconciles = 0;
  readonly #url: string;
  readonly #outside: Outside;
  readonly #begins: () => void;
  readonly #stop = new AbortController();
  #process = new AbortController();
  #elector: LeaderElector | undefined;
  #controller: Controller<Cell> | undefined;
  #running: Promise<void> | undefined;

  constructor(name: string, url: string, outside: Outside, begins: () => void) {
    this.name = name;
    this.#url = url;
    this.#outside = outside;
    this.#begins = begins;
  }

  get isLeader(): boolean {
    return this.#elector?.isLeader() ?? false;
  }

  get controller(): Controller<Cell> | undefined {
    return this.#controller;
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** End what runs in order; another takes its place. */
  restart(): void {
    this.#process.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#process.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.starts += 1;
      this.#process = new AbortController();
      try {
        await this.#runOnce(this.#process.signal);
      } catch (error) {
        if (!KubeError.is(error) || error.code !== "LEADERSHIP_LOST") throw error;
        this.losses += 1;
      }
    }
  }

  async #runOnce(signal: AbortSignal): Promise<void> {
    await using cluster = await Cluster.connect({ server: this.#url, userAgent: `${this.name}/1.0` });
    const leaderElector = new LeaderElector({
      leases: cluster.resources(Lease).inNamespace(namespace),
      name: "soak",
      identity: `${this.name}-${this.starts}`,
      leaseDurationMs: 5_000,
      renewDeadlineMs: 3_000,
      retryPeriodMs: 500,
      log: quiet,
    });
    this.#elector = leaderElector;
    this.#controller = cellController(cluster, this.#outside, quiet, () => {
      this.reconciles += 1;
      this.#begins();
    });
    const manager = new Manager({ leaderElector, graceMs: 5_000, log: quiet });
    await manager.add(this.#controller).run(signal);
  }
}
