import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EncodedChange } from "../../src/bytes/encoded-record.ts";
import { ObjectLog } from "../../src/bytes/object-log.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { WatchRecord } from "../../src/resource/watch-event.ts";
import { UnparsedChanges } from "../../src/watch/unparsed-changes.ts";
import { readWatch } from "../../src/watch/watch-stream.ts";
import { bytesOf, cut, frameOf, podOf } from "./frames.ts";

const kind = { group: "", version: "v1", kind: "Pod" };
const logOf = (): ObjectLog<KubeObject> => new ObjectLog(new SegmentPool<KubeObject>(new ObjectReader()));

describe("UnparsedChanges", () => {
  const read = (line: string): EncodedChange<KubeObject> | undefined => {
    const bytes = Buffer.from(`before${line}after`);
    const change = new UnparsedChanges(logOf(), kind).read(bytes, 6, bytes.length - 5);
    if (change !== undefined) expect(change).toBeInstanceOf(EncodedChange);
    return change instanceof EncodedChange ? change : undefined;
  };
  const pod =
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x","namespace":"a","uid":"u","resourceVersion":"7"}}';

  it.each(["ADDED", "MODIFIED", "DELETED"] as const)(
    "reads %s of an object, whose bytes are copied",
    (type) => {
      const bytes = Buffer.from(`{"type":"${type}","object":${pod}}`);
      const change = new UnparsedChanges(logOf(), kind).read(bytes, 0, bytes.length);
      bytes.fill(0x21);
      expect(change).toBeInstanceOf(EncodedChange);
      expect([change?.type, change?.key, change?.uid, change?.resourceVersion]).toEqual([
        type,
        "a/x",
        "u",
        "7",
      ]);
      expect(change?.object).toEqual(JSON.parse(pod));
    },
  );

  it.each([
    ["a bookmark", `{"type":"BOOKMARK","object":${pod}}`],
    ["an error", '{"type":"ERROR","object":{"kind":"Status","code":410}}'],
    ["another kind", `{"type":"ADDED","object":${pod.replace("Pod", "Job")}}`],
    ["a Table", '{"type":"ADDED","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","rows":[]}}'],
    ["an object without a name", `{"type":"ADDED","object":${pod.replace('"name":"x",', "")}}`],
    ["an escaped name", `{"type":"ADDED","object":${pod.replace('"x"', '"\\u0078"')}}`],
    ["a name that is too long", `{"type":"ADDED","object":${pod.replace('"x"', `"${"x".repeat(40_000)}"`)}}`],
    ["an unknown type", `{"type":"RENAMED","object":${pod}}`],
    ["no object at all", '{"type":"ADDED"}'],
    ["half a frame", `{"type":"ADDED","object":${pod.slice(0, -5)}`],
    ["nothing", ""],
  ])("leaves %s to be parsed", (_, line) => {
    expect(read(line)).toBeUndefined();
  });
});

/** All records of a connection that sends these chunks, each of them overwritten once the next is asked for. */
async function recordsOf(
  chunks: readonly Uint8Array[],
  log?: ObjectLog<KubeObject>,
): Promise<{ records: WatchRecord<KubeObject>[]; error: unknown }> {
  const body = (async function* () {
    for (const chunk of chunks) {
      const sent = Buffer.from(chunk);
      yield sent;
      sent.fill(0x21);
    }
  })();
  const response = { status: 200, headers: { "content-type": "application/json" }, body };
  const records: WatchRecord<KubeObject>[] = [];
  try {
    const options = { step: "watch pods", inactivityMs: 60_000, kind, log };
    for await (const batch of readWatch<KubeObject>(async () => response, options)) records.push(...batch);
  } catch (error) {
    return { records, error };
  }
  return { records, error: undefined };
}

const comparable = (record: WatchRecord<KubeObject>): unknown =>
  "object" in record
    ? [record.type, record.key, record.uid, record.resourceVersion, record.object]
    : record.type === "SKIPPED"
      ? [record.type, record.error.code]
      : record;

describe("readWatch with a log", () => {
  const object = fc
    .record({
      name: fc.stringMatching(/^[a-z]{1,4}$/),
      version: fc.nat(99),
      extra: fc.dictionary(fc.constantFrom("spec", "status", "é"), fc.jsonValue(), { noNullPrototype: true }),
    })
    .map(({ name, version, extra }) => podOf(name, String(version), extra));
  const line = fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(fc.constantFrom("ADDED", "MODIFIED", "DELETED"), object)
        .map(([type, one]) => frameOf(type, one)),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        frameOf("BOOKMARK", { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion: "50" } }),
        frameOf("ADDED", { kind: "Table", apiVersion: "meta.k8s.io/v1", rows: [] }),
        frameOf("ADDED", { kind: "Job", apiVersion: "batch/v1", metadata: { name: "j" } }),
        "\n",
        `${frameOf("ADDED", podOf("one", "1")).trimEnd()}${frameOf("MODIFIED", podOf("one", "2"))}`,
        JSON.stringify({ type: "ADDED", object: podOf("long", "1") }, undefined, 2),
      ),
    },
    { weight: 1, arbitrary: fc.constant(frameOf("ERROR", { kind: "Status", code: 410, reason: "Expired" })) },
  );

  it("tells the same as without one, wherever the bytes are cut", async () => {
    let unparsed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.array(fc.nat(5000), { maxLength: 8 }),
        async (lines, places) => {
          // Several objects on one line are more than a scan of lines looks for; they are told apart by the whole.
          const isOdd = lines.some((one) => one.includes('}}{"type"'));
          const chunks = cut(bytesOf(lines.join("")), places);
          const [plain, logged] = [await recordsOf(chunks), await recordsOf(chunks, logOf())];
          unparsed += logged.records.filter((record) => record instanceof EncodedChange).length;
          if (isOdd) return;
          expect(logged.records.map(comparable)).toEqual(plain.records.map(comparable));
          expect(logged.error).toEqual(plain.error);
        },
      ),
    );
    expect(unparsed).toBeGreaterThan(50);
  });

  it("parses the first line: only a whole one shows that frames are lines", async () => {
    const chunks = [
      bytesOf([1, 2, 3].map((version) => frameOf("ADDED", podOf("x", String(version)))).join("")),
    ];
    const { records } = await recordsOf(chunks, logOf());
    expect(records.map((record) => record instanceof EncodedChange)).toEqual([false, true, true]);
  });

  it("keeps every object apart from the chunk it came in", async () => {
    const log = logOf();
    const chunks = Array.from({ length: 50 }, (_, index) =>
      bytesOf(frameOf("MODIFIED", podOf("x", String(index)))),
    );
    const { records } = await recordsOf(chunks, log);
    expect(
      records.map((record) => ("object" in record ? record.object.metadata?.resourceVersion : "")),
    ).toEqual(Array.from({ length: 50 }, (_, index) => String(index)));
  });
});
