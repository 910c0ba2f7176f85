import { afterEach, beforeEach, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import type { Logger } from "../../src/base/logger.ts";
import type { EventPort } from "../../src/events/event-port.ts";
import { EventRecorder, type EventRecorderOptions } from "../../src/events/event-recorder.ts";
import type { EventReport } from "../../src/events/event-report.ts";
import type { EventsV1Event } from "../../src/kinds/events.ts";
import type { KubeObject } from "../../src/resource/object.ts";

/** One request that a recorder made. */
export interface Call {
  readonly verb: "create" | "patch";
  readonly namespace: string;
  readonly name: string;
  /** The event that is created, or what is merged. */
  readonly body: Partial<EventsV1Event>;
  readonly signal: AbortSignal | undefined;
}

/** A server of events that answers as it is told. */
export class ScriptedEvents implements EventPort {
  readonly calls: Call[] = [];
  /** What a call is answered with, unless there is something in `next`. */
  answer: (call: Call) => unknown = () => ({});
  /** Answers for the calls to come, one each. */
  readonly next: ((call: Call) => unknown)[] = [];

  inNamespace(namespace: string): ReturnType<EventPort["inNamespace"]> {
    return {
      create: (event, options) =>
        this.#call({
          verb: "create",
          namespace,
          name: event.metadata.name ?? "",
          body: structuredClone(event),
          signal: options?.signal,
        }),
      withName: (name) => ({
        patch: ({ merge }, options) =>
          this.#call({
            verb: "patch",
            namespace,
            name,
            body: structuredClone(merge),
            signal: options?.signal,
          }),
      }),
    };
  }

  /** What was asked for, briefly: `create`, `patch 2`. */
  get brief(): string[] {
    return this.calls.map(({ verb, body }) => [verb, body.series?.count].filter(Boolean).join(" "));
  }

  async #call(call: Call): Promise<unknown> {
    this.calls.push(call);
    return (this.next.shift() ?? this.answer)(call);
  }
}

/** A logger that remembers. */
export class RememberedLog implements Logger {
  readonly lines: { readonly level: string; readonly fields: object; readonly message: string }[] = [];
  debug(fields: object, message: string): void {
    this.lines.push({ level: "debug", fields, message });
  }
  info(fields: object, message: string): void {
    this.lines.push({ level: "info", fields, message });
  }
  warn(fields: object, message: string): void {
    this.lines.push({ level: "warn", fields, message });
  }
  error(fields: object, message: string): void {
    this.lines.push({ level: "error", fields, message });
  }
}

export const began: number = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** Fake timers, the clock at {@link began}, and no chance. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: began });
    vi.spyOn(Math, "random").mockReturnValue(0.5);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
}

/** A recorder with its server and its log. */
export function recorderOf(options: Partial<EventRecorderOptions> = {}): {
  recorder: EventRecorder;
  events: ScriptedEvents;
  log: RememberedLog;
} {
  const events = new ScriptedEvents();
  const log = new RememberedLog();
  const recorder = new EventRecorder({
    events,
    reportingController: "example.com/widgets",
    reportingInstance: "widgets-0",
    log,
    ...options,
  });
  return { recorder, events, log };
}

export function widget(name = "blue", more: KubeObject["metadata"] = {}): KubeObject {
  return {
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { namespace: "shop", name, uid: `uid-${name}`, resourceVersion: "7", ...more },
  };
}

export const scaled: EventReport = { type: "Normal", reason: "Scaled", action: "Scale", note: "to 3" };

/** A different event each time. */
export function differing(index: number): EventReport {
  return { ...scaled, reason: `Scaled${index}` };
}

export const unreachable = (): never => {
  throw new KubeError("CONNECTION_FAILED", "connect ECONNREFUSED");
};

export function answers(status: number, reason: string, cause?: string): () => never {
  return () => {
    const details = cause === undefined ? {} : { details: { causes: [{ reason: cause }] } };
    throw new ApiError(`events: ${reason} (${status})`, { status, reason, ...details });
  };
}

/** Let everything run that waits for nothing. */
export const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
export const minutes = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 60_000);
