import { describe, expect, it } from "vitest";
import type { IndexFunctions } from "../../src/store/indexer.ts";
import { Lister } from "../../src/store/lister.ts";
import { Store } from "../../src/store/store.ts";
import { byNode, type Pod, pod } from "./pods.ts";

describe("index names, as types", () => {
  it("come from the indexers a store is made with, or is given later (S14)", () => {
    const made = new Store({ indexers: { node: (object: Pod) => object.spec?.nodeName } });
    const given = new Store<Pod>().addIndexers({ node: byNode });
    for (const store of [made, given]) {
      store.replace([pod("shop/a", "1", { node: "n1" })], "1");
      const lister = new Lister(store);
      const [found] = lister.byIndex("node", "n1");
      expect(found?.spec?.nodeName).toBe("n1");
      expect(lister.byIndex("namespace", "shop").length).toBe(1);
      // @ts-expect-error: no such index
      expect(() => lister.byIndex("nodee", "n1")).toThrow(expect.objectContaining({ code: "INDEX_UNKNOWN" }));
    }
  });

  it("are any text where the indexers are known only at run time (S13)", () => {
    const dynamic: IndexFunctions<Pod> = { node: byNode };
    const store = new Store<Pod>().addIndexers(dynamic);
    store.replace([], "1");
    expect(store.byIndex("node", "n1")).toEqual([]);
    expect(() => store.byIndex("anything", "n1")).toThrow(expect.objectContaining({ code: "INDEX_UNKNOWN" }));
  });
});
