import type { KubeError } from "../../src/base/errors.ts";
import type { ListenerHandlers } from "../../src/informer/handlers.ts";
import type { ListenOptions } from "../../src/informer/informer-options.ts";
import type { ConfigMap } from "../../src/kinds/index.ts";
import { type ByteWorld, stateOf } from "./byte-world.ts";
import { wait } from "./source.ts";

/** How one listener of a simulation behaves. */
export interface ListenerPlan {
  readonly isByKey: boolean;
  readonly delivery: "every-event" | "latest";
  readonly overflow: "coalesce" | "pause";
  readonly highWaterMark: number;
  readonly slowMs: number;
  /** Every so many calls throw; 0 is none. */
  readonly throwsEvery: number;
  readonly retries: boolean;
  readonly unchanged: boolean;
  readonly resyncMs: number;
}

/** What a listener was told, checked call by call against what the server had. */
export class Told {
  readonly options: ListenOptions;
  readonly handlers: ListenerHandlers<ConfigMap>;
  readonly faults: string[] = [];
  readonly #world: ByteWorld;
  readonly #plan: ListenerPlan;
  /** By key, the resourceVersion told last. */
  readonly known: Map<string, number> = new Map();
  readonly #last = new Map<string, number>();
  #calls = 0;
  #isRunning = false;
  /** Whether a failed call is never made again, so that what was told has holes. */
  readonly hasHoles: boolean;
  /** Whether what came to be and went again may be told as gone alone. */
  readonly #mayMerge: boolean;

  constructor(world: ByteWorld, plan: ListenerPlan) {
    this.#world = world;
    this.#plan = plan;
    this.hasHoles = plan.throwsEvery > 0 && !plan.retries;
    const { delivery, overflow, highWaterMark, unchanged, resyncMs, retries } = plan;
    this.#mayMerge = delivery === "latest" || (overflow === "coalesce" && highWaterMark < 100);
    const retry = retries ? { retry: { attempts: 5, initialMs: 5, jitter: 0 } } : {};
    this.options = { delivery, overflow, highWaterMark, unchanged, resyncMs, ...retry };
    this.handlers = plan.isByKey
      ? { changed: (key, { type }) => this.#call(() => this.#changed(key, type)) }
      : {
          added: (object, { initial }) => this.#call(() => this.#added(object, initial)),
          modified: (object, previous) => this.#call(() => this.#modified(object, previous)),
          deleted: (object, { finalStateUnknown }) =>
            this.#call(() => this.#deleted(object, finalStateUnknown)),
        };
  }

  #call(note: () => void): unknown {
    this.#expect(!this.#isRunning, "two calls at once (I2)");
    this.#calls++;
    const { throwsEvery, slowMs } = this.#plan;
    if (throwsEvery > 0 && this.#calls % throwsEvery === 0) throw new Error("as planned");
    note();
    if (slowMs === 0) return undefined;
    this.#isRunning = true;
    return wait(slowMs).then(() => {
      this.#isRunning = false;
    });
  }

  #changed(key: string, type: "ADDED" | "MODIFIED" | "DELETED"): void {
    if (!this.hasHoles && !(type === "DELETED" && this.#mayMerge)) {
      this.#expect(this.known.has(key) === (type !== "ADDED"), `${type} ${key}`);
    }
    if (type === "DELETED") this.known.delete(key);
    else this.known.set(key, 0);
  }

  #added(object: ConfigMap, initial: boolean): void {
    const { key, rv } = this.#read(object);
    if (!this.hasHoles) this.#expect(!this.known.has(key), `ADDED ${key} twice${initial ? ", initial" : ""}`);
    this.#tell(key, rv);
  }

  #modified(object: ConfigMap, previous: ConfigMap): void {
    const { key, rv, uid } = this.#read(object);
    const before = this.#read(previous);
    this.#expect(before.key === key && before.uid === uid, `MODIFIED ${key}: its previous is another object`);
    if (!this.hasHoles) {
      this.#expect(
        this.known.get(key) === before.rv,
        `MODIFIED ${key} was ${before.rv}, told ${this.known.get(key)}`,
      );
    }
    this.#tell(key, rv);
  }

  #deleted(object: ConfigMap, finalStateUnknown: boolean): void {
    const { key, rv } = this.#read(object);
    if (!this.hasHoles && !this.#mayMerge) this.#expect(this.known.has(key), `DELETED ${key}, never told of`);
    if (!finalStateUnknown) this.#expect(rv > (this.#last.get(key) ?? 0), `DELETED ${key}@${rv} goes back`);
    this.#last.set(key, Math.max(rv, this.#last.get(key) ?? 0));
    this.known.delete(key);
  }

  #tell(key: string, rv: number): void {
    this.#expect(rv >= (this.#last.get(key) ?? 0), `${key}@${rv} after ${this.#last.get(key)}`);
    this.#last.set(key, rv);
    this.known.set(key, rv);
  }

  #read(object: ConfigMap): { key: string; rv: number; uid: string } {
    try {
      return stateOf(this.#world, object);
    } catch (error) {
      this.faults.push(String(error));
      throw error;
    }
  }

  #expect(holds: boolean, what: string): void {
    if (!holds) this.faults.push(what);
  }

  /** What is wrong now that nothing is on its way any more. */
  atTheEnd(): string[] {
    const faults = [...this.faults];
    if (this.hasHoles) return faults;
    const expected = [...this.#world.objects.values()].map(
      ({ key, rv }) => `${key}@${this.#plan.isByKey ? 0 : rv}`,
    );
    const told = [...this.known].map(([key, rv]) => `${key}@${rv}`);
    if (expected.sort().join() !== told.sort().join())
      faults.push(`knows ${told.join()}, there are ${expected.join()}`);
    return faults;
  }
}

/** Whether an error says that bytes could not be read, at whatever depth. */
export function isCorrupt(error: unknown): boolean {
  for (
    let one = error as KubeError | undefined;
    one !== undefined;
    one = one.cause as KubeError | undefined
  ) {
    if (one.code === "FRAME_CORRUPT") return true;
  }
  return false;
}
