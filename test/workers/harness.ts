import type { Logger } from "../../src/base/logger.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { ConnectOptions } from "../../src/cluster/connection.ts";
import type { Controller } from "../../src/controller/controller.ts";
import type { ControllerBuilder } from "../../src/controller/controller-builder.ts";
import type { ControllerContext } from "../../src/controller/controller-run.ts";
import type { ReconcileReport } from "../../src/controller/reconciles.ts";
import type { WorkersOptions } from "../../src/controller/threads.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { TestApiServer, type TestApiServerOptions } from "../../src/testing/index.ts";
import type { Interceptor, TransportRequest } from "../../src/transport/port.ts";
import { Widget } from "./widget.ts";

export interface Line {
  readonly level: keyof Logger;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** What happens, in order, and who waits for some of it. */
export class Told<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();
  #failure: { readonly error: unknown } | undefined;

  add(one: T): void {
    this.all.push(one);
    for (const look of [...this.#waiting]) look();
  }

  /** Nothing more will come: whoever waits is told why. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const look of [...this.#waiting]) look();
  }

  /** Those of a sort, once there are so many. */
  async until(count: number, isOne: (one: T) => boolean = () => true): Promise<T[]> {
    const { promise, resolve, reject } = Promise.withResolvers<T[]>();
    const look = (): void => {
      const found = this.all.filter(isOne);
      if (found.length < count && this.#failure === undefined) return;
      this.#waiting.delete(look);
      if (found.length >= count) resolve(found);
      else reject(this.#failure?.error);
    };
    this.#waiting.add(look);
    look();
    return promise;
  }
}

export function moduleOf(name: string): URL {
  return new URL(`./reconcilers/${name}.ts`, import.meta.url);
}

export interface RunOptions extends WorkersOptions {
  readonly count?: number;
  readonly context?: ControllerContext;
  readonly build?: (builder: ControllerBuilder<Widget>) => ControllerBuilder<Widget>;
}

/** A controller whose reconciles run in threads, over a server in memory. */
export class Workshop implements AsyncDisposable {
  readonly server: TestApiServer;
  readonly cluster: Cluster;
  /** All that the cluster sent. */
  readonly requests: TransportRequest[];
  readonly lines: Told<Line> = new Told();
  readonly reports: Told<ReconcileReport> = new Told();
  readonly errors: Told<{ readonly code: string; readonly message: string; readonly cause?: unknown }> =
    new Told();
  readonly stop: AbortController = new AbortController();
  readonly log: Logger;
  readonly #woken: Told<string> = new Told();
  controller: Controller<Widget> | undefined;
  /** Settles as `run` does, without being unhandled. */
  ended: Promise<unknown> = Promise.resolve();

  private constructor(server: TestApiServer, cluster: Cluster, requests: TransportRequest[]) {
    this.requests = requests;
    this.server = server;
    this.cluster = cluster;
    const write = (level: keyof Logger) => (fields: object, message: string) =>
      this.lines.add({ level, fields: { ...fields }, message });
    this.log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }

  static async open(
    options: TestApiServerOptions = {},
    connect: Pick<ConnectOptions, "interceptors" | "onWarning" | "rateLimit"> = {},
  ): Promise<Workshop> {
    const server = await TestApiServer.start({
      listen: false,
      kinds: [Widget],
      namespaces: ["shop", "web"],
      ...options,
    });
    const requests: TransportRequest[] = [];
    const noting: Interceptor = (next) => (request) => {
      requests.push(request);
      return next(request);
    };
    const interceptors = [noting, ...(connect.interceptors ?? [])];
    const { transport } = server;
    const cluster = await Cluster.connect({ fieldManager: "tests", ...connect, transport, interceptors });
    return new Workshop(server, cluster, requests);
  }

  /** Run the module `reconcilers/<name>.ts`. */
  run(name: string, { count = 2, context, build, ...options }: RunOptions = {}): void {
    const begun = this.cluster
      .controller(Widget, { log: this.log })
      .owns(ConfigMap)
      .on(this.#wakes())
      .timeouts({ graceMs: 0 });
    const controller = (build?.(begun) ?? begun).workers(count, moduleOf(name), options);
    controller.on("reconciled", (report) => this.reports.add(report));
    controller.on("error", (error) => {
      this.errors.add(error);
    });
    this.controller = controller;
    this.ended = controller.run(this.stop.signal, context).then(
      () => "resolved",
      (error: unknown) => {
        for (const told of [this.lines, this.reports, this.errors]) told.fail(error);
        return error;
      },
    );
  }

  /** Let a key be reconciled, whatever happens to its object. */
  wake(key: string): void {
    this.#woken.add(key);
  }

  async *#wakes(): AsyncGenerator<string, void, void> {
    for (let next = 0; ; next++) yield (await this.#woken.until(next + 1))[next] ?? "";
  }

  /** The lines of a message, once there are so many. */
  said(message: string, count = 1): Promise<Line[]> {
    return this.lines.until(count, (line) => line.message === message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.ended;
    await this.cluster.close();
    await this.server.stop();
  }
}
