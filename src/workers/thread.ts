import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { KubeError } from "../base/errors.ts";
import { thrownName } from "../base/thrown-name.ts";
import type { ThreadLimits } from "../controller/threads.ts";
import { bootstrap, libraryOf } from "./bootstrap.ts";
import { type CrossingError, unpackError } from "./crossing-error.ts";
import { type FromThread, protocol, type ThreadData, type ToThread } from "./messages.ts";

/** What a thread is made of. */
export interface ThreadParts extends Omit<ThreadData, "protocol" | "port" | "library"> {
  /** In debuggers and profiles. */
  readonly name: string;
  readonly resourceLimits: ThreadLimits | undefined;
  /** Told of all that the thread says, but that it is ready. */
  readonly onMessage: (message: FromThread) => void;
}

/** What Node itself says of a module that it cannot load; the text of any other error may quote anything. */
function loadFailure(packed: CrossingError): string {
  const isNodes = packed.name === "SyntaxError" || packed.code?.startsWith("ERR_") === true;
  const isOurs = packed.name === "KubeError";
  return isNodes || isOurs ? packed.message : `it threw (${packed.name}); see the cause`;
}

/** How a thread came to its end, by itself. */
function endOf(code: number, error: unknown): string {
  if (error === undefined) return `it exited with code ${code}`;
  const isFull = error instanceof Error && Reflect.get(error, "code") === "ERR_WORKER_OUT_OF_MEMORY";
  return isFull
    ? "it ran out of memory"
    : `an error was not caught in it (${thrownName(error)}); see the cause`;
}

/** One thread that reconciles, from its start to its end; it is not started again. */
export class Thread {
  /** Resolves once it can reconcile; rejects with why it cannot, and where it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it is no more, with why; never rejects. */
  readonly ended: Promise<KubeError>;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #onMessage: (message: FromThread) => void;
  readonly #ready = Promise.withResolvers<void>();
  #why: KubeError | undefined;
  #isOver = false;

  constructor({ name, resourceLimits, onMessage, ...data }: ThreadParts) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#onMessage = onMessage;
    this.ready = this.#ready.promise;
    // Whoever does not wait for it is told by its end.
    this.ready.catch(() => {});
    const threadData: ThreadData = { ...data, protocol, port: port2, library: libraryOf(import.meta.url) };
    this.#worker = new Worker(bootstrap, {
      eval: true,
      name,
      workerData: { "kube-reflex": threadData },
      transferList: [port2],
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
    });
    let uncaught: unknown;
    this.#worker.once("error", (error) => {
      uncaught = error;
    });
    const { promise, resolve } = Promise.withResolvers<KubeError>();
    this.ended = promise;
    this.#worker.once("exit", (code) => {
      this.#drain();
      this.#why ??= new KubeError("RECONCILE_FAILED", endOf(code, uncaught), { cause: uncaught });
      this.#isOver = true;
      port1.close();
      this.#ready.reject(this.#why);
      resolve(this.#why);
    });
    port1.on("message", (message: FromThread) => this.#on(message));
  }

  /** Tell it something; nobody hears it once it has ended. */
  post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    if (!this.#isOver) this.#port.postMessage(message, [...transfer]);
  }

  /** End it, whatever it does. */
  async terminate(why: KubeError): Promise<void> {
    this.#why ??= why;
    await this.#worker.terminate();
    await this.ended;
  }

  #on(message: FromThread): void {
    if (message.type === "ready") this.#ready.resolve();
    else if (message.type === "unusable") void this.terminate(unusable(message.error));
    else this.#onMessage(message);
  }

  /** What it said last counts: a write that was granted, a reconcile that has ended. */
  #drain(): void {
    let received = receiveMessageOnPort(this.#port);
    while (received !== undefined) {
      this.#on(received.message);
      received = receiveMessageOnPort(this.#port);
    }
  }
}

function unusable(packed: CrossingError): KubeError {
  const cause = unpackError(packed);
  return new KubeError("RECONCILE_FAILED", `it cannot be loaded: ${loadFailure(packed)}`, { cause });
}
