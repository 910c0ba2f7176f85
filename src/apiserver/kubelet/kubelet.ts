import { KubeError } from "../../base/errors.ts";
import { fieldValue } from "../../resource/field-selector.ts";
import type { StoragePort } from "../storage/port.ts";
import { PodLogs } from "./pod-logs.ts";
import type { PortForwardHandler } from "./port-forward-session.ts";
import type { ProcessHandler } from "./process-session.ts";

const pods = { group: "", plural: "pods" };

/**
 * What stands in for the kubelets: logs, processes and ports of pods, as a test scripts them.
 *
 * Nothing runs by itself. A pod's logs go when it is deleted, and end for those
 * who follow them when it has succeeded or failed.
 */
export class Kubelet {
  readonly logs: PodLogs = new PodLogs();
  /** Runs what `exec` asks for; absent: there is no kubelet to run it. */
  exec: ProcessHandler | undefined;
  /** Is attached to by `attach`. */
  attach: ProcessHandler | undefined;
  /** Takes the connections of `portforward`. */
  portForward: PortForwardHandler | undefined;
  readonly #sessions = new Set<AbortController>();
  readonly #unsubscribe: () => void;

  constructor(storage: StoragePort) {
    this.#unsubscribe = storage.subscribe(pods, ({ type, key, object }) => {
      if (type === "DELETED") return this.logs.forget(key);
      const phase = fieldValue(object, "status.phase");
      if (phase === "Succeeded" || phase === "Failed") this.logs.end(key);
    });
  }

  /** Open a session: its signal aborts when the request's does or when the server stops. */
  session(signal: AbortSignal | undefined): { readonly signal: AbortSignal; readonly end: () => void } {
    const session = new AbortController();
    this.#sessions.add(session);
    const leave = (): void => session.abort(signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    return {
      signal: session.signal,
      end: () => {
        this.#sessions.delete(session);
        signal?.removeEventListener("abort", leave);
      },
    };
  }

  /** End everything that is open. */
  close(): void {
    this.#unsubscribe();
    this.logs.close();
    for (const session of this.#sessions) {
      session.abort(new KubeError("CONNECTION_FAILED", "Run a process in a pod: the server was stopped"));
    }
  }
}
