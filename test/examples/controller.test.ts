import { TestApiServer } from "kube-reflex/testing";
import { expect, it, vi } from "vitest";
import { countPods } from "../../examples/controller.ts";
import { ConfigMap, Deployment, Pod } from "../../src/kinds/index.ts";

it("controller counts a deployment's running pods, and counts again when one of them changes", async () => {
  await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  const metadata = { name: "web", namespace: "shop" };
  const template = { spec: { containers: [{ name: "web", image: "web:1" }] } };
  server.create(Deployment, { metadata, spec: { selector: { matchLabels: { app: "web" } }, template } });
  const pod = (name: string, labels: Record<string, string>): Pod => ({
    metadata: { name, namespace: "shop", labels },
    spec: { containers: [{ name: "web", image: "web:1" }] },
    status: { phase: "Running" },
  });
  server.create(Pod, pod("web-0", { app: "web" }));
  const stop = new AbortController();
  const ended = countPods(await server.cluster(), "shop", stop.signal);
  const running = (): string | undefined => server.get(ConfigMap, "shop/web")?.data?.running;
  await vi.waitFor(() => expect(running()).toBe("1"));

  server.create(Pod, pod("web-1", { app: "web" }));
  server.create(Pod, pod("odd-0", {})); // of no deployment: wakes nothing
  await vi.waitFor(() => expect(running()).toBe("2"));
  server.delete(ConfigMap, "shop/web");
  await vi.waitFor(() => expect(running()).toBe("2"));

  stop.abort();
  await ended;
  expect(printed.mock.calls[0]).toEqual(["web", "has", 1, "running pods"]);
  printed.mockRestore();
});
