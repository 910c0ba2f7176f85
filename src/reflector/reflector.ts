import { delay } from "../base/abort.ts";
import { expectDuration, expectInteger, invalidArgument } from "../base/arguments.ts";
import { Backoff, type BackoffOptions } from "../base/backoff.ts";
import { KubeError } from "../base/errors.ts";
import { watchTimeoutSeconds } from "../watch/watch-timeout.ts";
import { type CompleteList, collect } from "./collect.ts";
import type { ListWatch } from "./list-watch.ts";
import type { ProgressListener } from "./progress.ts";
import {
  initialState,
  type ListStep,
  type Outcome,
  type ReflectorState,
  type StreamingListStep,
  type Wait,
  type WatchStep,
} from "./state.ts";
import { Stream } from "./stream.ts";
import type { ReflectorTarget } from "./target.ts";
import { transition } from "./transition.ts";
import { Writer } from "./writer.ts";

/** What a {@link Reflector} is made from. */
export interface ReflectorOptions<T> {
  readonly listWatch: ListWatch<T>;
  readonly target: ReflectorTarget<T>;
  /** What is reflected, for error messages. @default "objects" */
  readonly name?: string | undefined;
  /** Delays between attempts (R38, R41). */
  readonly backoff?: BackoffOptions | undefined;
  /** The least time-out asked of the server for a watch, in seconds; less than 300 is not taken (R21). @default 300 */
  readonly minWatchTimeoutSeconds?: number | undefined;
  /** Streaming lists: when the server offers them, or never. @default "auto" */
  readonly streamingList?: "auto" | "off" | undefined;
  /**
   * What the first paged list asks for. `""` is the newest state; `"0"` is
   * cheaper for the server, but may be older than what was seen before a
   * restart. @default ""
   */
  readonly initialResourceVersion?: "" | "0" | undefined;
  /** How long a streaming list may be silent before its marker (R55). @default 10_000 */
  readonly markerDeadlineMs?: number | undefined;
  /** How long a streaming list may take in all. @default 300_000 */
  readonly streamingListMaxMs?: number | undefined;
  /** Told of everything the reflector does; what it throws is ignored. */
  readonly onProgress?: ProgressListener | undefined;
}

/** The state, not the clock alone, decides when delays start over: a long failing list is no peace (K2). */
const neverMs = Number.MAX_SAFE_INTEGER;

function expectOneOf(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw invalidArgument(name, allowed.map((word) => JSON.stringify(word)).join(" or "), value);
}

/**
 * Follows a collection: lists once, then watches, for ever, into a target.
 *
 * The target holds a state that the server really had, the one at
 * `lastSyncResourceVersion`: a watch that ends is resumed there, and a list
 * replaces everything in one step. Never two streams at once, never a list
 * beside a watch (P1, P3). Errors do not end it: they are told through
 * `onProgress` and repaired; only the signal ends it.
 */
export class Reflector<T> {
  readonly #options: ReflectorOptions<T>;
  readonly #name: string;
  readonly #backoff: Backoff;
  readonly #writer: Writer<T>;
  #state: ReflectorState;
  #isStarted = false;
  #present: Stream<T> | undefined;
  /** A list has begun, and is not written yet. */
  #isListing = false;
  /** What was written turned out to be wrong; the next step is to list. */
  #mistrust: KubeError | undefined;

