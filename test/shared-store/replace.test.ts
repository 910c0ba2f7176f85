import { describe, expect, it, onTestFinished, vi } from "vitest";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, type Pod, pod } from "../store/pods.ts";

const count = 2_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function list(node: string, version: string) {
  return Array.from({ length: count }, (_, index) => pod(`ns-${index % 3}/p${index}`, version, { node }));
}

/** A clock by which to look at it takes a millisecond: so a slice ends after some hundred objects. */
function slowly(): void {
  let now = 0;
  const spied = vi.spyOn(performance, "now").mockImplementation(() => ++now);
  onTestFinished(() => spied.mockRestore());
}

describe("SharedStore, large lists", () => {
  it("takes one over in slices, between which nobody sees anything of it (S6)", async () => {
    slowly();
    const store = new Store<Pod, { node: typeof byNode }>({ indexers: { node: byNode } });
    const shared = new SharedStore<Pod>(store);
    const reader = SharedStore.attach<Pod>(shared.handle);
    store.replace(list("n1", "10"), "10");
    let turns = 0;
    while (!shared.isCurrent) {
      expect([reader.hasSynced, reader.resourceVersion]).toEqual([false, ""]);
      await turn();
      turns++;
    }
    expect(turns).toBeGreaterThan(1);
    expect([reader.size, reader.resourceVersion]).toEqual([count, "10"]);

    store.replace(list("n2", "20"), "20");
    store.upsert(pod("ns-0/p0", "21", { node: "n3" }));
    store.delete("ns-1/p1", "22");
    store.upsert(pod("ns-9/new", "23", { node: "n3" }));
    turns = 0;
    while (!shared.isCurrent) {
      expect([reader.resourceVersion, reader.size, reader.has("ns-9/new")]).toEqual(["10", count, false]);
      expect(reader.get("ns-0/p0")?.spec?.nodeName).toBe("n1");
      expect(reader.indexKeys("node", "n2")).toEqual([]);
      await turn();
      turns++;
    }
    expect(turns).toBeGreaterThan(1);
    expect([reader.resourceVersion, reader.size]).toEqual(["23", count]);
    expect(reader.indexKeys("node", "n1")).toEqual([]);
    expect(reader.indexKeys("node", "n2").length).toBe(count - 2);
    expect(reader.indexKeys("node", "n3")).toEqual(["ns-0/p0", "ns-9/new"]);
    expect(reader.has("ns-1/p1")).toBe(false);
  });

  it("leaves the old state where it is closed in the middle of one", async () => {
    slowly();
    const store = new Store<Pod>();
    store.replace([pod("shop/a", "1")], "1");
    const shared = new SharedStore<Pod>(store);
    const reader = SharedStore.attach<Pod>(shared.handle);
    store.replace(list("n1", "10"), "10");
    expect(shared.isCurrent).toBe(false);
    shared.close();
    await turn();
    await turn();
    expect([reader.resourceVersion, reader.keys()]).toEqual(["1", ["shop/a"]]);
    expect(shared.stats().usedBytes).toBeLessThan(20_000);
  });
});
