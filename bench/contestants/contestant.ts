import { readFileSync } from "node:fs";
import { get } from "node:http";
import { type ELDHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/** What a contestant is asked to do: the JSON in its first argument. */
export interface Task {
  /** The kubeconfig of the server. */
  readonly kubeconfig: string;
  /** The server's control address; none where it is a real one. */
  readonly control?: string;
  /** How many objects the collection has. */
  readonly objects: number;
  /** How many events there will be. */
  readonly events?: number;
  /** Events a second; as fast as can be where absent. */
  readonly perSecond?: number;
  readonly kind?: "pods" | "configmaps";
  /** The millisecond of the Unix epoch in which the process was started. */
  readonly startedAt?: number;
  /** Switches of one contestant, such as another kind of store. */
  readonly variant?: string;
}

/** Named numbers; those of all runs of one contestant have the same names. */
export type Figures = Record<string, number>;

export const task: Task = JSON.parse(process.argv[2] ?? "{}");

/** The name of the object after which no event comes. */
export const lastKey = "ns-0/zz-last";

/** Ask the server for events on the open watches. */
export function go(watches = 1): Promise<void> {
  const { control, events, perSecond = 0 } = task;
  return new Promise((resolve, reject) => {
    const url = `${control}/go?events=${events}&perSecond=${perSecond}&watches=${watches}`;
    get(url, (response) => response.resume().once("end", resolve)).once("error", reject);
  });
}

/** The most memory that this process has had, in bytes; 0 where the system does not tell. */
export function peakBytes(): number {
  try {
    const [, kib = "0"] = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return Number(kib) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What the process holds once nothing is left to collect; run with --expose-gc. */
export async function memory(): Promise<{ readonly rss: number; readonly heap: number }> {
  // Twice, and a turn between: what is let go by finalizers goes at the second.
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

/** Milliseconds since the process was started by whoever measures. */
export function sinceStartMs(): number {
  return performance.timeOrigin + performance.now() - (task.startedAt ?? performance.timeOrigin);
}

/** Tell what was measured, and end. */
export function report(figures: Figures): never {
  console.log(JSON.stringify({ ...figures, peakMB: peakBytes() / 1e6, totalCpuMs: cpuMs() }));
  process.exit(0);
}

/** How long the event loop was held up; includes the millisecond between two looks. */
export class LoopDelay {
  readonly #histogram: ELDHistogram = monitorEventLoopDelay({ resolution: 1 });

  constructor() {
    this.#histogram.enable();
  }

  async figures(): Promise<Figures> {
    // What held it up last is seen at the next look.
    await new Promise((resolve) => setTimeout(resolve, 2));
    this.#histogram.disable();
    return { loopP99Ms: this.#histogram.percentile(99) / 1e6, loopMaxMs: this.#histogram.max / 1e6 };
  }
}

/** Times the way from the request for events to the last of them. */
export class EventsTimer {
  #began = 0;
  #cpu = 0;

  async go(watches?: number): Promise<void> {
    this.#began = performance.now();
    this.#cpu = cpuMs();
    await go(watches);
  }

  /** Call when all events have been dealt with. */
  figures(events: number = task.events ?? 0): Figures {
    const ms = performance.now() - this.#began;
    return { perSecond: (events / ms) * 1000, perCpuSecond: (events / (cpuMs() - this.#cpu)) * 1000 };
  }
}

/** What every contestant reads of a pod that it is told of. */
interface ReadPod {
  readonly metadata?: { readonly name?: string };
  readonly status?: { readonly phase?: string };
  readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
}

/** Reads a few fields of each pod, so that nobody can leave them unparsed. */
export class PodReader {
  #letters = 0;

  read(pod: ReadPod): void {
    this.#letters += (pod.metadata?.name ?? "").length + (pod.status?.phase ?? "").length;
    this.#letters += (pod.spec?.containers?.[0]?.image ?? "").length;
  }

  get letters(): number {
    return this.#letters;
  }
}
