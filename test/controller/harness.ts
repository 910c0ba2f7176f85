import type { Logger } from "../../src/base/logger.ts";
import type { ControllerCluster, ReconcileScope } from "../../src/controller/cluster-port.ts";
import { Controller } from "../../src/controller/controller.ts";
import type { ControllerOptions } from "../../src/controller/controller-options.ts";
import type { ControllerContext } from "../../src/controller/controller-run.ts";
import { forObject } from "../../src/controller/mapping.ts";
import type { ReconcileRequest, ReconcileResult, Reconciler } from "../../src/controller/reconcile.ts";
import type { WatchedSource } from "../../src/controller/source.ts";
import type { Informer } from "../../src/informer/informer.ts";
import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { informerOf, type Pod, type Source } from "../informer/source.ts";

export const podKind: Kind<Pod> = defineKind<Pod>()({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  scope: "Namespaced",
});

export interface Line {
  readonly level: keyof Logger;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A logger that keeps what is written. */
export function recordingLog(): Logger & { readonly lines: Line[]; text(level?: keyof Logger): string[] } {
  const lines: Line[] = [];
  const write = (level: keyof Logger) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...fields }, message });
  return {
    lines,
    text: (level) =>
      lines.filter((line) => level === undefined || line.level === level).map(({ message }) => message),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
}

/** A cluster that only tells what it was made for. */
export class MockCluster implements ControllerCluster {
  readonly scope: ReconcileScope;

  constructor(scope: ReconcileScope) {
    this.scope = scope;
  }

  resources(): never {
    throw new Error("not used");
  }

  store(): never {
    throw new Error("not used");
  }

  /** What a cluster does before it writes. */
  write(): void {
    this.scope.beforeWrite("patch pods a/x");
  }
}

/** Write through the mock that a request got. */
export function write(request: Pick<ReconcileRequest<KubeObject>, "cluster">): void {
  if (!(request.cluster instanceof MockCluster)) throw new Error("not the mock");
  request.cluster.write();
}

export interface Run {
  readonly controller: Controller<Pod>;
  readonly log: ReturnType<typeof recordingLog>;
  readonly stop: AbortController;
  /** What was reconciled, in order. */
  readonly requests: ReconcileRequest<Pod>[];
  readonly errors: { code: string; message: string; cause?: unknown }[];
  /** Settles as `run` does, without being unhandled. */
  readonly ended: Promise<unknown>;
  keys(): string[];
}

export interface RunOptions extends Partial<Omit<ControllerOptions<Pod>, "reconcile">> {
  readonly reconcile?: Reconciler<Pod>;
  readonly context?: ControllerContext;
}

/** A controller that runs, over whatever sources. */
export function runController({ reconcile, context, ...options }: RunOptions): Run {
  const log = recordingLog();
  const requests: ReconcileRequest<Pod>[] = [];
  const errors: Run["errors"] = [];
  const stop = new AbortController();
  const controller = new Controller<Pod>({
    name: "pod",
    kind: podKind,
    sources: [{ name: "keys", wakes: [] }],
    objectOf: () => undefined,
    cluster: (scope) => new MockCluster(scope),
    log,
    ...options,
    reconcile(request) {
      requests.push(request);
      return reconcile?.(request);
    },
  });
  controller.on("error", (error) => void errors.push(error));
  const ended = controller.run(stop.signal, context).then(
    () => "resolved",
    (error: unknown) => error,
  );
  return { controller, log, stop, requests, errors, ended, keys: () => requests.map(({ key }) => key) };
}

/** Pods that are watched, and the informer that does. */
export function watchedPods(
  source: Source,
  more: Partial<WatchedSource<Pod>> = {},
): { watched: WatchedSource<Pod>; informer: Informer<Pod> } {
  const informer = informerOf(source);
  return { informer, watched: { name: "pods", source: informer, keysOf: forObject, ...more } };
}

/** A promise that tests settle by hand, and a reconciler that waits for it. */
export function held(): {
  reconcile: () => Promise<ReconcileResult | undefined>;
  end: (result?: ReconcileResult) => void;
} {
  const { promise, resolve } = Promise.withResolvers<ReconcileResult | undefined>();
  return { reconcile: () => promise, end: (result) => resolve(result) };
}
