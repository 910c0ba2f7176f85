import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { expect, it, vi } from "vitest";

it("tells of each pod that fails", async () => {
  await using server = await TestApiServer.start({ listen: false }); // in memory: no socket
  const cluster = await server.cluster();
  const pods = cluster.resources(Pod).inNamespace("default");
  const alert = vi.fn();

  const informer = pods.informer();
  informer.on("MODIFIED", (pod) => pod.status?.phase === "Failed" && alert(pod.metadata.name));
  await informer.synced();

  await pods.create({ metadata: { name: "web-0" }, spec: { containers: [{ name: "web", image: "web:1" }] } });
  await pods.withName("web-0").status.patch({ merge: { status: { phase: "Failed" } } });

  await vi.waitFor(() => expect(alert).toHaveBeenCalledWith("web-0"));
});
