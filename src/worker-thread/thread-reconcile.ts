import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { Client } from "../client/client.ts";
import type { HandleContext } from "../cluster/handle-context.ts";
import { ResourceHandle } from "../cluster/resource-handle.ts";
import { Selection } from "../cluster/selection.ts";
import type { ControllerCluster } from "../controller/cluster-port.ts";
import type { ReconcileRequest } from "../controller/reconcile.ts";
import { splitKey } from "../resource/key.ts";
import { isKind, type Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { packFields } from "../workers/crossing-fields.ts";
import type { FromThread, ThreadData, ToThread } from "../workers/messages.ts";
import type { PortTransport, Sender } from "./port-transport.ts";
import type { ThreadCopies } from "./thread-copies.ts";

/** What all reconciles of a thread have in common. */
export interface ThreadParts {
  readonly data: Pick<ThreadData, "kind" | "userAgent" | "fieldManager">;
  readonly copies: ThreadCopies;
  readonly transport: PortTransport;
  post(message: FromThread): void;
}

function refused(what: string, remedy: string): KubeError {
  return new KubeError("UNSUPPORTED", `${what} in a worker thread: ${remedy}`);
}

/** One reconcile in this thread: its signal, and what the reconciler is called with. */
export class ThreadReconcile {
  readonly #message: Extract<ToThread, { readonly type: "reconcile" }>;
  readonly #parts: ThreadParts;
  // Most reconciles ask for neither.
  #abort: AbortController | undefined;
  #reason: unknown;

  constructor(message: Extract<ToThread, { readonly type: "reconcile" }>, parts: ThreadParts) {
    this.#message = message;
    this.#parts = parts;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  abort(reason: unknown): void {
    this.#reason ??= reason;
    this.#abort?.abort(this.#reason);
  }

  request(): ReconcileRequest<KubeObject> {
    const { key, attempt, reason } = this.#message;
    const { copies, data } = this.#parts;
    const { namespace, name } = splitKey(key);
    const reconcile = this;
    let object: { readonly read: KubeObject | undefined } | undefined;
    let cluster: ControllerCluster | undefined;
    let log: Logger | undefined;
    // Own properties, so that a spread copy has them; getters, since each costs something.
    return {
      key,
      namespace: namespace === "" ? undefined : namespace,
      name,
      attempt,
      reason,
      get object() {
        // Read once: a reconcile sees one state of it.
        object ??= { read: copies.store(data.kind).get(key) };
        return object.read;
      },
      get signal() {
        return reconcile.signal;
      },
      get cluster() {
        cluster ??= reconcile.#cluster();
        return cluster;
      },
      get log() {
        log ??= reconcile.#log();
        return log;
      },
    };
  }

  #cluster(): ControllerCluster {
    let context: HandleContext | undefined;
    return {
      resources: <O extends KubeObject, S extends string>(kind: Kind<O, S>) => {
        if (!isKind(kind)) {
          throw invalidArgument("kind", "a kind, such as Pod or what defineKind returns", kind);
        }
        context ??= this.#context();
        return new ResourceHandle<O, S>(context, new Selection<O>(kind));
      },
      store: (kind) => this.#parts.copies.store(kind),
    };
  }

  #context(): HandleContext {
    const { transport, copies, data, post } = this.#parts;
    const { userAgent, fieldManager } = data;
    const sender: Sender = { reconcile: this.#message.reconcile, asked: undefined };
    const send = transport.of(sender);
    const client = new Client(send, {
      userAgent,
      onWarning: ({ message, step }) => post({ type: "warning", message, step }),
      scope: {
        signal: this.signal,
        // Asked by the transport, of the main thread, which alone knows.
        beforeWrite: (step) => {
          sender.asked = step;
        },
        written: (call, answer) => copies.written(call, answer),
      },
    });
    return {
      client,
      transport: send,
      fieldManager,
      closed: this.signal,
      informer: () => {
        throw refused("Follow objects", "follow them by owns() or watches(), and read cluster.store(kind)");
      },
      controllerHost: () => {
        throw refused("Make a controller", "make it in the main thread");
      },
    };
  }

  #log(): Logger {
    const { post } = this.#parts;
    const { reconcile, key } = this.#message;
    const write =
      (level: keyof Logger) =>
      (fields: object, message: string): void =>
        post({ type: "log", reconcile, key, level, fields: packFields(fields), message: String(message) });
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }
}
