import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { EncodedRecord } from "../../src/bytes/encoded-record.ts";
import { ObjectLog } from "../../src/bytes/object-log.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { Client } from "../../src/client/client.ts";
import { listWatchOf } from "../../src/cluster/list-watch.ts";
import { Selection } from "../../src/cluster/selection.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import type { ObjectRecord } from "../../src/resource/watch-event.ts";
import type { Transport } from "../../src/transport/port.ts";

const logOf = (drop?: readonly (readonly string[])[]): ObjectLog<ConfigMap> =>
  new ObjectLog(new SegmentPool<ConfigMap>(new ObjectReader()), drop);

/** Answers with these chunks, a page at a time. */
function serverOf(pages: readonly (readonly Uint8Array[])[], paths: string[] = []): Transport {
  let page = 0;
  return async ({ path }) => {
    paths.push(path);
    const chunks = pages[page++] ?? [];
    const body = (async function* () {
      yield* chunks;
    })();
    return { status: 200, headers: { "content-type": "application/json" }, body };
  };
}

function listOf(items: readonly string[], more = ""): string {
  return `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"9"${more}},"items":[${items.join(",")}]}`;
}

const item = (name: string, version: string, rest = ""): string =>
  `{"metadata":{"name":"${name}","namespace":"a","uid":"u-${name}","resourceVersion":"${version}"}${rest}}`;

async function list(
  pages: readonly (readonly Uint8Array[])[],
  log: ObjectLog<ConfigMap> | undefined,
  selection: Selection<ConfigMap> = new Selection(ConfigMap),
): Promise<{ records: ObjectRecord<ConfigMap>[]; error: unknown }> {
  const client = new Client(serverOf(pages));
  const records: ObjectRecord<ConfigMap>[] = [];
  try {
    const { signal } = new AbortController();
    for await (const { items } of listWatchOf(client, selection, { log }).list({
      resourceVersion: "",
      signal,
    })) {
      records.push(...items);
    }
  } catch (error) {
    return { records, error };
  }
  return { records, error: undefined };
}

const whole = (text: string): Uint8Array[] => [Buffer.from(text)];
const comparable = ({ key, uid, resourceVersion, object }: ObjectRecord<ConfigMap>): unknown => [
  key,
  uid,
  resourceVersion,
  object,
];

describe("a list kept as bytes", () => {
  it("has the same objects as one that is parsed, wherever the bytes are cut", async () => {
    const items = [
      item("x", "1", ',"data":{"text":"é}\\"{"}'),
      item("\\u0079", "2"),
      `{ "data" : { "a" : "b" } , "metadata" : { "resourceVersion" : "3" , "name" : "z" , "annotations" : { "name" : "no" } } }`,
      item("w", "4", ',"binaryData":null'),
    ];
    const bytes = Buffer.from(listOf(items));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (places) => {
        const ends = [...places.sort((a, b) => a - b), bytes.length];
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        const [parsed, kept] = [await list([chunks], undefined), await list([chunks], logOf())];
        expect([kept.error, parsed.error]).toEqual([undefined, undefined]);
        expect(kept.records.map(comparable)).toEqual(parsed.records.map(comparable));
        // All but the one whose name is written with an escape.
        expect(kept.records.map((record) => record instanceof EncodedRecord)).toEqual([
          true,
          false,
          true,
          true,
        ]);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps nothing of the chunks: they may be written to afterwards", async () => {
    const chunk = Buffer.from(listOf([item("x", "1"), item("y", "2", ',"data":{"a":"b"}')]));
    const { records } = await list([[chunk]], logOf());
    chunk.fill(0x21);
    expect(records.map(comparable)).toEqual([
      ["a/x", "u-x", "1", JSON.parse(item("x", "1"))],
      ["a/y", "u-y", "2", expect.objectContaining({ data: { a: "b" } })],
    ]);
  });

  it("goes on page after page", async () => {
    const pages = [whole(listOf([item("x", "1")], ',"continue":"next"')), whole(listOf([item("y", "2")]))];
    const { records } = await list(pages, logOf());
    expect(records.map(({ key }) => key)).toEqual(["a/x", "a/y"]);
  });

  it("leaves dropped fields out", async () => {
    const { records } = await list(
      [whole(listOf([item("x", "1", ',"data":{"a":"1","b":"2"}')]))],
      logOf([["data", "a"]]),
    );
    expect(records[0]?.object.data).toEqual({ b: "2" });
  });

  it.each([
    ["without a name", '{"metadata":{"namespace":"a"}}', /no metadata.name/],
    ["whose uid is no text", '{"metadata":{"name":"x","uid":7}}', /metadata.uid that is no text/],
    ["that is no JSON before its names", '{"data":{"a":nope},"metadata":{"name":7}}', /not JSON/],
  ])("refuses an item %s (R18)", async (_, one, message) => {
    for (const log of [undefined, logOf()]) {
      const { error } = await list([whole(listOf([one]))], log);
      expect(KubeError.is(error) && error.code).toBe("BAD_RESPONSE");
      expect(String(error)).toMatch(message);
    }
  });

  it("trusts what stands behind the names, until it is read", async () => {
    const { records, error } = await list(
      [whole(listOf([item("x", "1", ',"data":{"a":nope}'), item("y", "2")]))],
      logOf(),
    );
    expect([error, records.length, records[0]?.uid]).toEqual([undefined, 2, "u-x"]);
    expect(() => records[0]?.object).toThrow(expect.objectContaining({ code: "FRAME_CORRUPT" }));
    expect(records[1]?.object.metadata?.name).toBe("y");
  });

  it("parses the items of metadata alone, which is little (H15)", async () => {
    const text = `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{},"items":[${item("x", "1", ',"data":{"a":"b"}')}]}`;
    const selection = new Selection(ConfigMap).onlyMetadata() as unknown as Selection<ConfigMap>;
    const { records, error } = await list([whole(text)], logOf(), selection);
    expect(error).toBeUndefined();
    expect([records[0] instanceof EncodedRecord, records[0]?.object.data]).toEqual([false, undefined]);
  });
});
