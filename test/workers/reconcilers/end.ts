import type { Reconciler } from "../../../src/controller/reconcile.ts";
import { defineReconcile } from "../../../src/worker-thread/index.ts";
import { Widget } from "../widget.ts";

const forever = (): Promise<never> => new Promise(() => {});

/** Ends its thread at its first attempts, or lets nobody end it, as the object says. */
const reconcile: Reconciler<Widget> = defineReconcile<Widget>(
  async ({ key, object, attempt, signal, log, cluster }) => {
    const { act, size = 1 } = object?.spec ?? {};
    log.info({ attempt }, `begins ${key}`);
    if (attempt > size) return undefined;
    switch (act) {
      case "exit":
        return process.exit(3);
      case "uncaught":
        queueMicrotask(() => {
          throw new TypeError("hunter2");
        });
        return forever();
      case "rejection":
        void Promise.reject(new TypeError("hunter2"));
        return forever();
      case "memory": {
        const hoard: unknown[] = [];
        for (;;) hoard.push(new Array(100_000).fill(hoard.length));
      }
      case "loop":
        for (;;);
      case "wait":
        signal.addEventListener("abort", () => log.info({ why: signal.reason?.code }, `heard ${key}`));
        while (!cluster.store(Widget).has("shop/release")) await new Promise(setImmediate);
        return undefined;
      case "rest":
        await new Promise((resolve) => setTimeout(resolve, size));
        return undefined;
      case "obey":
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        signal.throwIfAborted();
        return undefined;
      default:
        log.info({}, `ended ${key}`);
        return undefined;
    }
  },
);

export default reconcile;