  constructor(options: ReflectorOptions<T>) {
    expectInteger("minWatchTimeoutSeconds", options.minWatchTimeoutSeconds, 1);
    expectDuration("markerDeadlineMs", options.markerDeadlineMs);
    expectDuration("streamingListMaxMs", options.streamingListMaxMs);
    expectOneOf("streamingList", options.streamingList, ["auto", "off"]);
    expectOneOf("initialResourceVersion", options.initialResourceVersion, ["", "0"]);
    expectDuration("backoff.resetAfterMs", options.backoff?.resetAfterMs);
    this.#options = options;
    this.#name = options.name ?? "objects";
    this.#backoff = new Backoff({ ...options.backoff, resetAfterMs: neverMs });
    const { target } = options;
    const noted: ReflectorTarget<T> = {
      replace: (items, resourceVersion) => {
        this.#isListing = false;
        return target.replace(items, resourceVersion);
      },
      apply: (changes) => target.apply(changes),
    };
    this.#writer = new Writer(noted, this.#name);
    this.#state = initialState({
      streamingList: options.streamingList,
      initialResourceVersion: options.initialResourceVersion,
      backoffResetAfterMs: options.backoff?.resetAfterMs,
    });
  }

  /** As far as the target was written to; "" before the first sync (R14). */
  get lastSyncResourceVersion(): string {
    return this.#writer.resourceVersion;
  }

  /**
   * Follow until `signal` aborts; runs once.
   *
   * Resolves when the signal has aborted and nothing of it runs any more: its
   * stream is closed, no timer is left, the target is not called again. Rejects
   * with `ALREADY_STARTED` only. A `ListWatch` that ignores its signal holds
   * this up.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#isStarted) {
      throw new KubeError(
        "ALREADY_STARTED",
        `Reflect ${this.#name}: it has run before, make a new reflector`,
      );
    }
    this.#isStarted = true;
    const report: ProgressListener = (progress) => {
      if (!signal.aborted) this.#tell(progress);
    };
    let { step } = this.#state;
    while (!signal.aborted) {
      const outcome =
        step.type === "list"
          ? await this.#list(step, report, signal)
          : await this.#stream(step, report, signal);
      if (signal.aborted) break;
      const next = transition(this.#state, outcome);
      this.#state = next.state;
      step = next.step;
      if (next.streamingUnsupported !== undefined) {
        report({ type: "streaming-unsupported", why: next.streamingUnsupported });
      }
      await this.#wait(next.wait, report, signal);
    }
    this.#tell({ type: "stopped" });
  }

  /**
   * List again, since what was written turned out to be wrong.
   *
   * The error is reported as one of the store; the watch under way is given up.
   * A list that has begun is enough.
   */
  relist(error: KubeError): void {
    if (this.#isListing) return;
    this.#mistrust ??= error;
    this.#present?.mistrust(error);
  }

  #tell: ProgressListener = (progress) => {
    try {
      this.#options.onProgress?.(progress);
    } catch {
      // Whoever only listens must not be able to end what everyone reads from.
    }
  };

  async #wait(wait: Wait, report: ProgressListener, signal: AbortSignal): Promise<void> {
    if (wait.type === "none") return;
    if (wait.isFresh) this.#backoff.reset();
    const delayMs = Math.max(this.#backoff.nextMs(), wait.atLeastMs);
    report({ type: "waiting", delayMs, attempt: this.#backoff.attempt });
    await delay(delayMs, signal);
  }

  async #list(step: ListStep, report: ProgressListener, signal: AbortSignal): Promise<Outcome> {
    const { reason } = step;
    this.#mistrust = undefined;
    this.#isListing = true;
    report({ type: "list-started", reason, resourceVersion: step.resourceVersion, isStreaming: false });
    let list: CompleteList<T>;
    try {
      const { resourceVersion } = step;
      list = await collect(this.#options.listWatch.list({ resourceVersion, signal }), signal);
    } catch (thrown) {
      const error = KubeError.from(thrown, "BAD_RESPONSE", `List ${this.#name}`);
      report({ type: "error", step: "list", error });
      return { type: "list-failed", at: Date.now(), error };
    }
    const { items, resourceVersion } = list;
    const storeError = signal.aborted
      ? undefined
      : await this.#writer.replace(items, resourceVersion, signal);
    if (storeError !== undefined) {
      report({ type: "error", step: "store", error: storeError });
      const { resourceVersion } = this.#writer;
      return { type: "store-failed", at: Date.now(), resourceVersion, followedMs: 0 };
    }
    report({ type: "listed", resourceVersion, items: items.length, isStreaming: false });
    return { type: "listed", at: Date.now(), resourceVersion };
  }

  async #stream(
    step: StreamingListStep | WatchStep,
    report: ProgressListener,
    signal: AbortSignal,
  ): Promise<Outcome> {
    if (step.type === "streaming-list") {
      this.#mistrust = undefined;
      this.#isListing = true;
    }
    const { listWatch, minWatchTimeoutSeconds, markerDeadlineMs, streamingListMaxMs } = this.#options;
    const stream = new Stream({
      listWatch,
      writer: this.#writer,
      name: this.#name,
      step,
      // Anew for each request (R21).
      timeoutSeconds: watchTimeoutSeconds(minWatchTimeoutSeconds),
      markerDeadlineMs: markerDeadlineMs ?? 10_000,
      streamingListMaxMs: streamingListMaxMs ?? 300_000,
      report,
      onMarker: (resourceVersion) => {
        const reached: Outcome = { type: "marker-reached", at: Date.now(), resourceVersion };
        this.#state = transition(this.#state, reached).state;
      },
    });
    if (this.#mistrust !== undefined) stream.mistrust(this.#mistrust);
    this.#present = stream;
    try {
      return await stream.read(signal);
    } finally {
      this.#present = undefined;
    }
  }
}
