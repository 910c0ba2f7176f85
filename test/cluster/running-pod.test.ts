import { expect, it } from "vitest";
import { Namespace, Node, Pod } from "../../src/kinds/index.ts";
import { describeOnStarted } from "./real-cluster.ts";
import { runPod, startRunningPod } from "./running-pod.ts";

describeOnStarted(
  "a pod on the scripted kubelet",
  (cluster) => {
    it("is given to examples with a kubeconfig of its namespace, and goes with it", async () => {
      const { admin, access } = cluster();
      let namespace: string;
      {
        await using running = await startRunningPod(access);
        namespace = running.namespace;
        const example = await cluster().connectAs({ kubeconfig: running.kubeconfig });
        expect(example.namespace).toBe(namespace);
        const pod = example.resources(Pod).inNamespace(example.namespace).withName(running.name);
        expect((await pod.get()).status).toMatchObject({
          phase: "Running",
          containerStatuses: [{ name: running.container, ready: true }],
        });
        expect((await pod.run(["echo", "hi"])).stdout).toBe("hi\n");
      }
      const { metadata } = await admin.resources(Namespace).withName(namespace).get();
      expect(metadata?.deletionTimestamp).toBeDefined();
    });

    it("is gone once it is deleted, after its grace period in name only", async () => {
      const { admin, access } = cluster();
      const namespace = await cluster().namespace();
      await runPod(admin, namespace, access.node ?? "");
      const pod = await cluster().pod(namespace, "web-0");
      for await (const event of pod.watch()) {
        if (event.type === "ADDED") await pod.delete({ gracePeriodSeconds: 30 });
        if (event.type === "DELETED") break;
      }
      expect(await pod.find()).toBeUndefined();
    });

    it("runs on a node that is ready", async () => {
      const node = await cluster()
        .admin.resources(Node)
        .withName(cluster().access.node ?? "")
        .get();
      expect(node.status?.conditions).toMatchObject([{ type: "Ready", status: "True" }]);
    });
  },
  "kubelet",
);
