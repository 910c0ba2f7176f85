import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { KubeError } from "../../src/base/errors.ts";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, type Pod, pod } from "../store/pods.ts";
import { sized } from "./sized-pods.ts";
import { untilSettled } from "./until-settled.ts";

const mebibyte = 2 ** 20;

function small() {
  const store = new Store<Pod>();
  store.replace([pod("shop/a", "1")], "10");
  const errors: KubeError[] = [];
  const onError = (error: KubeError): void => {
    errors.push(error);
  };
  const shared = new SharedStore<Pod>(store, { maxBytes: mebibyte, name: "pods", onError });
  return { store, shared, errors, reader: SharedStore.attach<Pod>(shared.handle) };
}

describe("SharedStore, full", () => {
  it("stays at the last state that had room, says so once, and catches up by itself", () => {
    const { store, shared, errors, reader } = small();
    store.upsert(sized("shop/big", "11", 600_000));
    store.upsert(sized("shop/bigger", "12", 600_000));
    store.upsert(pod("shop/b", "13"));
    store.delete("shop/a", "14");
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        "STORE_FULL",
        expect.stringMatching(
          /^Share the store of pods: no room for 6\d{5} more bytes within maxBytes \(1048576\); readers stay at resourceVersion 11 until there is; raise `maxBytes`/,
        ),
      ],
    ]);
    expect(shared.stats().problem).toMatchObject({ code: "STORE_FULL" });
    expect(shared.isCurrent).toBe(false);
    expect(reader.resourceVersion).toBe("11");
    expect(reader.keys().sort()).toEqual(["shop/a", "shop/big"]);
    expect(reader.get("shop/a")).toBeDefined();
    store.delete("shop/bigger", "15");
    expect(reader.resourceVersion).toBe("15");
    expect(reader.keys().sort()).toEqual(["shop/b", "shop/big"]);
    expect(shared.stats().problem).toBeUndefined();
    expect(shared.isCurrent).toBe(true);
    // The next time it is said again.
    store.upsert(sized("shop/bigger", "16", 600_000));
    expect(errors.length).toBe(2);
  });

  it("shows the old state while a list does not fit beside it, and the next list that does (S6)", async () => {
    const { store, shared, errors, reader } = small();
    const list = (count: number, version: string) =>
      Array.from({ length: count }, (_, index) => sized(`shop/p${index}`, version, 10_000));
    store.replace(list(60, "20"), "20");
    await untilSettled(shared);
    expect(reader.size).toBe(60);
    store.replace(list(70, "30"), "30");
    await untilSettled(shared);
    expect([reader.resourceVersion, reader.size, errors.length]).toEqual(["20", 60, 1]);
    for (const object of reader) expect(object.metadata?.resourceVersion).toBe("20");
    store.replace(list(20, "40"), "40");
    while (!shared.isCurrent) await new Promise((resolve) => setImmediate(resolve));
    expect([reader.resourceVersion, reader.size, shared.stats().problem]).toEqual(["40", 20, undefined]);
    for (const object of reader) expect(object.metadata?.resourceVersion).toBe("40");
  });

  it("needs room for what a list changes only", async () => {
    const { store, shared, errors, reader } = small();
    const list = (changed: string) =>
      Array.from({ length: 80 }, (_, index) => sized(`shop/p${index}`, index === 7 ? changed : "1", 10_000));
    store.replace(list("20"), "20");
    await untilSettled(shared);
    store.replace(list("30"), "30");
    await untilSettled(shared);
    expect([reader.resourceVersion, errors]).toEqual(["30", []]);
    expect(reader.get("shop/p7")?.metadata?.resourceVersion).toBe("30");
  });

  it("tries again at bookmarks, for the room that readers give back", () => {
    const { store, shared, errors, reader } = small();
    store.upsert(sized("shop/big", "11", 300_000));
    const snapshot = reader.snapshot();
    store.upsert(sized("shop/big", "12", 300_000));
    store.upsert(sized("shop/big", "13", 300_000));
    store.upsert(sized("shop/big", "14", 300_000));
    expect([errors.length, reader.resourceVersion]).toEqual([1, "13"]);
    snapshot.release();
    store.setResourceVersion("20");
    expect([reader.resourceVersion, shared.stats().problem]).toEqual(["20", undefined]);
    expect(reader.get("shop/big")?.metadata?.resourceVersion).toBe("14");
  });

  it("undoes a write that found room for a part of it only", () => {
    const store = new Store<Pod, { node: typeof byNode }>({ indexers: { node: byNode } });
    store.replace([], "1");
    const shared = new SharedStore<Pod>(store, { maxBytes: mebibyte, onError: () => {} });
    const reader = SharedStore.attach<Pod>(shared.handle);
    // Index values are texts of their own: there is room for the value or for the object.
    for (let index = 0; index < 10; index++) {
      store.upsert(pod("shop/a", String(10 + index), { node: String(index).repeat(600_000) }));
      expect(reader.has("shop/a")).toBe(false);
      expect([reader.size, reader.keys(), reader.resourceVersion]).toEqual([0, [], "1"]);
    }
    store.upsert(pod("shop/a", "30", { node: "n1" }));
    expect([reader.indexKeys("node", "n1"), reader.resourceVersion]).toEqual([["shop/a"], "30"]);
    const { usedBytes, waitingBytes } = shared.stats();
    expect(usedBytes + waitingBytes).toBeLessThan(20_000);
  });

  it("warns where nobody listens for errors", () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const store = new Store<Pod>();
    store.replace([sized("shop/big", "1", 2 * mebibyte)], "1");
    const shared = new SharedStore<Pod>(store, { maxBytes: mebibyte });
    expect(warned.mock.calls).toEqual([[shared.stats().problem]]);
    const reader = SharedStore.attach<Pod>(shared.handle);
    expect(reader.hasSynced).toBe(false);
    store.replace([], "2");
    expect(reader.resourceVersion).toBe("2");
  });
});
