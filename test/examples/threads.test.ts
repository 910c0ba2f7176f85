import type { WorkerOptions } from "node:worker_threads";
import { TestApiServer } from "kube-reflex/testing";
import { afterEach, expect, it, vi } from "vitest";
import { countChanges, followKeys } from "../../examples/keys-and-bytes.ts";
import { askThread } from "../../examples/share-a-store.ts";
import { hashing } from "../../examples/workers.ts";
import { ConfigMap, Pod } from "../../src/kinds/index.ts";

// A thread knows nothing of the names that this test resolves to sources.
vi.mock("node:worker_threads", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:worker_threads")>();
  const { fileURLToPath } = await import("node:url");
  const resolveSources = fileURLToPath(new URL("./resolve-sources.ts", import.meta.url));
  class Worker extends original.Worker {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      // Not `--import`, which a thread that begins with a text passes over.
      super(file, { ...options, execArgv: ["--require", resolveSources] });
    }
  }
  return { ...original, Worker };
});

const pod = (name: string, labels: Record<string, string>): Pod => ({
  metadata: { name, namespace: "shop", labels },
  spec: { nodeName: "n1", containers: [{ name: "web", image: "web:1" }] },
  status: { phase: "Pending" },
});

afterEach(() => {
  vi.restoreAllMocks();
});

function printedLines(): string[] {
  const printed: string[] = [];
  vi.spyOn(console, "log").mockImplementation((...words) => void printed.push(words.join(" ")));
  return printed;
}

it("keys-and-bytes tells keys, and reads the newest states from bytes", async () => {
  await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
  server.create(Pod, pod("web-0", { app: "web" }));
  server.create(Pod, pod("db-0", { app: "db" }));
  const cluster = await server.cluster();
  const printed = printedLines();
  const stop = new AbortController();
  const ended = followKeys(cluster, "shop", "web", stop.signal);
  const counted = countChanges(cluster, "shop", stop.signal);
  await vi.waitFor(() => expect(printed).toContain("1 of 2 are web"));
  await vi.waitFor(() => expect(server.openWatches).toBe(2));

  const web = cluster.resources(Pod).inNamespace("shop").withName("web-0");
  await web.status.patch({ merge: { status: { phase: "Running" } } });
  server.delete(Pod, "shop/db-0");
  await vi.waitFor(() => expect(printed).toContain("deleted shop/db-0"));
  expect(printed.slice(0, 2).sort()).toEqual(["found shop/db-0", "found shop/web-0"]);
  expect(printed).toContain("modified shop/web-0");

  stop.abort();
  await ended;
  expect(printed.slice(-2).sort()).toEqual(["shop/db-0 is gone", "shop/web-0 Running"]);
  expect(await counted).toBe(2);
});

it("share-a-store lets a thread read what the main thread follows, and wait for what it wrote", async () => {
  await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
  server.create(Pod, pod("web-0", { app: "web" }));
  const printed = printedLines();
  const [before, after] = await askThread(await server.cluster(), "shop", "n1");
  expect(before).toMatchObject({ names: ["web-0"], size: 1 });
  expect(after).toMatchObject({ size: 2 });
  expect(after?.names).toContain("web-0");
  expect(printed).toEqual([expect.stringMatching(/^\d+ bytes of 1073741824 $/)]);
});

it("workers hashes config maps in threads, each once", async () => {
  await using server = await TestApiServer.start({ listen: false, namespaces: ["shop"] });
  const names = ["a", "b", "c"];
  const labels = { "example.com/hash": "" };
  for (const name of names) {
    server.create(ConfigMap, { metadata: { name, namespace: "shop", labels }, data: { key: "value" } });
  }
  vi.spyOn(console, "info").mockImplementation(() => {});
  const controller = hashing(await server.cluster(), "shop");
  const stop = new AbortController();
  const ended = controller.run(stop.signal);
  const hashes = (): unknown[] =>
    names.map((name) => server.get(ConfigMap, `shop/${name}`)?.metadata.annotations?.["example.com/hash"]);
  // A module that cannot be loaded ends the run.
  const all = vi.waitFor(() => expect(hashes()).not.toContain(undefined), { timeout: 20_000 });
  await Promise.race([all, ended]);
  // The name is the salt.
  expect(new Set(hashes()).size).toBe(3);
  expect(hashes()[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(controller.health().threads).toMatchObject({ count: 2, ready: 2, crashes: 0 });
  stop.abort();
  await ended;
}, 30_000);
