import { afterEach, beforeEach, expect, vi } from "vitest";
import type { ReflectorProgress } from "../../src/reflector/progress.ts";
import { Reflector, type ReflectorOptions } from "../../src/reflector/reflector.ts";
import type { ReflectorTarget } from "../../src/reflector/target.ts";
import type { BookmarkRecord, ChangeRecord, ObjectRecord } from "../../src/resource/watch-event.ts";
import { type ListScript, type Pod, ScriptedListWatch, type WatchScript } from "./scripted-list-watch.ts";

/** A target that keeps what it was told, as a map and as a log. */
export class RecordingTarget implements ReflectorTarget<Pod> {
  readonly log: string[] = [];
  readonly objects: Map<string, string> = new Map();
  /** Called before each write; may throw, or give a promise. */
  before: (call: string) => void | Promise<void> = () => {};

  replace(items: readonly ObjectRecord<Pod>[], resourceVersion: string): void | Promise<void> {
    const call = `replace [${items.map(({ key }) => key).join(" ")}] at ${JSON.stringify(resourceVersion)}`;
    return this.#write(call, () => {
      this.objects.clear();
      for (const item of items) this.objects.set(item.key, item.resourceVersion);
    });
  }

  apply(changes: readonly (ChangeRecord<Pod> | BookmarkRecord)[]): void | Promise<void> {
    const words = changes.map((change) =>
      change.type === "BOOKMARK" ? `BOOKMARK ${change.resourceVersion}` : `${change.type} ${change.key}`,
    );
    return this.#write(`apply ${words.join(", ")}`, () => {
      for (const change of changes) {
        if (change.type === "DELETED") this.objects.delete(change.key);
        else if (change.type !== "BOOKMARK") this.objects.set(change.key, change.resourceVersion);
      }
    });
  }

  #write(call: string, commit: () => void): void | Promise<void> {
    this.log.push(call);
    const before = this.before(call);
    if (before === undefined) return commit();
    return before.then(commit);
  }
}

type Report<K extends ReflectorProgress["type"]> = Extract<ReflectorProgress, { type: K }>;

export interface Harness {
  readonly cluster: ScriptedListWatch;
  readonly target: RecordingTarget;
  readonly reflector: Reflector<Pod>;
  readonly progress: ReflectorProgress[];
  readonly running: Promise<void>;
  readonly controller: AbortController;
  /** The reports of one type. */
  reports<K extends ReflectorProgress["type"]>(type: K): Report<K>[];
  stop(): Promise<void>;
}

type Scripts = { lists?: ListScript[]; watches?: WatchScript[] };
type Options = Partial<ReflectorOptions<Pod>> & { prepare?: (target: RecordingTarget) => void };

/** Run a reflector against a script; call it with fake timers on. */
export function reflect(scripts: Scripts, options: Options = {}): Harness {
  const { prepare, ...rest } = options;
  const cluster = new ScriptedListWatch(scripts);
  const target = new RecordingTarget();
  prepare?.(target);
  const progress: ReflectorProgress[] = [];
  const controller = new AbortController();
  const reflector = new Reflector<Pod>({
    listWatch: cluster,
    target,
    name: "pods",
    onProgress: (report) => void progress.push(report),
    ...rest,
  });
  const running = reflector.run(controller.signal);
  return {
    cluster,
    target,
    reflector,
    progress,
    running,
    controller,
    reports: <K extends ReflectorProgress["type"]>(type: K) =>
      progress.filter((report): report is Report<K> => report.type === type),
    stop: async () => {
      controller.abort();
      await running;
    },
  };
}

/** Let everything that is due at this moment happen. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

/** Let fake time pass. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** Run each test of a file in virtual time, with the shortest delay of each back-off, and see no timer left. */
export function useFakeTime(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    // 800 ms, 1600 ms, 3200 ms …
    vi.spyOn(Math, "random").mockReturnValue(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
}
