import type { ListPart, ListRequest, ListWatch, WatchRequest } from "../../src/reflector/list-watch.ts";
import type { ReflectorTarget } from "../../src/reflector/target.ts";
import type {
  BookmarkRecord,
  ChangeRecord,
  ChangeType,
  ObjectRecord,
} from "../../src/resource/watch-event.ts";
import {
  apiError,
  bookmark,
  type Chunk,
  change,
  corruptFrame,
  errorRecord,
  gone,
  item,
  type Pod,
  pause,
  refusedConnection,
  tooLarge,
} from "./scripted-list-watch.ts";

/** What the server does to one list. */
export type ListFate = "whole" | "breaks" | "restarts" | "expired" | "too-large" | "busy" | "refused";

/** What the server does to one watch. */
export interface WatchFate {
  readonly opening: "accepted" | "refused" | "expired" | "too-large" | "busy" | "invalid";
  /** How long it follows. */
  readonly openMs: number;
  readonly ending: "clean" | "reset" | "expired" | "error" | "corrupt";
  /** What a streaming list gets where its marker belongs. */
  readonly marking: "marker" | "bookmark" | "nothing";
  readonly chunk: number;
}

const tickMs = 1000;
const longestTimerMs = 2 ** 31 - 1;

function openingError(opening: WatchFate["opening"]): Error | undefined {
  switch (opening) {
    case "accepted":
      return undefined;
    case "refused":
      return refusedConnection();
    case "expired":
      return gone();
    case "too-large":
      return tooLarge();
    case "busy":
      return apiError(429, "TooManyRequests", { retryAfterMs: 1000 });
    case "invalid":
      return apiError(422, "Invalid");
  }
}

/** A collection's whole history: one change a second, over a few names. */
export class History implements ListWatch<Pod> {
  readonly #changes: { type: ChangeType; key: string }[] = [];
  /** The state at each revision, from 0 on. */
  readonly #states: ReadonlyMap<string, string>[] = [new Map()];
  readonly #startedAt: number = Date.now();
  readonly #lists: ListFate[];
  readonly #watches: WatchFate[];
  readonly requestTimes: number[] = [];
  open = 0;
  mostOpen = 0;

  constructor(names: readonly number[], lists: readonly ListFate[], watches: readonly WatchFate[]) {
    const living = new Map<string, string>();
    for (const [index, name] of names.entries()) {
      const key = `pod-${name}`;
      const isLiving = living.has(key);
      const type = !isLiving ? "ADDED" : index % 3 === 0 ? "DELETED" : "MODIFIED";
      if (type === "DELETED") living.delete(key);
      else living.set(key, String(index + 1));
      this.#changes.push({ type, key });
      this.#states.push(new Map(living));
    }
    this.#lists = [...lists];
    this.#watches = [...watches];
  }

