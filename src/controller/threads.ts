import {
  expectDuration,
  expectFunction,
  expectInteger,
  expectOptions,
  invalidArgument,
} from "../base/arguments.ts";
import type { KubeError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { expectConcurrency } from "../work-queue/workers.ts";
import type { ReconcileRequest } from "./reconcile.ts";

/** What a controller's threads may use, and when one that does not listen is given up. */
export interface WorkersOptions {
  /**
   * `workerThreads` of `kube-reflex/workers`, for programs that are bundled into one file: what is loaded from
   * beside this library otherwise, and only where it is used. @default loaded at `run`
   */
  readonly threads?: ThreadsMaker | undefined;
  /** The most memory that each thread may use, as `node:worker_threads` takes it; one that uses more is replaced. @default Node's */
  readonly resourceLimits?: ThreadLimits | undefined;
  /** The most memory for the shared copy of each kind that is followed; address space only until it is used. @default 1 GiB */
  readonly maxSharedBytes?: number | undefined;
  /**
   * How long a thread may be busy, once the signal of a reconcile in it has aborted, before it is ended and replaced.
   *
   * Only one that is blocked, in an endless loop for example: a thread that hears
   * of the abort lives on, whatever its reconciler makes of it. Every key that it
   * has is tried again.
   * @default 2_000
   */
  readonly blockedAfterMs?: number | undefined;
}

/** What makes threads for a host; `workerThreads` is one, and only a host can call it. */
export type ThreadsMaker = (
  plan: never,
  host: never,
) => Pick<ReconcileThreads<never>, "start" | "stop" | "report">;

/** As `node:worker_threads` has them; in MiB. */
export interface ThreadLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
  readonly codeRangeSizeMb?: number;
  readonly stackSizeMb?: number;
}

/** Which threads a controller wants. */
export interface ThreadsPlan<T extends KubeObject> extends WorkersOptions {
  readonly kind: Kind<T>;
  /** The controller's name, for logs and errors. */
  readonly controller: string;
  readonly count: number;
  /** How many keys one thread reconciles at the same time. */
  readonly keysPerThread: number;
  /** Where the reconciler is: the default export of this module. */
  readonly module: URL;
}

/** What threads tell the controller that uses them. */
export interface ThreadsPorts {
  /** With the controller's fields. */
  readonly log: Logger;
  /** A thread has crashed, and is replaced. */
  failed(error: KubeError): void;
  /** How long a thread may take until it can reconcile. */
  readonly startTimeoutMs: number;
  /** Ends the wait of `start`, in peace. */
  readonly signal: AbortSignal;
}

/** How a controller's threads are. */
export interface ThreadsReport {
  readonly count: number;
  /** How many can reconcile now. */
  readonly ready: number;
  /** How often one has crashed since the start. */
  readonly crashes: number;
  /** Of the last that crashed, whether it has been replaced or not. */
  readonly lastCrash: KubeError | undefined;
  /** Those that crash again and again, one line each. */
  readonly problems: readonly string[];
}

/** Threads that reconcile: the port that `workers/` satisfies. */
export interface ReconcileThreads<T extends KubeObject> {
  /** Start all of them; rejects, naming the module, where it cannot be loaded. Called at most once. */
  start(ports: ThreadsPorts): Promise<void>;
  /** Reconcile in a thread that is free; resolves and rejects as a reconciler in this thread does. */
  reconcile(request: ReconcileRequest<T>): Promise<unknown>;
  /** End all threads, whatever they do; resolves when none is left. */
  stop(): Promise<void>;
  report(): ThreadsReport;
}

/** Each costs some 10 MB and 50 ms: nobody who means "as many as there are keys" must get a million of them. */
const mostThreads = 1000;

/** Throw `INVALID_ARGUMENT` for what makes no threads. */
export function checkWorkers(
  count: number,
  module: URL,
  concurrency: number,
  options: WorkersOptions | undefined,
): void {
  if (!Number.isSafeInteger(count) || count < 1 || count > mostThreads) {
    throw invalidArgument("count", `a whole number from 1 to ${mostThreads}`, count);
  }
  if (!(module instanceof URL) || module.protocol !== "file:") {
    const got = module instanceof URL ? module.protocol : module;
    throw invalidArgument("module", 'the URL of a file: new URL("./reconcile.js", import.meta.url)', got);
  }
  expectConcurrency(concurrency);
  if (concurrency < count) {
    throw invalidArgument(
      "count",
      `at most the concurrency, ${concurrency}: the others would be idle`,
      count,
    );
  }
  expectOptions("options", options ?? null);
  expectFunction("threads", options?.threads);
  expectOptions("resourceLimits", options?.resourceLimits);
  expectInteger("maxSharedBytes", options?.maxSharedBytes, 1);
  expectDuration("blockedAfterMs", options?.blockedAfterMs);
}
