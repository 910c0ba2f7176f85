import { onAbort } from "../base/abort.ts";
import { Backoff } from "../base/backoff.ts";
import { KubeError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { ReconcileScope } from "../controller/cluster-port.ts";
import type { ReconcileRequest } from "../controller/reconcile.ts";
import type { KubeObject } from "../resource/object.ts";
import type { Transport } from "../transport/port.ts";
import { packError, unpackError } from "./crossing-error.ts";
import { unpackFields } from "./crossing-fields.ts";
import type { FromThread, OwnChange, ToThread } from "./messages.ts";
import { leaveReason, RequestRelay } from "./request-relay.ts";
import { Thread, type ThreadParts } from "./thread.ts";
import { ThreadCall } from "./thread-call.ts";

/** What a slot needs of all of them. */
export interface SlotPorts {
  readonly controller: string;
  readonly keysPerThread: number;
  readonly blockedAfterMs: number;
  readonly log: Logger;
  readonly transport: Transport;
  /** What the next thread of this slot is started with. */
  threadParts(): Omit<ThreadParts, "name" | "onMessage">;
  /** It may reconcile one more than before. */
  onFree(): void;
  /** One of its reconciles has written something. */
  onChange(change: OwnChange, from: WorkerSlot): void;
  onWarning(message: string, step: string): void;
  onCrash(error: KubeError): void;
}

/** A thread that has run for so long without a crash is well again. */
const wellAfterMs = 60_000;

/** The place of one thread: starts it, gives it keys, and puts another one there where it crashes. */
export class WorkerSlot {
  readonly #number: number;
  readonly #ports: SlotPorts;
  readonly #calls = new Map<number, ThreadCall>();
  /** The first replacement comes at once. */
  readonly #backoff = new Backoff({ initialMs: 200, maxMs: 30_000, resetAfterMs: Number.MAX_VALUE });
  #thread: Thread | undefined;
  #relay: RequestRelay | undefined;
  #hasStarted = false;
  #isReady = false;
  #readyAt = 0;
  #isStopped = false;
  /** One after the other, without a reconcile that ended. */
  #crashesInARow = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reconciles = 0;

  constructor(number: number, ports: SlotPorts) {
    this.#number = number;
    this.#ports = ports;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** How many more keys it takes now. */
  get free(): number {
    return this.#isReady ? this.#ports.keysPerThread - this.#calls.size : 0;
  }

  /** What is wrong with it, in one line. */
  get problem(): string | undefined {
    if (this.#crashesInARow < 2 || this.#isStopped || this.#isWell) return undefined;
    const what = this.#isReady ? "runs again" : "is not running";
    return `worker ${this.#number} crashed ${this.#crashesInARow} times in a row, and ${what}`;
  }

  /** Start its first thread; rejects where that cannot reconcile, and no other is started then. */
  async start(): Promise<void> {
    const thread = this.#begin();
    await thread.ready;
    this.#hasStarted = true;
  }

  /** Reconcile in its thread, which must be free. */
  run(request: ReconcileRequest<KubeObject>, scope: ReconcileScope | undefined): Promise<unknown> {
    const reconcile = this.#reconciles++;
    const call = new ThreadCall(request, scope);
    this.#calls.set(reconcile, call);
    const { key, attempt, reason, signal } = request;
    this.post({ type: "reconcile", reconcile, key, attempt, reason });
    call.stopListening = onAbort(signal, () => this.#abort(reconcile, call, signal.reason));
    return call.result;
  }

  post(message: ToThread): void {
    this.#thread?.post(message);
  }

  /** End its thread, whatever it does; resolves when it is no more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#isReady = false;
    clearTimeout(this.#timer);
    await this.#thread?.terminate(new KubeError("STOPPED", "the controller has ended"));
  }

  get #isWell(): boolean {
    return this.#isReady && performance.now() - this.#readyAt > wellAfterMs;
  }

  /** Put another thread in the place of one that crashed. */
  #replace(): void {
    try {
      this.#begin();
    } catch (error) {
      // There may be no room for one.
      this.#onEnded(KubeError.from(error, "RECONCILE_FAILED", "no thread can be started"));
    }
  }

  #begin(): Thread {
    const thread = new Thread({
      ...this.#ports.threadParts(),
      name: `kube-reflex ${this.#ports.controller} ${this.#number}`,
      onMessage: (message) => this.#on(message),
    });
    this.#thread = thread;
    this.#relay = new RequestRelay(this.#ports.transport, (message, transfer) =>
      thread.post(message, transfer),
    );
    thread.ready.then(
      () => {
        if (this.#isStopped) return;
        this.#isReady = true;
        this.#readyAt = performance.now();
        for (let free = this.free; free > 0; free--) this.#ports.onFree();
      },
      () => {},
    );
    void thread.ended.then((why) => this.#onEnded(why));
    return thread;
  }

  #on(message: FromThread): void {
    switch (message.type) {
      case "result":
        this.#onResult(message.reconcile, (call) => call.resolve(message.result));
        break;
      case "failed":
        this.#onResult(message.reconcile, (call) => call.reject(unpackError(message.error)));
        break;
      case "aborting":
        clearTimeout(this.#calls.get(message.reconcile)?.timer);
        break;
      case "log":
        this.#log(message);
        break;
      case "change":
        this.#ports.onChange(message.change, this);
        break;
      case "warning":
        this.#ports.onWarning(message.message, message.step);
        break;
      case "request":
        void this.#relay?.begin(message, this.#calls.get(message.reconcile)?.scope);
        break;
      case "leave":
        this.#relay?.leave(message.request, leaveReason(message.error));
        break;
      case "credit":
        this.#relay?.credit(message.request, message.bytes);
        break;
    }
  }

  #log({ level, fields, reconcile, key, message }: Extract<FromThread, { readonly type: "log" }>): void {
    // After its reconcile has ended, a line has the controller's fields alone.
    const log = this.#calls.get(reconcile)?.request.log ?? this.#ports.log;
    log[level](unpackFields(fields, { worker: this.#number, key }), message);
  }

  #onResult(reconcile: number, settle: (call: ThreadCall) => void): void {
    const call = this.#calls.get(reconcile);
    if (call === undefined) return;
    this.#calls.delete(reconcile);
    this.#forgetCrashes();
    settle(call);
    this.#ports.onFree();
  }

  #forgetCrashes(): void {
    this.#crashesInARow = 0;
    this.#backoff.reset();
  }

  /** Let the thread end a reconcile; a thread that does not even hear of it is ended itself. */
  #abort(reconcile: number, call: ThreadCall, reason: unknown): void {
    this.post({ type: "abort", reconcile, reason: packError(reason) });
    const { blockedAfterMs } = this.#ports;
    const why = `it was ended: for ${blockedAfterMs} ms it did not hear that it was to give up ${call.request.key}, so it is blocked`;
    call.timer = setTimeout(
      () => void this.#thread?.terminate(new KubeError("TIMEOUT", why)),
      blockedAfterMs,
    );
  }

  #onEnded(why: KubeError): void {
    if (this.#isWell) this.#forgetCrashes();
    this.#isReady = false;
    this.#relay?.close();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    const { code, message, cause } = why;
    if (this.#hasStarted && !this.#isStopped) {
      this.#crashesInARow++;
      const at = calls.length === 0 ? "idle" : `at ${calls.map(({ request }) => request.key).join(", ")}`;
      const text = `Worker ${this.#number} of the controller ${this.#ports.controller}, ${at}: ${message}; another takes its place`;
      this.#ports.onCrash(new KubeError(code, text, { cause }));
      const delayMs = this.#crashesInARow === 1 ? 0 : this.#backoff.nextMs();
      this.#timer = setTimeout(() => this.#replace(), delayMs);
    }
    for (const call of calls) {
      call.reject(new KubeError(code, `worker ${this.#number} ended meanwhile: ${message}`, { cause }));
    }
  }
}
