import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { expect, it, vi } from "vitest";

it("finds out what it missed when the history is gone", async () => {
  await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
  server.create(Pod, { metadata: { name: "web-0", namespace: "shop" }, status: { phase: "Running" } });
  const informer = (await server.cluster()).resources(Pod).informer();
  const deleted = vi.fn();
  informer.on("DELETED", (pod, { finalStateUnknown }) => deleted(pod.metadata.name, finalStateUnknown));
  await informer.synced();

  server.stallWatches(); // a half-open connection: nothing comes any more
  server.delete(Pod, "shop/web-0");
  server.expire(); // resuming from before is answered with 410 from here on
  server.cutWatches();
  server.resumeWatches();

  await vi.waitFor(() => expect(deleted).toHaveBeenCalledWith("web-0", true));
  expect(informer.store.list()).toEqual([]);
});
