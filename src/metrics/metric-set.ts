import type { Counter, Gauge, Histogram } from "prom-client";
import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";

/** Where metrics are registered: the port that prom-client's `Registry` satisfies. */
export interface MetricRegistry {
  registerMetric(metric: object): void;
  getSingleMetric(name: string): object | undefined;
  removeSingleMetric(name: string): void;
}

/** The module `prom-client`, whichever copy of it. */
export type MetricsClient = Pick<typeof import("prom-client"), "Counter" | "Gauge" | "Histogram">;

/** What a metric is called and how it is told apart. */
export interface MetricDescription<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
}

/** Throw unless `value` is a registry. */
export function expectRegistry(name: string, value: unknown): asserts value is MetricRegistry {
  const methods = ["registerMetric", "getSingleMetric", "removeSingleMetric"];
  if (isJsonObject(value) && methods.every((method) => typeof value[method] === "function")) return;
  throw invalidArgument(name, "a Registry of prom-client", value);
}

/** The metrics of one call of `collectMetrics`: made first, then all of them registered, or none. */
export class MetricSet {
  readonly #client: MetricsClient;
  readonly #metrics = new Map<string, object>();

  constructor(client: MetricsClient) {
    this.#client = client;
  }

  counter<L extends string>({ name, help, labels }: MetricDescription<L>): Counter<L> {
    const metric = new this.#client.Counter<L>({ name, help, labelNames: labels, registers: [] });
    this.#metrics.set(name, metric);
    return metric;
  }

  /** `collect` sets it each time it is read. */
  gauge<L extends string>(
    { name, help, labels }: MetricDescription<L>,
    collect?: (gauge: Gauge<L>) => void,
  ): Gauge<L> {
    const metric: Gauge<L> = new this.#client.Gauge<L>({
      name,
      help,
      labelNames: labels,
      registers: [],
      ...(collect === undefined ? {} : { collect: () => collect(metric) }),
    });
    this.#metrics.set(name, metric);
    return metric;
  }

  histogram<L extends string>(
    { name, help, labels }: MetricDescription<L>,
    buckets: readonly number[],
  ): Histogram<L> {
    const metric = new this.#client.Histogram<L>({
      name,
      help,
      labelNames: labels,
      buckets: [...buckets],
      registers: [],
    });
    this.#metrics.set(name, metric);
    return metric;
  }

  /** Register all of them; throws `INVALID_ARGUMENT`, and registers none, where the registry has one of these names. */
  register(registry: MetricRegistry): void {
    const taken = [...this.#metrics.keys()].filter((name) => registry.getSingleMetric(name) !== undefined);
    if (taken.length > 0) {
      const [first, ...others] = taken;
      const more = others.length === 0 ? "" : ` and ${others.length} more`;
      throw new KubeError(
        "INVALID_ARGUMENT",
        `Collect metrics: the registry has a metric of the name ${first} already${more}; ` +
          "stop what collects there, or give another Registry",
      );
    }
    for (const metric of this.#metrics.values()) registry.registerMetric(metric);
  }

  /** Take them out again; what has their names by now and is not theirs stays. */
  unregister(registry: MetricRegistry): void {
    for (const [name, metric] of this.#metrics) {
      if (registry.getSingleMetric(name) === metric) registry.removeSingleMetric(name);
    }
  }
}
