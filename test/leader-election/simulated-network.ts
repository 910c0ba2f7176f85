import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { Lease } from "../../src/kinds/index.ts";
import type { LeasePort } from "../../src/leader-election/lease-port.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Seeded, Timeline } from "./simulated-time.ts";

/** How bad the way to the server is; parts of 1. */
export interface Weather {
  /** Requests that travel for up to 8 s, after their caller has given up if need be. */
  readonly slowRequests: number;
  /** Answers that travel for up to 8 s. */
  readonly slowAnswers: number;
  readonly lostRequests: number;
  /** The write is done, and nobody hears of it. */
  readonly lostAnswers: number;
  /** 500 and 504, of which half come after the write was done. */
  readonly serverErrors: number;
}

export const calm: Weather = {
  slowRequests: 0,
  slowAnswers: 0,
  lostRequests: 0,
  lostAnswers: 0,
  serverErrors: 0,
};

const reset = (): KubeError => new KubeError("CONNECTION_FAILED", "the lease: connection reset");

const serverError = (random: Seeded): ApiError =>
  random.chance(0.5)
    ? new ApiError("the lease: internal error (500)", { status: 500, reason: "InternalError" })
    : new ApiError("the lease: timed out (504)", { status: 504, reason: "Timeout" });

type Outcome<T> =
  | { readonly type: "done"; readonly result: T }
  | { readonly type: "refused"; readonly error: unknown };

function outcomeOf<T>(carryOut: () => T): Outcome<T> {
  try {
    return { type: "done", result: carryOut() };
  } catch (error) {
    return { type: "refused", error };
  }
}

/** The way between processes and the one store. */
export class SimulatedNetwork {
  weather: Weather = calm;
  readonly #timeline: Timeline;
  readonly #random: Seeded;
  readonly #store: LeaseStore;
  readonly #cut = new Set<SimulatedProcess>();

  constructor(timeline: Timeline, random: Seeded, store: LeaseStore) {
    this.#timeline = timeline;
    this.#random = random;
    this.#store = store;
  }

  /** Nothing goes through to or from a process. */
  cut(process: SimulatedProcess): void {
    this.#cut.add(process);
  }

  mend(process: SimulatedProcess): void {
    this.#cut.delete(process);
  }

  /** The port as one process has it; it ignores signals: what is sent is sent. */
  portOf(process: SimulatedProcess): LeasePort {
    const port: LeasePort = {
      inNamespace: () => port,
      withName: () => ({ find: () => this.#request(process, () => this.#store.find()) }),
      create: (lease) => this.#write(process, lease, (sent) => this.#store.create(sent)),
      replace: (lease) => this.#write(process, lease, (sent) => this.#store.replace(sent)),
    };
    return port;
  }

  #write(process: SimulatedProcess, lease: Lease, write: (lease: Lease) => Lease): Promise<Lease> {
    const sent = structuredClone(lease);
    return this.#request(process, () => write(sent));
  }

  #request<T>(process: SimulatedProcess, carryOut: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const random = this.#random;
    const { slowRequests, slowAnswers, lostRequests, lostAnswers, serverErrors } = this.weather;
    const travel = (isSlow: boolean): number => random.between(1, isSlow ? 8000 : 30);
    // A connection that is lost is told of at once, or not at all.
    const lose = (): void => {
      if (random.chance(0.5))
        this.#timeline.after(travel(false), () => process.deliver(() => reject(reset())));
    };
    const answer = (deliver: () => void): void => {
      this.#timeline.after(travel(random.chance(slowAnswers)), () => {
        if (this.#cut.has(process)) lose();
        else process.deliver(deliver);
      });
    };
    const arrive = (): void => {
      const fails = random.chance(serverErrors);
      let respond = (): void => reject(serverError(random));
      if (!fails || random.chance(0.5)) {
        const outcome = outcomeOf(carryOut);
        if (!fails)
          respond = () => (outcome.type === "done" ? resolve(outcome.result) : reject(outcome.error));
      }
      if (random.chance(lostAnswers)) lose();
      else answer(respond);
    };
    if (this.#cut.has(process) || random.chance(lostRequests)) lose();
    else this.#timeline.after(travel(random.chance(slowRequests)), arrive);
    return promise;
  }
}
