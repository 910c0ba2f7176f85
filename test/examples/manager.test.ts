import { once } from "node:events";
import type { Runnable } from "kube-reflex";
import { Lease, Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { expect, it, vi } from "vitest";
import { managerOf } from "../../examples/manager.ts";

it("manager runs a job as the leader, counts pods in every replica, and answers probes", async () => {
  await using server = await TestApiServer.start({ listen: false });
  const cluster = await server.cluster();
  const stop = new AbortController();
  const leads = vi.fn();
  const job: Runnable = {
    name: "job",
    async run(signal) {
      leads();
      await once(signal, "abort");
    },
  };
  const health = { port: 0, host: "127.0.0.1" };
  const manager = managerOf(cluster, "default", job, { health });
  const run = manager.run(stop.signal);
  await manager.started();
  await vi.waitFor(() => expect(leads).toHaveBeenCalledOnce());
  server.create(Pod, {
    metadata: { name: "web-0" },
    spec: { containers: [{ name: "web", image: "web:1" }] },
  });

  const ask = async (path: string): Promise<string> =>
    (await fetch(`http://127.0.0.1:${manager.address.health?.port}${path}`)).text();
  await vi.waitFor(async () => expect(await ask("/metrics")).toContain("shop_pods 1"));
  expect(await ask("/readyz?verbose")).toContain("[+]pod-counter ok\n[+]job ok\nreadyz check passed\n");
  expect(server.get(Lease, "default/shop-manager")?.spec?.holderIdentity).toBeTruthy();

  stop.abort();
  await run;
  expect(server.get(Lease, "default/shop-manager")?.spec?.holderIdentity).toBeFalsy();
});
