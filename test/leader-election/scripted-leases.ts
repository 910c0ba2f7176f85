import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import type { Lease } from "../../src/kinds/index.ts";
import type { LeaseCallOptions, LeasePort } from "../../src/leader-election/lease-port.ts";
import { LeaseStore } from "./lease-store.ts";

export type LeaseVerb = "find" | "create" | "replace";

/** What becomes of one request instead of a prompt answer. */
export type Fate =
  | { readonly type: "fails"; readonly error: unknown }
  /** Nothing ever comes back; `done`: it was carried out. */
  | { readonly type: "hangs"; readonly done?: boolean }
  /** It was carried out, and the connection broke. */
  | { readonly type: "breaks" }
  /** It is carried out at once, and answered after a while. */
  | { readonly type: "slow"; readonly ms: number }
  /** Somebody else does something before it is carried out. */
  | { readonly type: "after"; readonly act: (store: LeaseStore) => void };

export const serverError: ApiError = new ApiError("the lease: internal error (500)", {
  status: 500,
  reason: "InternalError",
});

/** A port over a store, whose requests can be told to go wrong; it keeps a log of them. */
export class ScriptedLeases implements LeasePort {
  readonly store: LeaseStore;
  readonly log: string[] = [];
  readonly options: LeaseCallOptions[] = [];
  readonly #fates: { readonly verb: LeaseVerb; readonly fate: Fate }[] = [];
  /** What becomes of every request. */
  always: Fate | undefined;
  namespace: string | undefined;

  constructor(store: LeaseStore = new LeaseStore()) {
    this.store = store;
  }

  /** What becomes of the next request of a verb. */
  next(verb: LeaseVerb, fate: Fate): void {
    this.#fates.push({ verb, fate });
  }

  inNamespace(namespace: string): LeasePort {
    this.namespace = namespace;
    return this;
  }

  withName(name: string): { find(options?: LeaseCallOptions): Promise<Lease | undefined> } {
    return { find: (options) => this.#request("find", `find ${name}`, options, () => this.store.find()) };
  }

  create(lease: Lease, options?: LeaseCallOptions): Promise<Lease> {
    return this.#request("create", "create", options, () => this.store.create(lease));
  }

  replace(lease: Lease, options?: LeaseCallOptions): Promise<Lease> {
    return this.#request("replace", "replace", options, () => this.store.replace(lease));
  }

  async #request<T>(
    verb: LeaseVerb,
    entry: string,
    options: LeaseCallOptions | undefined,
    carryOut: () => T,
  ): Promise<T> {
    this.log.push(entry);
    this.options.push(options ?? {});
    const index = this.#fates.findIndex((one) => one.verb === verb);
    const [scripted] = index < 0 ? [] : this.#fates.splice(index, 1);
    const fate = scripted?.fate ?? this.always;
    switch (fate?.type) {
      case "fails":
        throw fate.error;
      case "hangs":
        if (fate.done === true) carryOut();
        return new Promise<T>(() => {});
      case "breaks":
        carryOut();
        throw new KubeError("CONNECTION_FAILED", "the lease: connection reset");
      case "slow": {
        const result = carryOut();
        return new Promise((resolve) => setTimeout(() => resolve(result), fate.ms));
      }
      case "after":
        fate.act(this.store);
        return carryOut();
      default:
        return carryOut();
    }
  }
}

/** A lease as somebody else holds it. */
export function leaseOf(holderIdentity: string, more: Partial<NonNullable<Lease["spec"]>> = {}): Lease {
  return {
    metadata: { name: "lock", namespace: "shop" },
    spec: {
      holderIdentity,
      leaseDurationSeconds: 15,
      acquireTime: "2020-01-01T00:00:00.000000Z",
      renewTime: "2020-01-01T00:00:00.000000Z",
      leaseTransitions: 3,
      ...more,
    },
  };
}

/** A log as an array of its lines, `warn: …`. */
export function recordingLog(): {
  readonly log: Logger;
  readonly lines: string[];
  readonly fields: object[];
} {
  const lines: string[] = [];
  const fields: object[] = [];
  const write =
    (level: string) =>
    (given: object, message: string): void => {
      fields.push(given);
      lines.push(`${level}: ${message}`);
    };
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  return { log, lines, fields };
}
