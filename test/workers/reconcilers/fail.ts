import { KubeError } from "../../../src/base/errors.ts";
import { type Reconciler, terminal } from "../../../src/controller/reconcile.ts";
import { defineReconcile } from "../../../src/worker-thread/index.ts";
import { Widget } from "../widget.ts";

/** Fails at its first attempt, in the way that the object says. */
const reconcile: Reconciler<Widget> = defineReconcile<Widget>(
  async ({ object, attempt, cluster, namespace = "", name }) => {
    if (attempt > 1) return undefined;
    switch (object?.spec?.act) {
      case "type-error":
        throw new TypeError("hunter2 is not a function", { cause: new RangeError("deep") });
      case "members":
        throw Object.assign(new Error("refused"), {
          code: "E_SHOP",
          object: { data: { password: "hunter2" } },
        });
      case "object":
        throw { data: { password: "hunter2" } };
      case "text":
        throw "hunter2";
      case "kube":
        throw new KubeError("OWNED_BY_ANOTHER", "Adopt configmaps shop/a: owned by another");
      case "terminal":
        throw new Error("wrapped", { cause: terminal(new Error("spec.size is negative")) });
      case "conflict": {
        const stale = { ...object, metadata: { ...object.metadata, resourceVersion: "1" } };
        await cluster.resources(Widget).inNamespace(namespace).withName(name).replace(stale);
        return undefined;
      }
      case "result":
        return { requeueAfter: 5 } as object;
      case "function":
        return (() => 5) as unknown as undefined;
      default:
        return undefined;
    }
  },
);

export default reconcile;
