import { KubeError } from "../../../src/base/errors.ts";
import type { ObjectHandle } from "../../../src/cluster/object-handle.ts";
import type { ResourceHandle } from "../../../src/cluster/resource-handle.ts";
import type { Reconciler } from "../../../src/controller/reconcile.ts";
import { ConfigMap, Pod, Secret } from "../../../src/kinds/index.ts";
import { defineReconcile } from "../../../src/worker-thread/index.ts";
import { Widget } from "../widget.ts";

async function failure(call: () => unknown): Promise<object> {
  try {
    await call();
    return { code: "none" };
  } catch (error) {
    return KubeError.is(error)
      ? { code: error.code, message: error.message }
      : { code: "other", message: String(error) };
  }
}

/** Asks the server for what the object says, and tells what came back. */
const reconcile: Reconciler<Widget> = defineReconcile<Widget>(async (request) => {
  const { object, cluster, signal, log, namespace = "", name } = request;
  const maps = cluster.resources(ConfigMap).inNamespace(namespace);
  // Who reconciles in this library's own cluster gets handles that do more than the port says.
  const pods = cluster.resources(Pod).inNamespace(namespace) as ResourceHandle<Pod, "exec">;
  const pod = pods.withName("p") as ObjectHandle<Pod, "exec">;
  switch (object?.spec?.act) {
    case "get":
      log.info({ data: (await maps.withName("big").get()).data?.text?.length }, "got");
      break;
    case "list":
      log.info({ names: (await maps.list()).items.map(({ metadata }) => metadata?.name) }, "got");
      break;
    case "leave": {
      const watch = pods.watch();
      for await (const event of watch) {
        log.info({ type: event.type }, "watched");
        break;
      }
      log.info({}, "left");
      break;
    }
    case "abort": {
      const own = new AbortController();
      const getting = failure(() => maps.withName("big").get({ signal: own.signal }));
      await Promise.resolve();
      own.abort();
      log.info(await getting, "failed");
      break;
    }
    case "limit":
      log.info(
        await failure(() => maps.withName("big").get({ timeoutMs: object?.spec?.size ?? 30 })),
        "failed",
      );
      break;
    case "signal":
      log.info(await failure(() => maps.withName("big").get()), "failed");
      signal.throwIfAborted();
      break;
    case "write":
      log.info(await failure(() => maps.create({ metadata: { name }, data: {} })), "failed");
      break;
    case "dry":
      log.info(
        await failure(() => maps.create({ metadata: { name }, data: {} }, { dryRun: true })),
        "failed",
      );
      break;
    case "late":
      setImmediate(async () => log.info(await failure(() => maps.list()), "failed"));
      break;
    case "unsupported":
      log.info(
        {
          exec: await failure(() => pod.exec(["true"])),
          informer: await failure(() => pods.informer()),
          controller: await failure(() => pods.controller()),
          store: await failure(() => cluster.store(Secret)),
          index: await failure(() =>
            (cluster.store(Widget).byIndex as (...v: string[]) => unknown)("other", "x"),
          ),
          kind: await failure(() => cluster.resources("pods" as never)),
        },
        "refused",
      );
      break;
    case "read-and-write":
      await maps.withName("big").find();
      log.info(await failure(() => maps.create({ metadata: { name }, data: {} })), "failed");
      break;
    default:
      log.info({}, `ended ${name}`);
  }
  return undefined;
});

export default reconcile;