  /** The newest revision there is by now; the first is 1. */
  get newest(): number {
    return Math.min(this.#changes.length, 1 + Math.floor((Date.now() - this.#startedAt) / tickMs));
  }

  /** Each object's resourceVersion, in the state at a revision. */
  stateAt(revision: number): ReadonlyMap<string, string> {
    return this.#states[revision] ?? new Map();
  }

  async *list({ resourceVersion, signal }: ListRequest): AsyncGenerator<ListPart<Pod>, void, void> {
    const fate = this.#lists.shift() ?? "whole";
    this.#opened();
    try {
      if (fate === "refused") throw refusedConnection();
      if (fate === "busy") throw apiError(503, "Unknown", { retryAfterMs: 2000 });
      // The newest state can always be had.
      if (fate === "expired" && resourceVersion !== "") throw gone();
      if (fate === "too-large" && resourceVersion !== "") throw tooLarge();
      if (fate === "restarts") {
        yield { items: [item("pod-never", "1")], resourceVersion: "1" };
        await pause(200, signal);
      }
      const revision = this.newest;
      const items = [...this.stateAt(revision)].map(([key, rv]) => item(key, rv));
      const half = items.length >> 1;
      yield {
        items: items.slice(0, half),
        resourceVersion: String(revision),
        isRestart: fate === "restarts",
      };
      await pause(2500, signal);
      if (fate === "breaks") throw refusedConnection();
      yield { items: items.slice(half) };
    } finally {
      this.open -= 1;
    }
  }

  async *watch(request: WatchRequest): AsyncGenerator<Chunk, void, void> {
    const fate = this.#watches.shift() ?? healthy;
    this.#opened();
    try {
      const error = openingError(fate.opening);
      if (error !== undefined) throw error;
      request.onOpen();
      let sent = Number(request.resourceVersion);
      const endsAt = Date.now() + fate.openMs;
      if (request.sendInitialEvents) {
        sent = this.newest;
        yield [...this.stateAt(sent)].map(([key, rv]) => change("ADDED", key, rv));
        await pause(300, request.signal);
        if (fate.marking !== "nothing") yield [bookmark(String(sent), fate.marking === "marker")];
      }
      while (Date.now() < endsAt && !request.signal.aborted) {
        for (const chunk of this.#between(sent, this.newest, fate.chunk)) yield chunk;
        sent = this.newest;
        // Nothing more will happen once the whole history has been sent.
        const restMs = Math.min(endsAt - Date.now(), longestTimerMs);
        await pause(sent < this.#changes.length ? Math.min(tickMs, restMs) : restMs, request.signal);
      }
      if (request.signal.aborted) return;
      if (fate.ending === "reset") throw refusedConnection();
      if (fate.ending === "corrupt") throw corruptFrame();
      if (fate.ending === "expired") yield [errorRecord(410, "Expired")];
      if (fate.ending === "error") yield [errorRecord(500, "InternalError")];
    } finally {
      this.open -= 1;
    }
  }

  #opened(): void {
    this.requestTimes.push(Date.now());
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
  }

  #between(from: number, to: number, size: number): Chunk[] {
    const records = this.#changes
      .slice(from, to)
      .map(({ type, key }, index) => change(type, key, String(from + index + 1)));
    const chunks: Chunk[] = [];
    for (let at = 0; at < records.length; at += size) chunks.push(records.slice(at, at + size));
    if (to > from && to % 7 === 0) chunks.push([bookmark(String(to))]);
    return chunks;
  }
}

/** Follows for ever. */
const healthy: WatchFate = {
  opening: "accepted",
  openMs: Number.MAX_SAFE_INTEGER,
  ending: "clean",
  marking: "marker",
  chunk: 10,
};

/** Holds what it is given against the history at every write. */
export class CheckedTarget implements ReflectorTarget<Pod> {
  readonly objects: Map<string, string> = new Map();
  readonly #history: History;
  readonly #failures: Set<number>;
  #writes = 0;
  #isDirty = true;
  resourceVersion = "";
  /** What was found wrong first. */
  mismatch: string | undefined;

  /** `failures` are the numbers of the writes that fail. */
  constructor(history: History, failures: readonly number[]) {
    this.#history = history;
    this.#failures = new Set(failures);
  }

  replace(items: readonly ObjectRecord<Pod>[], resourceVersion: string): void {
    this.#write();
    this.objects.clear();
    for (const { key, resourceVersion } of items) this.objects.set(key, resourceVersion);
    this.#isDirty = false;
    this.#check(resourceVersion);
  }

  apply(changes: readonly (ChangeRecord<Pod> | BookmarkRecord)[]): void {
    if (this.#isDirty) this.mismatch ??= "a change came where only a replace could help";
    this.#write();
    for (const record of changes) {
      if (record.type === "DELETED") this.objects.delete(record.key);
      else if (record.type !== "BOOKMARK") this.objects.set(record.key, record.resourceVersion);
    }
    this.#check(changes.at(-1)?.resourceVersion ?? "");
  }

  #write(): void {
    this.#writes += 1;
    if (!this.#failures.has(this.#writes)) return;
    this.#isDirty = true;
    // What a failed write left behind is anything.
    this.objects.set("pod-half", "0");
    throw new Error("disk full");
  }

  #check(resourceVersion: string): void {
    this.resourceVersion = resourceVersion;
    const truth = this.#history.stateAt(Number(resourceVersion));
    const isTrue =
      truth.size === this.objects.size && [...truth].every(([key, rv]) => this.objects.get(key) === rv);
    if (!isTrue) this.mismatch ??= `never was so at ${resourceVersion}`;
  }
}
