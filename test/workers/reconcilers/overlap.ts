import type { Reconciler } from "../../../src/controller/reconcile.ts";
import { defineReconcile } from "../../../src/worker-thread/index.ts";
import { Widget } from "../widget.ts";

/** Takes as long as the server's answer does, and tells when it begins and ends. */
const reconcile: Reconciler<Widget> = defineReconcile<Widget>(
  async ({ key, name, namespace, cluster, log }) => {
    log.info({ of: key }, "begins");
    const found = await cluster
      .resources(Widget)
      .inNamespace(namespace ?? "")
      .withName(name)
      .find();
    log.info({ of: key, size: found?.spec?.size }, "ends");
  },
);

export default reconcile;
