import { KubeError } from "../base/errors.ts";
import type { ControllerCluster, ReconcileScope } from "../controller/cluster-port.ts";
import type { ReconcileRequest } from "../controller/reconcile.ts";
import type { ReconcileThreads, ThreadsPlan, ThreadsPorts, ThreadsReport } from "../controller/threads.ts";
import type { KubeObject } from "../resource/object.ts";
import type { OwnChange } from "../workers/messages.ts";
import type { SharedPart, ThreadHost } from "../workers/thread-host.ts";
import type { HandleContext } from "./handle-context.ts";
import type { WriteTarget } from "./write-router.ts";

/** A collection that is followed; its store is asked for once threads are to read it. */
type Part = Omit<SharedPart, "store"> & { readonly store: () => SharedPart["store"] };

/** What the host of one controller does for its threads; next to nothing where it has none. */
export class ControllerThreads implements ThreadHost {
  readonly #context: HandleContext;
  readonly #parts: Part[] = [];
  readonly #copies: WriteTarget[] = [];
  /** There while threads are wanted. */
  #scopes: WeakMap<ControllerCluster, ReconcileScope> | undefined;
  #onChange: ((change: OwnChange) => void) | undefined;

  constructor(context: HandleContext) {
    this.#context = context;
  }

  /** Remember a part; returns where its writes go: to `copy`, and to the threads. */
  share(part: Part, copy: WriteTarget): WriteTarget {
    const at = this.#parts.push(part) - 1;
    this.#copies.push(copy);
    return {
      written: (written) => {
        copy.written(written);
        this.#onChange?.({ part: at, written });
      },
      deleted: (deleted) => {
        copy.deleted(deleted);
        this.#onChange?.({ part: at, deleted });
      },
    };
  }

  scoped(cluster: ControllerCluster, scope: ReconcileScope): void {
    this.#scopes?.set(cluster, scope);
  }

  make<T extends KubeObject>(plan: ThreadsPlan<T>): ReconcileThreads<T> {
    this.#scopes = new WeakMap();
    return new LazyThreads(plan, this);
  }

  parts(): readonly SharedPart[] {
    return this.#parts.map((part) => ({ ...part, store: part.store() }));
  }

  get userAgent(): string {
    return this.#context.client.userAgent;
  }

  get fieldManager(): string | undefined {
    return this.#context.fieldManager;
  }

  get transport(): HandleContext["transport"] {
    return this.#context.transport;
  }

  scopeOf(cluster: ControllerCluster): ReconcileScope | undefined {
    return this.#scopes?.get(cluster);
  }

  take(change: OwnChange): void {
    const copy = this.#copies[change.part];
    if ("deleted" in change) copy?.deleted(change.deleted);
    else copy?.written(change.written);
  }

  onChange(listener: (change: OwnChange) => void): () => void {
    this.#onChange = listener;
    return () => {
      this.#onChange = undefined;
    };
  }

  warned(message: string, step: string): void {
    this.#context.warned?.({ message, step });
  }
}

type MakeThreads = <T extends KubeObject>(plan: ThreadsPlan<T>, host: ThreadHost) => ReconcileThreads<T>;

/** Where the room of the threads is: beside what is built, or among the sources. */
const places = ["./workers.js", "../worker-thread/index.ts"];

/**
 * Load the room of the threads, in a way that no bundler follows: it would come to be a part of every program.
 *
 * A program that is one file gives it as an option.
 */
async function loaded(): Promise<MakeThreads> {
  for (const place of places) {
    try {
      const { workerThreads } = await import(/* webpackIgnore: true */ /* @vite-ignore */ place);
      // Its type says less than it is, for those to whom it is an option.
      return workerThreads;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  throw new KubeError(
    "UNSUPPORTED",
    "Start worker threads: this program is bundled, and without what they need; import { workerThreads } from " +
      '"kube-reflex/workers" and say workers(count, module, { threads: workerThreads })',
  );
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, "code") === "ERR_MODULE_NOT_FOUND";
}

/** Threads whose room is loaded when they start: most programs have none. */
class LazyThreads<T extends KubeObject> implements ReconcileThreads<T> {
  readonly #plan: ThreadsPlan<T>;
  readonly #host: ThreadHost;
  #threads: ReconcileThreads<T> | undefined;

  constructor(plan: ThreadsPlan<T>, host: ThreadHost) {
    this.#plan = plan;
    this.#host = host;
  }

  async start(ports: ThreadsPorts): Promise<void> {
    const make = (this.#plan.threads as MakeThreads | undefined) ?? (await loaded());
    if (ports.signal.aborted) return;
    this.#threads = make(this.#plan, this.#host);
    await this.#threads.start(ports);
  }

  async reconcile(request: ReconcileRequest<T>): Promise<unknown> {
    if (this.#threads !== undefined) return this.#threads.reconcile(request);
    throw new KubeError("STOPPED", `Reconcile ${request.key} in a worker: there is none`);
  }

  async stop(): Promise<void> {
    await this.#threads?.stop();
  }

  report(): ThreadsReport {
    const none = { ready: 0, crashes: 0, lastCrash: undefined, problems: [] };
    return this.#threads?.report() ?? { count: this.#plan.count, ...none };
  }
}
