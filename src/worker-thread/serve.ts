import { KubeError } from "../base/errors.ts";
import { checkResult } from "../controller/outcome.ts";
import type { Reconciler } from "../controller/reconcile.ts";
import { resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { packError, unpackError } from "../workers/crossing-error.ts";
import { type FromThread, protocol, type ThreadData, type ToThread } from "../workers/messages.ts";
import { PortTransport } from "./port-transport.ts";
import { ThreadCopies } from "./thread-copies.ts";
import { type ThreadParts, ThreadReconcile } from "./thread-reconcile.ts";

/** Serve a module's default export to the main thread, until that ends this one; throws where it is no reconciler. */
export function serve(reconcile: unknown, data: ThreadData): void {
  if (typeof reconcile !== "function") {
    const got = reconcile === undefined ? "it has none" : `it is of type ${typeof reconcile}`;
    throw new KubeError("INVALID_ARGUMENT", `its default export must be the reconciler, and ${got}`);
  }
  if (data.protocol !== protocol) {
    const why = "the module and the program use versions of kube-reflex that do not understand each other";
    throw new KubeError("UNSUPPORTED", why);
  }
  // Checked above, as far as a function can be.
  new Server(reconcile as Reconciler<KubeObject>, data).start();
}

/** Reconciles what the main thread asks for. */
class Server {
  readonly #reconcile: Reconciler<KubeObject>;
  readonly #data: ThreadData;
  readonly #parts: ThreadParts;
  readonly #running = new Map<number, ThreadReconcile>();

  constructor(reconcile: Reconciler<KubeObject>, data: ThreadData) {
    this.#reconcile = reconcile;
    this.#data = data;
    const post = (message: FromThread): void => data.port.postMessage(message);
    const copies = new ThreadCopies(data.followed, (change) => post({ type: "change", change }));
    for (const change of data.changes) copies.take(change);
    this.#parts = { data, copies, transport: new PortTransport(post), post };
  }

  start(): void {
    this.#data.port.on("message", (message: ToThread) => this.#on(message));
    this.#parts.post({ type: "ready" });
  }

  #on(message: ToThread): void {
    const { copies, transport, post } = this.#parts;
    switch (message.type) {
      case "reconcile":
        void this.#run(message);
        break;
      case "abort":
        post({ type: "aborting", reconcile: message.reconcile });
        this.#running.get(message.reconcile)?.abort(unpackError(message.reason));
        break;
      case "change":
        copies.take(message.change);
        break;
      case "settled":
        copies.settle(message.part, message.key, message.resourceVersion);
        break;
      default:
        transport.on(message);
    }
  }

  async #run(message: Extract<ToThread, { readonly type: "reconcile" }>): Promise<void> {
    const { reconcile, key } = message;
    const { post } = this.#parts;
    const running = new ThreadReconcile(message, this.#parts);
    this.#running.set(reconcile, running);
    try {
      const returned: unknown = await this.#reconcile(running.request());
      // Here, as what it may not return may be what cannot cross.
      const result = checkResult(`Reconcile ${resourceName(this.#data.kind)} ${key}`, returned);
      post({ type: "result", reconcile, result });
    } catch (error) {
      post({ type: "failed", reconcile, error: packError(error) });
    } finally {
      this.#running.delete(reconcile);
    }
  }
}
