import { ApiError } from "../base/api-error.ts";
import { KubeError } from "../base/errors.ts";
import { thrownName } from "../base/thrown-name.ts";
import type { ElectionClock } from "./election-clock.ts";
import type { LeaseObject } from "./lease.ts";
import type { LeaseCallOptions, LeasePort } from "./lease-port.ts";
import { withinLimit } from "./time-limit.ts";

/** Whether a write was refused because somebody else wrote in between, or was first to create. */
export function isRefusedByState(error: unknown): boolean {
  return ApiError.is(error) && error.status === 409;
}

/** Pass a lease on that has a resourceVersion: one without it would be replaced whatever its state, and two would lead. */
function locked(lease: LeaseObject, step: string): LeaseObject {
  const { resourceVersion = "" } = lease.metadata ?? {};
  if (resourceVersion !== "") return lease;
  throw new KubeError("BAD_RESPONSE", `${step}: the lease has no resourceVersion; use a port that keeps it`);
}

/**
 * The requests for one lease, each with its own time limit (Q49).
 *
 * A request ends with `signal` and at its limit, whatever the port does: not
 * even a client's own rate limit can hold back a renewal for longer. Its write
 * may be carried out all the same.
 */
export class LeaseRequests {
  readonly #leases: LeasePort;
  readonly #name: string;
  readonly #step: string;
  readonly #limitMs: number;
  readonly #clock: ElectionClock;

  constructor(
    leases: LeasePort,
    options: {
      readonly name: string;
      readonly step: string;
      readonly limitMs: number;
      readonly clock: ElectionClock;
    },
  ) {
    this.#leases = leases;
    this.#name = options.name;
    this.#step = options.step;
    this.#limitMs = options.limitMs;
    this.#clock = options.clock;
  }

  /** The newest state; `undefined` where there is no such lease. */
  async find(signal: AbortSignal): Promise<LeaseObject | undefined> {
    const step = `${this.#step}: read the lease`;
    return this.#limited(step, signal, async (options) => {
      const lease = await this.#leases.withName(this.#name).find(options);
      return lease === undefined ? undefined : locked(lease, step);
    });
  }

  async create(lease: LeaseObject, signal: AbortSignal): Promise<LeaseObject> {
    const step = `${this.#step}: create the lease`;
    return this.#limited(step, signal, async (options) =>
      locked(await this.#leases.create(lease, options), step),
    );
  }

  /** Write over the very state that the lease was read or written in. */
  async replace(lease: LeaseObject, signal: AbortSignal): Promise<LeaseObject> {
    const step = `${this.#step}: write the lease`;
    return this.#limited(step, signal, async (options) =>
      locked(await this.#leases.replace(lease, options), step),
    );
  }

  async #limited<T>(
    step: string,
    signal: AbortSignal,
    call: (options: LeaseCallOptions) => Promise<T>,
  ): Promise<T> {
    const limitMs = this.#limitMs;
    try {
      return await withinLimit(step, { clock: this.#clock, limitMs, signal }, (limited) =>
        call({ signal: limited, timeoutMs: limitMs }),
      );
    } catch (error) {
      if (KubeError.is(error)) throw error;
      // Not its text: it may quote anything.
      const name = thrownName(error);
      throw new KubeError("CONNECTION_FAILED", `${step}: the port threw (${name}); see the cause`, {
        cause: error,
      });
    }
  }
}
