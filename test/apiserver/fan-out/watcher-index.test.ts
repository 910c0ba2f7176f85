import { describe, expect, it } from "vitest";
import { WatcherIndex } from "../../../src/apiserver/fan-out/watcher-index.ts";
import type { StorageChange } from "../../../src/apiserver/storage/port.ts";
import { fieldValue, parseFieldSelector } from "../../../src/resource/field-selector.ts";
import { TestCluster } from "../watch-cache/cluster.ts";

function changesOf(write: (cluster: TestCluster) => void): StorageChange[] {
  const cluster = new TestCluster();
  const changes: StorageChange[] = [];
  cluster.cache.subscribe((change) => changes.push(change));
  write(cluster);
  return changes;
}

describe("watchers of a change", () => {
  const index = new WatcherIndex<string>(fieldValue);
  const fields = (selector: string) => ({ fieldSelector: parseFieldSelector(selector) });
  const removals = [
    index.add("all", { namespace: "" }),
    index.add("shop", { namespace: "shop" }),
    index.add("shop too", fields("metadata.namespace=shop")),
    index.add("a in shop", { namespace: "shop", ...fields("metadata.name=a") }),
    index.add("b", fields("metadata.name=b")),
    index.add("n1", fields("spec.nodeName=n1")),
    index.add("n2", fields("spec.nodeName=n2")),
    index.add("anywhere but n1", fields("spec.nodeName!=n1")),
  ];

  it("are found by the narrowest field they fix, before and after, the others are not asked", () => {
    const changes = changesOf((cluster) => {
      cluster.create("shop/a");
      cluster.put("shop/a", {}, { nodeName: "n1" });
      cluster.put("shop/a", {}, { nodeName: "n2" });
      cluster.create("test/c");
    });
    const found = changes.map((change) => [...index.interestedIn(change)].sort());
    const inShop = ["a in shop", "all", "anywhere but n1"];
    expect(found).toEqual([
      [...inShop, "shop", "shop too"],
      [...inShop, "n1", "shop", "shop too"],
      [...inShop, "n1", "n2", "shop", "shop too"],
      ["all", "anywhere but n1"],
    ]);
  });

  it("are gone once removed, also when removed twice", () => {
    expect([...index]).toHaveLength(8);
    for (const remove of [...removals, ...removals]) remove();
    expect([...index]).toEqual([]);
  });
});
