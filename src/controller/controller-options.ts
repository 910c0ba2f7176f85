import {
  expectDuration,
  expectFunction,
  expectOptions,
  expectSignal,
  expectText,
  invalidArgument,
} from "../base/arguments.ts";
import { expectLogger, type Logger } from "../base/logger.ts";
import { isKind, type Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { expectRateLimiter } from "../work-queue/expect-rate-limiter.ts";
import type { RateLimiter } from "../work-queue/rate-limiter.ts";
import { expectConcurrency } from "../work-queue/workers.ts";
import type { ControllerCluster, ReconcileScope } from "./cluster-port.ts";
import type { Leadership } from "./leadership.ts";
import type { Reconciler } from "./reconcile.ts";
import type { AnySource } from "./sources.ts";
import type { ReconcileThreads } from "./threads.ts";

/** How long a controller waits, and for what. */
export interface ControllerTimeouts {
  /** How long `run` waits for all sources to sync before it rejects with `SYNC_TIMEOUT` (Q25). @default 120_000 */
  readonly syncTimeoutMs?: number | undefined;
  /** After this a reconcile's signal aborts; it is not forced to end (Q31). @default never */
  readonly reconcileTimeoutMs?: number | undefined;
  /** A reconcile that runs for longer is named in the log and in `health()`. @default 60_000 */
  readonly hungAfterMs?: number | undefined;
  /** At the stop, how long running reconciles may go on before their signals abort (Q32); 0: at once. @default 30_000 */
  readonly graceMs?: number | undefined;
}

/** What a {@link Controller} is made of; `T` is the kind it reconciles. */
export interface ControllerOptions<T extends KubeObject> extends ControllerTimeouts {
  /** In logs and metrics; unique among the controllers of a process, or their metrics are one (Q34). */
  readonly name: string;
  /** For logs and messages. */
  readonly kind?: Kind<T> | undefined;
  readonly reconcile: Reconciler<T>;
  /** What wakes it. The controller stops them in the end: of an informer give it a lease of its own. */
  readonly sources: readonly AnySource[];
  /** The present state of what a key names, such as `(key) => informer.store.get(key)`. */
  readonly objectOf: (key: string) => T | undefined;
  /** What a reconciler reads and writes through; called once for each reconcile that asks for it. */
  readonly cluster: (scope: ReconcileScope) => ControllerCluster;
  /** How many keys are reconciled at the same time; never one key twice. @default 1 (Q24) */
  readonly concurrency?: number | undefined;
  /** When a failed key is tried again. @default per key, 5 ms doubling to 1000 s (Q9, Q23) */
  readonly rateLimiter?: RateLimiter | undefined;
  /** @default warnings and errors to `console` */
  readonly log?: Logger | undefined;
  /** Asked before each reconcile and each write. @default nobody is elected */
  readonly leadership?: Leadership | undefined;
  /** Aborts when its sources have ended for good: nothing would wake it any more, and `run` rejects with `STOPPED`. @default never */
  readonly closed?: AbortSignal | undefined;
  /** Threads that `reconcile` uses: started with the sources, ended after the last reconcile. @default none */
  readonly threads?: Pick<ReconcileThreads<T>, "start" | "stop" | "report"> | undefined;
}

/** Throw unless `value` is an object with these functions, or undefined. */
export function expectMethods(name: string, value: unknown, methods: readonly string[]): void {
  if (value === undefined) return;
  const list = methods.map((method) => `\`${method}\``).join(", ");
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!isObject) throw invalidArgument(name, `an object with ${list}`, value);
  for (const method of methods) {
    const found: unknown = Reflect.get(value, method);
    if (typeof found !== "function") throw invalidArgument(`${name}.${method}`, "a function", found);
  }
}

/** Throw unless `value` can be a {@link Leadership}, or is undefined. */
export function expectLeadership(name: string, value: unknown): void {
  expectMethods(name, value, ["isLeader"]);
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

/** Throw unless `value` is something that can be read with `for await`, and no text. */
export function expectWakes(name: string, value: unknown): void {
  if (isIterable(value)) return;
  throw invalidArgument(name, "an iterable or async iterable of keys", value);
}

function checkSource(name: string, source: unknown): void {
  if (typeof source !== "object" || source === null) throw invalidArgument(name, "a source", source);
  const title: unknown = Reflect.get(source, "name");
  if (typeof title !== "string" || title === "") throw invalidArgument(`${name}.name`, "a name", title);
  if ("wakes" in source) {
    expectWakes(`${name}.wakes`, source.wakes);
    return;
  }
  expectMethods(`${name}.source`, Reflect.get(source, "source") ?? null, [
    "listen",
    "synced",
    "health",
    "stop",
  ]);
  expectFunction(`${name}.keysOf`, Reflect.get(source, "keysOf") ?? null);
  expectFunction(`${name}.where`, Reflect.get(source, "where"));
}

/** Throw `INVALID_ARGUMENT` for timeouts that are no durations. */
export function checkTimeouts(timeouts: ControllerTimeouts): void {
  expectOptions("timeouts", timeouts);
  const { syncTimeoutMs, reconcileTimeoutMs, hungAfterMs, graceMs } = timeouts;
  for (const [name, ms] of Object.entries({ syncTimeoutMs, reconcileTimeoutMs, hungAfterMs, graceMs })) {
    expectDuration(name, ms);
  }
}

/** Throw `INVALID_ARGUMENT` for options that make no controller. */
export function checkControllerOptions<T extends KubeObject>(options: ControllerOptions<T>): void {
  expectOptions("options", options ?? null);
  const { name, kind, reconcile, sources, objectOf, cluster, concurrency, rateLimiter } = options;
  expectText("name", name);
  if (name === undefined || name === "") throw invalidArgument("name", "a name that is not empty", name);
  if (kind !== undefined && !isKind(kind)) throw invalidArgument("kind", "a kind, made by defineKind", kind);
  for (const [argument, value] of Object.entries({ reconcile, objectOf, cluster })) {
    expectFunction(argument, value ?? null);
  }
  if (!Array.isArray(sources) || sources.length === 0) {
    throw invalidArgument(
      "sources",
      "an array of at least one source: without one nothing wakes it",
      sources,
    );
  }
  for (const [at, source] of sources.entries()) checkSource(`sources[${at}]`, source);
  if (concurrency !== undefined) expectConcurrency(concurrency);
  if (rateLimiter !== undefined) expectRateLimiter("rateLimiter", rateLimiter);
  checkTimeouts(options);
  expectLogger("log", options.log);
  expectLeadership("leadership", options.leadership);
  expectSignal("closed", options.closed);
  expectMethods("threads", options.threads, ["start", "stop", "report"]);
}
