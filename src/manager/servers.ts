import { expectFunction, expectOptions, invalidArgument } from "../base/arguments.ts";
import type { Check } from "./check.ts";
import { answerer, type MetricsRegistry, type Served } from "./endpoints.ts";
import {
  expectListenOptions,
  HttpEndpoint,
  type ListenAddress,
  type ListenOptions,
} from "./http-endpoint.ts";

/** Where metrics are collected, and where they are served. */
export interface MetricsOptions {
  readonly registry: MetricsRegistry;
  /** @default the port of `health` */
  readonly port?: number | undefined;
  /** @default the host of `health` without a port here, else every interface */
  readonly host?: string | undefined;
}

/** What a manager serves. */
export interface ServersOptions {
  /** Serve `/healthz` and `/readyz`. @default nothing */
  readonly health?: ListenOptions | undefined;
  /** Serve `/metrics`. @default nothing */
  readonly metrics?: MetricsOptions | undefined;
}

/** Where a manager listens; empty where it serves nothing, and before it does. */
export interface ManagerAddress {
  readonly health?: ListenAddress | undefined;
  readonly metrics?: ListenAddress | undefined;
}

/** What the probes are answered by. */
export interface Probes {
  live(): readonly Check[];
  ready(): readonly Check[];
}

/** Throw `INVALID_ARGUMENT` for what cannot be served. */
export function expectServersOptions({ health, metrics }: ServersOptions): void {
  expectOptions("health", health);
  if (health !== undefined) expectListenOptions("health", health);
  expectOptions("metrics", metrics);
  if (metrics === undefined) return;
  const { registry, port, host } = metrics;
  expectOptions("metrics.registry", registry ?? null);
  expectFunction("metrics.registry.metrics", registry.metrics ?? null);
  if (port !== undefined) expectListenOptions("metrics", { port, host });
  else if (health === undefined)
    throw invalidArgument("metrics.port", "given where there is no `health`", port);
  else if (host !== undefined)
    throw invalidArgument("metrics.host", "left out where `metrics.port` is", host);
}

/** Whether metrics are to be had where the probes are. */
function isShared({ health, metrics }: ServersOptions): boolean {
  if (health === undefined || metrics === undefined) return false;
  const { port, host } = metrics;
  return port === undefined || (port !== 0 && port === health.port && host === health.host);
}

/** The servers of a manager: none, one or two. */
export class Servers {
  readonly address: ManagerAddress;
  readonly #endpoints: readonly HttpEndpoint[];

  private constructor(endpoints: readonly HttpEndpoint[], address: ManagerAddress) {
    this.#endpoints = endpoints;
    this.address = address;
  }

  /** Open all, or none: rejects with `CONNECTION_FAILED` where one cannot be had. */
  static async open(options: ServersOptions, probes: Probes): Promise<Servers> {
    const { health, metrics } = options;
    const shared = isShared(options);
    const registry = metrics?.registry;
    const opened: HttpEndpoint[] = [];
    const open = async (what: string, where: ListenOptions, served: Served): Promise<ListenAddress> => {
      const endpoint = await HttpEndpoint.listen(`Serve ${what}`, where, answerer(served));
      opened.push(endpoint);
      return endpoint.address;
    };
    try {
      let address: ManagerAddress = {};
      if (health !== undefined) {
        const served = { live: probes.live, ready: probes.ready, metrics: shared ? registry : undefined };
        const listening = await open(shared ? "health and metrics" : "health", health, served);
        address = shared ? { health: listening, metrics: listening } : { health: listening };
      }
      if (metrics?.port !== undefined && !shared) {
        const where = { port: metrics.port, host: metrics.host };
        address = { ...address, metrics: await open("metrics", where, { metrics: registry }) };
      }
      return new Servers(opened, address);
    } catch (error) {
      await Promise.all(opened.map((endpoint) => endpoint.close()));
      throw error;
    }
  }

  /** Stop listening and close every connection. */
  async close(): Promise<void> {
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()));
  }
}
