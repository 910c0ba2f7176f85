import type { Reconciler } from "../../../src/controller/reconcile.ts";
import { ConfigMap } from "../../../src/kinds/index.ts";
import { defineReconcile } from "../../../src/worker-thread/index.ts";
import { Widget } from "../widget.ts";

/**
 * Writes what the name of its object says, and tells what it reads after it; only where it is woken by hand.
 *
 * `a` patches itself, `kill` deletes `a`, `b` makes a config map of its own, `c` deletes that; `x` ends its thread after a
 * patch of `a`; `hold` waits until somebody has patched `a`; all others read.
 */
const reconcile: Reconciler<Widget> = defineReconcile<Widget>(
  async ({ namespace = "", name, object, reason, cluster, log }) => {
    if (reason.type !== "EXTERNAL") return;
    const widgets = cluster.resources(Widget).inNamespace(namespace);
    const maps = cluster.resources(ConfigMap).inNamespace(namespace);
    const copies = { widgets: cluster.store(Widget), maps: cluster.store(ConfigMap) };
    const size = (copies.widgets.get(`${namespace}/a`)?.spec?.size ?? 0) + 1;
    if (name === "hold") {
      log.info({}, "holds");
      while (copies.widgets.get(`${namespace}/a`)?.spec?.size === size - 1) await new Promise(setImmediate);
    }
    if (name === "a" || name === "x") await widgets.withName("a").patch({ merge: { spec: { size } } });
    if (name === "kill") await widgets.withName("a").delete();
    if (name === "b") await maps.create({ metadata: { name: "made" }, data: { by: "b" } });
    if (name === "c") await maps.withName("made").delete();
    log.info(
      {
        object: object?.spec?.size,
        a: copies.widgets.get(`${namespace}/a`)?.spec?.size,
        maps: copies.maps.keys(),
        listed: copies.maps.list({ namespace }).map(({ data }) => data),
        indexed: copies.maps.byIndex("namespace", namespace).length,
        size: copies.maps.size,
        has: copies.maps.has(`${namespace}/made`),
      },
      `read ${name}`,
    );
    if (name === "x") process.exit(1);
  },
);

export default reconcile;
