import { SingleFlight } from "../base/single-flight.ts";
import { type CallOptions, Deadline } from "./deadline.ts";

/** Running requests by name, each shared by all who want its answer; nothing is remembered once one has ended. */
export class SharedRequests<T> {
  readonly #flights = new Map<string, SingleFlight<T>>();

  /** Wait for the request under way by this name, or begin it; each caller under a time limit of its own. */
  async join(
    name: string,
    start: (signal: AbortSignal) => Promise<T>,
    step: string,
    options: CallOptions,
  ): Promise<T> {
    const deadline = new Deadline(step, options);
    const flight = this.#flights.get(name) ?? new SingleFlight(step, start);
    this.#flights.set(name, flight);
    try {
      return await flight.join(deadline.signal);
    } finally {
      deadline.release();
      if (flight.isIdle) this.#flights.delete(name);
    }
  }
}
