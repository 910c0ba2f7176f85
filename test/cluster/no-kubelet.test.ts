import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Node, Pod } from "../../src/kinds/index.ts";
import { describeOnCluster, type PodHandle, rejection } from "./real-cluster.ts";
import { podOn } from "./running-pod.ts";

describeOnCluster("a pod that no kubelet runs", (cluster) => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await cluster().namespace();
  });

  describe("as it has no node", () => {
    let pending: PodHandle;

    beforeAll(async () => {
      // On a cluster with a scheduler the node selector keeps it where it is.
      const pod = podOn(undefined, { name: "pending" });
      const spec = { ...pod.spec, containers: pod.spec?.containers ?? [], nodeSelector: { is: "nowhere" } };
      await cluster()
        .admin.resources(Pod)
        .inNamespace(namespace)
        .create({ ...pod, spec });
      pending = await cluster().pod(namespace, "pending");
    });

    it("has an empty log", async () => {
      expect(await Array.fromAsync(pending.logs({ follow: true }))).toEqual([]);
      expect(await pending.logs().text()).toBe("");
    });

    it.each<[string, () => Promise<unknown>, string]>([
      ["exec", () => pending.exec(["echo"]), "exec in"],
      ["run", () => pending.run(["echo"]), "exec in"],
      ["attach", () => pending.attach(), "attach to"],
      ["port-forward", async () => (await pending.portForward(80)).open(), "forward port 80 of"],
    ])("rejects %s with what the server says", async (_verb, call, step) => {
      const error = await rejection(call());
      expect(error).toMatchObject({ code: "API", status: 400, reason: "BadRequest" });
      expect(error.message).toBe(
        `${step} pods "pending" in namespace "${namespace}": bad request: pod pending does not have a host assigned (400)`,
      );
    });
  });

  describe("as its node does not answer", () => {
    let lost: PodHandle;
    const node = "real-lost-node";

    beforeAll(async () => {
      const { admin } = cluster();
      const nodes = admin.resources(Node);
      await nodes.create({
        metadata: { name: node },
        // Port 1 is never listened on; kubelets of others are not asked.
        status: {
          addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
          daemonEndpoints: { kubeletEndpoint: { Port: 1 } },
        },
      });
      const pod = podOn(node, { name: "lost" });
      await admin.resources(Pod).inNamespace(namespace).create(pod);
      lost = await cluster().pod(namespace, "lost");
    });
    afterAll(async () => {
      const pods = cluster().admin.resources(Pod).inNamespace(namespace);
      await pods.withName("lost").delete({ gracePeriodSeconds: 0 });
      await cluster().admin.resources(Node).withName(node).delete();
    });

    it("rejects its log with the API server's error", async () => {
      const error = await rejection(lost.logs().text());
      expect(error).toMatchObject({ code: "API", status: 500 });
      expect(error.message).toMatch(
        /^get pods\/log "lost" in namespace "[^"]+": .*127\.0\.0\.1:1: connect: connection refused \(500\)/,
      );
    });

    it("rejects the exit of exec and attach, and output is not an end in silence", async () => {
      for (const process of [await lost.exec(["echo"]), await lost.attach()]) {
        const output = rejection(text(process.stdout));
        const error = await rejection(process.exited);
        expect(error).toMatchObject({ code: "API", status: 500, reason: "InternalError" });
        expect(error.message).toMatch(/127\.0\.0\.1:1: connect: connection refused/);
        expect(await output).toBe(error);
      }
    });

    it("rejects a forwarded port", async () => {
      const error = await rejection((await lost.portForward(80)).open());
      expect(error).toMatchObject({ status: 500 });
      expect(error.message).toMatch(/127\.0\.0\.1:1: connect: connection refused/);
    });
  });
});
