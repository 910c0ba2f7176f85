import { Lister, type ReflectorProgress, Store } from "kube-reflex";
import type { Pod } from "kube-reflex/kinds";
import { expect, it } from "vitest";
import { listThenChange, newestReadings } from "../../examples/queue-alone.ts";
import { reflect } from "../../examples/reflector-alone.ts";
import { podsOnNode, readOwnWrites } from "../../examples/store-alone.ts";
import { readLiteralStream } from "../../examples/watch-alone.ts";

it("watch-alone hands out literal records in their order", async () => {
  expect(await readLiteralStream()).toEqual(["ADDED Pending", "MODIFIED Running", "DELETED Running"]);
});

it("reflector-alone keeps a store at the state of its source", async () => {
  const store = new Store<Pod>();
  const progress: string[] = [];
  const stop = new AbortController();
  await reflect(
    store,
    ({ type }: ReflectorProgress) => {
      progress.push(type);
      if (type === "watch-ended") stop.abort();
    },
    stop.signal,
  );
  expect(store.get("shop/web-0")?.status?.phase).toBe("Running");
  expect(store.resourceVersion).toBe("6");
  expect(progress.at(0)).toBe("list-started");
  expect(progress.at(-1)).toBe("stopped");
});

it("store-alone reads by index what was written", () => {
  expect(podsOnNode()).toEqual({ names: ["web-1"], resourceVersion: "1050", size: 2 });
});

it("store-alone reads its own writes before the watch shows them", async () => {
  expect(await readOwnWrites()).toEqual({ node: "n2", isThere: false });
});

it("store-alone knows the names of its indices when it is compiled", () => {
  const store = new Store({ indexers: { node: (pod: Pod) => pod.spec?.nodeName } });
  store.replace([], "1");
  // @ts-expect-error: there is no index of this name.
  expect(() => new Lister(store).byIndex("nodee", "n1")).toThrow(/nodee.*there are: namespace, node/);
});

it("queue-alone writes what waits in the order it arrived", async () => {
  const store = await listThenChange();
  expect(store.resourceVersion).toBe("12");
  expect(store.get("shop/web-0")?.spec?.nodeName).toBe("n1");
});

it("queue-alone keeps the newest entry of each key at the place of the oldest", () => {
  const reading = (key: string, value: number) => ({ type: "READING", key, value }) as const;
  expect(newestReadings([reading("a", 1), reading("b", 1), reading("a", 2)])).toEqual([
    reading("a", 2),
    reading("b", 1),
  ]);
});
