import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HandleInformerOptions } from "../../src/cluster/handle-options.ts";
import { dropFields, droppedFields } from "../../src/informer/drop-fields.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { Bytes, type Thing } from "../bytes/entries.ts";
import { ByteWorld } from "./byte-world.ts";
import { informerOf, pass, pod, Source, settle, stopNow, sync, useFakeTime } from "./source.ts";

useFakeTime();

describe("dropFields", () => {
  it("leaves fields out of a copy, and what has none of them as it is", () => {
    const drop = dropFields("metadata.managedFields", "data.b.c", [
      "metadata",
      "annotations",
      "example.com/x",
    ]);
    const inner = { c: 1, d: 2 };
    const object: Thing = {
      metadata: { name: "x", annotations: { "example.com/x": "1", "example.com/y": "2" }, managedFields: [] },
      data: { a: [{ b: { c: 3 } }], b: inner },
    };
    const before = structuredClone(object);
    expect(drop(object)).toEqual({
      metadata: { name: "x", annotations: { "example.com/y": "2" } },
      data: { a: [{ b: { c: 3 } }], b: { d: 2 } },
    });
    expect(object).toEqual(before);
    const plain: Thing = { metadata: { name: "x" }, data: { b: [] } };
    expect(drop(plain)).toBe(plain);
    expect(dropFields("__proto__.x", "constructor")(plain)).toBe(plain);
  });

  it("says what it drops, which no other transform does", () => {
    expect(droppedFields(dropFields("a.b", ["c.d", "e"]))).toEqual([
      ["a", "b"],
      ["c.d", "e"],
    ]);
    expect([droppedFields((object: Thing) => object), droppedFields(undefined)]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it.each([
    [[]],
    [[""]],
    [["a..b"]],
    [["a."]],
    [[[]]],
    [[["a", ""]]],
    [[["a", 1]]],
    [[7]],
    [[undefined]],
    [["metadata"]],
    [["metadata.name"]],
    [["metadata.namespace"]],
    [["metadata.uid"]],
    [["metadata.resourceVersion"]],
    [["spec", ["metadata", "uid"]]],
  ])("refuses what is no path, or what no object can do without: %j", (paths) => {
    expect(() => dropFields(...(paths as string[]))).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("takes what only looks like it", () => {
    expect(() => dropFields("metadata.names", "spec.metadata", "metadata.name.x", "name")).not.toThrow();
  });

  it("does to bytes what it does to objects", () => {
    const name = fc.constantFrom("a", "b", "c", "metadata", "managedFields", "é");
    const path = fc
      .array(name, { minLength: 1, maxLength: 3 })
      .filter(([first, second]) => first !== "metadata" || second !== undefined);
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(0, "}", '"', null),
        fc.dictionary(name, tie("tree"), { noNullPrototype: true }),
        fc.array(tie("tree"), { maxLength: 2 }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.array(path, { minLength: 1, maxLength: 3 }),
        fc.dictionary(name, tree, { noNullPrototype: true }),
        (paths, fields) => {
          const { metadata, ...rest } = fields;
          const named = { name: "x", namespace: "n", uid: "u", resourceVersion: "1" };
          const more =
            typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? metadata : {};
          const object = { metadata: { ...named, ...more }, ...rest } as KubeObject as Thing;
          const bytes = new Bytes(undefined, paths);
          const at = bytes.append(JSON.stringify(object));
          const { words, bytes: kept } = bytes.log.segment;
          const end = bytes.log.segment.usedBytes;
          const json = kept.toString("utf8", at + 12 + 3 + 1 + 1, end).replace(/\0+$/, "");
          expect([words[0], JSON.parse(json.slice(0, byteEnd(json, words[0] ?? 0)))]).toEqual([
            words[0],
            dropFields(...paths)(object),
          ]);
        },
      ),
    );
  });
});

/** How many characters the first bytes of a text are. */
function byteEnd(text: string, bytes: number): number {
  return Buffer.from(text).subarray(0, bytes).toString("utf8").length;
}

type Options = HandleInformerOptions<ConfigMap, ConfigMap, Record<never, never>>;

describe("an informer with dropFields", () => {
  it.each(["objects", "bytes"] as const)(
    "drops them from lists and watches, with a store of %s",
    async (store) => {
      const world = new ByteWorld();
      world.put("a/x");
      const cluster = await world.connect();
      const transform = dropFields("metadata.managedFields", "metadata.labels.parity");
      const informer = cluster.resources(ConfigMap).informer({ store, transform } as Options);
      const seen: string[] = [];
      const look = ({ metadata }: ConfigMap): void => void seen.push(Object.keys(metadata ?? {}).join());
      informer.listen({ added: look, modified: look, deleted: look });
      const synced = informer.synced();
      await settle();
      await synced;
      world.put("a/x");
      world.put("a/y");
      await settle();
      world.remove("a/x");
      world.expire(() => void world.put("a/z"));
      await pass(5000);
      expect([...new Set(seen)]).toEqual(["name,namespace,uid,resourceVersion,labels"]);
      expect(seen.length).toBe(5);
      for (const { metadata } of informer.store.list())
        expect([metadata?.managedFields, metadata?.labels]).toEqual([undefined, {}]);
      const closing = cluster.close();
      await pass(100);
      await closing;
    },
  );

  it("shares one watch with another one that drops the same, and none with what drops something else", async () => {
    const world = new ByteWorld();
    const cluster = await world.connect();
    const pods = cluster.resources(ConfigMap);
    const lease = (...paths: string[]) => {
      const informer = pods.informer({ transform: dropFields(...paths) });
      informer.start();
    };
    lease("metadata.managedFields");
    lease("metadata.managedFields");
    await settle();
    expect(world.open).toBe(1);
    lease("metadata.labels");
    pods.informer().start();
    pods.informer({ store: "bytes" }).start();
    await settle();
    expect(world.open).toBe(4);
    const closing = cluster.close();
    await pass(100);
    await closing;
  });

  it("drops them from objects that came parsed", async () => {
    const object = pod("a/x", "1", "u", { nodeName: "n", secret: "s" });
    const informer = informerOf(new Source([object]), { transform: dropFields("spec.secret") });
    await sync(informer);
    expect(informer.store.get("a/x")?.spec).toEqual({ nodeName: "n" });
    await stopNow(informer);
  });

  it.each(["lines", "rows", 7, null])("is refused with a store of %j", (store) => {
    expect(() => informerOf(new Source(), { store } as never)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});
