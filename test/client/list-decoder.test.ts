import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Client } from "../../src/client/client.ts";
import { ListDecoder } from "../../src/client/list-decoder.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { collect, failure, inMemory, Pod } from "./in-memory.ts";

const list = { verb: "list", kind: Pod } as const;

function decode(text: string, size: number): { items: unknown[]; envelope: unknown } {
  const decoder = new ListDecoder<unknown>("list pods");
  const bytes = Buffer.from(text);
  const items: unknown[] = [];
  for (let at = 0; at < bytes.length; at += size) items.push(...decoder.push(bytes.subarray(at, at + size)));
  return { envelope: decoder.finish(), items };
}

const metadata = { resourceVersion: "7", continue: "t", remainingItemCount: 2 };
const items = [
  { metadata: { name: "a", labels: { items: "[{" } } },
  { metadata: { name: 'ü\u2028"}]' } },
  {},
];
const orders = [
  { kind: "PodList", apiVersion: "v1", metadata, items },
  { items, metadata, apiVersion: "v1", kind: "PodList" },
  { metadata: { ...metadata, items: [1], other: { items: [{}] } }, kind: "PodList", items, apiVersion: "v1" },
  { other: "items", list: ["items", { items: [1] }], kind: "PodList", apiVersion: "v1", metadata, items },
  { "it\\ems": [1], items, kind: "PodList", apiVersion: "v1", metadata },
];

describe("ListDecoder", () => {
  it.each(orders)("finds the items, and no others, wherever the keys stand: %#", (value) => {
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
      for (const size of [1, 2, 3, 17, 1_000_000]) {
        const decoded = decode(text, size);
        expect(decoded.items).toEqual(items);
        expect(decoded.envelope).toMatchObject({ kind: "PodList", apiVersion: "v1", metadata });
      }
    }
  });

  it("decodes any items split anywhere", () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
        fc.integer({ min: 1, max: 50 }),
        (any, size) => {
          const value = JSON.parse(JSON.stringify(any));
          expect(decode(JSON.stringify({ items: value, metadata: {} }), size).items).toEqual(value);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("takes an empty list, and null for one, as Go writes a nil slice", () => {
    expect(decode('{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":[]}', 5).items).toEqual([]);
    const decoded = decode('{"kind":"PodList","metadata":{"resourceVersion":"1"},"items":null}', 5);
    expect(decoded).toMatchObject({ items: [], envelope: { metadata: { resourceVersion: "1" } } });
  });

  it("yields what each chunk completed, before the list is whole", () => {
    const decoder = new ListDecoder<KubeObject>("list pods");
    expect(decoder.push(Buffer.from('{"items":[{"kind":"1"},{"kind":"2"},{"ki'))).toHaveLength(2);
    expect(decoder.push(Buffer.from('nd":"3"},{"kind":"4"}'))).toHaveLength(2);
    expect(decoder.push(Buffer.from('],"metadata":{}}'))).toHaveLength(0);
  });
});

const bad = { code: "BAD_RESPONSE" };
const errorOf = (body: unknown) => failure(new Client(inMemory({ body })).list(list));

describe("a list that is not a list", () => {
  it("is BAD_RESPONSE for a Table (R18)", async () => {
    const table = {
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      columnDefinitions: [],
      rows: [{ cells: [] }],
    };
    const error = await errorOf(table);
    expect(error).toMatchObject(bad);
    expect(String(error)).toContain("got Table of meta.k8s.io/v1");
    expect(await errorOf({ ...table, items: [] })).toMatchObject(bad);
  });

  it.each([
    ["one object", { kind: "Pod", apiVersion: "v1", metadata: {} }],
    ["an object with other items", { kind: "Pod", items: [] }],
    ["items that are no list", { kind: "PodList", items: {} }],
    ["no items", { kind: "PodList", metadata: {} }],
    ["items that are no objects", { kind: "PodList", items: [1] }],
    ["an item that is no JSON", '{"kind":"PodList","items":[{"a":tru}]}'],
    ["items with a gap", '{"kind":"PodList","items":[{},,{}]}'],
    ["something after the list", '{"kind":"PodList","items":[]} {}'],
  ])("is BAD_RESPONSE for %s", async (_case, body) => {
    expect(await errorOf(body)).toMatchObject(bad);
  });

  it.each([1, 20, 40, 60, 78])("is BAD_RESPONSE when cut after %i bytes", async (length) => {
    const text = JSON.stringify({
      kind: "PodList",
      metadata: { resourceVersion: "7" },
      items: [{ a: 1 }, { b: 2 }],
    });
    expect(text.length).toBeGreaterThan(length);
    expect(await errorOf(text.slice(0, length))).toMatchObject(bad);
  });

  it("is CONNECTION_FAILED when the connection breaks, after what was whole", async () => {
    const breaks = new KubeError("CONNECTION_FAILED", "reset");
    const client = new Client(inMemory({ body: ['{"items":[{"a":1},', '{"b":'], breaks }));
    const seen: unknown[] = [];
    const error = await failure(
      (async () => {
        for await (const part of client.listParts(list)) seen.push(...part.items);
      })(),
    );
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(seen).toEqual([{ a: 1 }]);
  });

  it("is refused before its bulk is held in memory, where it has one", async () => {
    const chunk = Buffer.from(`${JSON.stringify({ cells: ["x".repeat(1000)] })},`.repeat(1000));
    let read = 0;
    const transport = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from('{"kind":"Table","rows":[');
        for (;;) {
          read += chunk.byteLength;
          yield chunk;
        }
      })(),
    });
    expect(await failure(new Client(transport).list(list))).toMatchObject(bad);
    expect(read).toBeLessThan(8 * 1024 * 1024);
  });
});

describe("a list of 300 MB", () => {
  it("is decoded item by item, with one chunk's worth of memory (P15)", { timeout: 60_000 }, async () => {
    const pod = { metadata: { name: "pod", uid: "u" }, spec: { text: "x".repeat(4700) } };
    const perChunk = 13;
    const chunks = 5000;
    const piece = Buffer.from(`${JSON.stringify(pod)},`.repeat(perChunk));
    const last = Buffer.from(`${JSON.stringify(pod)}],"metadata":{"resourceVersion":"9"}}`);
    const transport = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from('{"kind":"PodList","apiVersion":"v1","items":[');
        for (let index = 0; index < chunks; index += 1) yield piece;
        yield last;
      })(),
    });
    expect(piece.byteLength * chunks).toBeGreaterThan(300_000_000);
    let count = 0;
    let peak = 0;
    let resourceVersion: string | undefined;
    for await (const part of new Client(transport).listParts<typeof pod>(list)) {
      count += part.items.length;
      resourceVersion = part.metadata?.resourceVersion;
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + arrayBuffers);
    }
    expect(count).toBe(perChunk * chunks + 1);
    expect(resourceVersion).toBe("9");
    expect(peak).toBeLessThan(200 * 1024 * 1024);
  });
});

describe("listParts", () => {
  it("yields items as they come and the metadata last", async () => {
    const body = ['{"metadata":{"resourceVersion":"5"},"items":[{"a":1}', ',{"b":2}', "]}"];
    const parts = await collect(new Client(inMemory({ body })).listParts(list));
    expect(parts).toEqual([
      { items: [{ a: 1 }] },
      { items: [{ b: 2 }] },
      { items: [], metadata: { resourceVersion: "5" } },
    ]);
  });
});
