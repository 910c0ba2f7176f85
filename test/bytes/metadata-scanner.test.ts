import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longestNameBytes } from "../../src/bytes/entry.ts";
import { MetadataScanner } from "../../src/bytes/metadata-scanner.ts";
import { RecordDecoder } from "../../src/watch/record-decoder.ts";
import {
  damage,
  guarded,
  type Json,
  json,
  Members,
  members,
  surrounded,
  writing,
  written,
} from "./json-text.ts";

const widget = { apiVersion: "example.com/v1", kind: "Widget" };
const widgetKind = { group: "example.com", version: "v1", kind: "Widget" };

interface Names {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What the scanner finds; undefined where it says to parse. */
function scan(body: string, expected?: { apiVersion: string; kind: string }): Names | undefined {
  const { bytes, start, end } = surrounded(body);
  const scanner = new MetadataScanner(expected);
  if (!scanner.scan(guarded(bytes, start, end), start, end)) return undefined;
  expect([scanner.start, scanner.end]).toEqual([start, end]);
  const cut = (from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString();
  const name = cut(scanner.nameStart, scanner.nameEnd);
  return {
    key:
      scanner.namespaceStart === -1 ? name : `${cut(scanner.namespaceStart, scanner.namespaceEnd)}/${name}`,
    uid: scanner.uidStart === -1 ? "" : cut(scanner.uidStart, scanner.uidEnd),
    resourceVersion: cut(scanner.versionStart, scanner.versionEnd),
  };
}

/** What the decoder reads that parses; undefined for what is no object of the kind. */
function parse(body: string, kind?: typeof widgetKind): Names | undefined {
  const record = new RecordDecoder({ step: "test", kind }).decode({
    type: "ADDED",
    object: JSON.parse(body),
  });
  if (record.type !== "ADDED") return undefined;
  const { key, uid, resourceVersion } = record;
  return { key, uid, resourceVersion };
}

const plainName = fc.stringMatching(/^[a-zA-Z0-9:.-]{1,40}$/);
const otherMetadata = members(
  fc.constantFrom(
    "annotations",
    "labels",
    "managedFields",
    "ownerReferences",
    "finalizers",
    "creationTimestamp",
    "generateName",
    "selfLink",
    "nam",
    "names",
    "generation",
    "Name",
  ),
  json,
);
const otherTop = members(fc.constantFrom("spec", "status", "data", "kin", "kinds", "Metadata", "type"), json);

function shuffled(entries: readonly (readonly [string, Json])[]): fc.Arbitrary<Members> {
  return fc.shuffledSubarray([...entries], { minLength: entries.length }).map((order) => new Members(order));
}

/** An object as a server may write it, in any order. */
const ordinary = fc
  .record({
    name: plainName,
    namespace: fc.option(fc.oneof(plainName, fc.constantFrom("", null)), { nil: undefined }),
    uid: fc.option(fc.oneof(plainName, fc.constantFrom("", null)), { nil: undefined }),
    resourceVersion: plainName,
    isTyped: fc.boolean(),
    otherMetadata,
    otherTop,
  })
  .chain(({ otherMetadata, otherTop, isTyped, ...names }) => {
    const entries = Object.entries(names).filter((entry): entry is [string, string | null] => {
      return entry[1] !== undefined;
    });
    return shuffled([...otherMetadata.entries, ...entries]).chain((metadata) =>
      shuffled([...otherTop.entries, ["metadata", metadata], ...(isTyped ? Object.entries(widget) : [])]),
    );
  });

/** Any value where a name or a kind should be. */
const odd = fc.option(fc.oneof(plainName, fc.constantFrom<Json>("", null, "Table", "meta.k8s.io/v1"), json), {
  nil: undefined,
});

/** An object of which anything may be unusual. */
const unusual = fc
  .record({
    names: fc.record({ name: odd, namespace: odd, uid: odd, resourceVersion: odd }),
    kind: fc.oneof(fc.constant<Json>("Widget"), odd),
    apiVersion: fc.oneof(fc.constant<Json>("example.com/v1"), odd),
    otherMetadata,
    otherTop,
  })
  .chain(({ names, kind, apiVersion, otherMetadata, otherTop }) =>
    shuffled([...otherMetadata.entries, ...present(names)]).chain((metadata) =>
      shuffled([...otherTop.entries, ["metadata", metadata], ...present({ kind, apiVersion })]),
    ),
  );

function present(values: Record<string, Json | undefined>): [string, Json][] {
  return Object.entries(values).filter((entry): entry is [string, Json] => entry[1] !== undefined);
}

/** `json` with its keys sorted, as custom resources are written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

const names = { name: "a", namespace: "b", uid: "c", resourceVersion: "1" };
const managedFields = [
  { manager: "kubectl", fieldsV1: { 'k:{"name":"x"}': { ".": {}, "f:name": {} }, "f:metadata": {} } },
];
const annotations = { "kubectl.kubernetes.io/last-applied-configuration": '{"metadata":{"name":"no"}}\n' };

describe("MetadataScanner", () => {
  it("finds in any ordinary object what parsing finds, whatever the order and the whitespace", () => {
    fc.assert(
      fc.property(ordinary, writing, fc.boolean(), (object, { gaps }, isExpecting) => {
        const body = written(object, { gaps, escapes: [false] });
        const found = scan(body, isExpecting ? widget : undefined);
        expect(found).toEqual(parse(body, isExpecting ? widgetKind : undefined));
        expect(found).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it("finds nothing but what parsing finds, whatever is unusual", () => {
    fc.assert(
      fc.property(unusual, writing, (object, style) => {
        const body = written(object, style);
        const found = scan(body, widget);
        if (found !== undefined) expect(found).toEqual(parse(body, widgetKind));
      }),
      { numRuns: 500 },
    );
  });

  it.each<[string, object]>([
    [
      "a pod",
      { kind: "Pod", apiVersion: "v1", metadata: { ...names, annotations, managedFields }, spec: {} },
    ],
    ["a node", { kind: "Node", apiVersion: "v1", metadata: { name: "n", uid: "u", resourceVersion: "1" } }],
    ["a secret", { kind: "Secret", apiVersion: "v1", metadata: names, data: { a: "aGk=" }, type: "Opaque" }],
    ["an item of a list", { metadata: { ...names, labels: { name: "no" } }, spec: {}, status: {} }],
    [
      "a custom resource",
      sorted({ ...widget, metadata: { ...names, annotations, managedFields }, spec: {} }),
    ],
    ["an object of metrics", { kind: "PodMetrics", metadata: { name: "a", resourceVersion: "1" } }],
    ["one with null names", { metadata: { ...names, uid: null, namespace: null } }],
    ["one with empty names", { metadata: { ...names, uid: "", namespace: "" } }],
    ["one with an empty namespace", { metadata: { ...names, namespace: "" } }],
    ["one with an empty uid", { metadata: { ...names, uid: "" } }],
    ["kind and version last", { metadata: { managedFields, ...names }, ...widget }],
    ["kind and version null", { kind: null, apiVersion: null, metadata: names }],
    ["kind and version empty", { kind: "", apiVersion: "", metadata: names }],
  ] as [string, object][])("does not need %s to be parsed", (_, object) => {
    const { apiVersion, kind } = object as Partial<typeof widget>;
    for (const indent of [undefined, 2, "\t"]) {
      const body = JSON.stringify(object, null, indent);
      expect(scan(body)).toEqual(parse(body));
      expect(scan(body)).toBeDefined();
      expect(scan(body, { apiVersion: apiVersion || "v1", kind: kind || "Pod" })).toEqual(parse(body));
    }
  });

  it.each([
    ["no object at all", "[]"],
    ["a lone brace", "{"],
    ["no metadata", '{"kind":"Widget"}'],
    ["metadata that is no object", '{"metadata":[]}'],
    ["metadata in an array", '[{"metadata":{"name":"a","resourceVersion":"1"}}]'],
    ["no name", '{"metadata":{"resourceVersion":"1","uid":"u","namespace":"b"}}'],
    ["no resourceVersion", '{"metadata":{"name":"a","uid":"u","namespace":"b"}}'],
    ["an empty name", '{"metadata":{"name":"","resourceVersion":"1","uid":"u","namespace":"b"}}'],
    ["an empty name in front", `{"metadata":${JSON.stringify({ ...names, name: "" })}}`],
    ["an empty resourceVersion", '{"metadata":{"name":"a","namespace":"b","uid":"u","resourceVersion":""}}'],
    ["a name that is null", '{"metadata":{"name":null,"resourceVersion":"1"}}'],
    ["a name that is a number", '{"metadata":{"name":1,"resourceVersion":"1"}}'],
    ["a resourceVersion that is a number", '{"metadata":{"name":"a","resourceVersion":1}}'],
    ["a namespace that is a number", '{"metadata":{"name":"a","namespace":1,"resourceVersion":"1"}}'],
    ["a namespace that is a word", '{"metadata":{"name":"a","namespace":true,"resourceVersion":"1"}}'],
    ["a uid that is a number", '{"metadata":{"name":"a","uid":1234,"resourceVersion":"1"}}'],
    ["a uid that is an object", '{"metadata":{"name":"a","uid":{},"resourceVersion":"1"}}'],
    ["an escaped name", '{"metadata":{"name":"\\u0061","resourceVersion":"1"}}'],
    ["an escaped namespace", '{"metadata":{"name":"a","namespace":"\\u0062","resourceVersion":"1"}}'],
    ["a name beyond ASCII", '{"metadata":{"name":"é","resourceVersion":"1"}}'],
    ["a name with a control character", '{"metadata":{"name":"\u007f","resourceVersion":"1"}}'],
    ["an escaped key of the metadata", '{"metadata":{"n\\u0061me":"b","name":"a","resourceVersion":"1"}}'],
    ["an escaped key of the object", '{"met\\u0061data":{},"metadata":{"name":"a","resourceVersion":"1"}}'],
    ["another kind", `{"kind":"Gadget","apiVersion":"example.com/v1","metadata":${JSON.stringify(names)}}`],
    ["another version", `{"apiVersion":"v1","kind":"Widget","metadata":${JSON.stringify(names)}}`],
    ["another kind behind", `{"metadata":${JSON.stringify(names)},"apiVersion":"v1","kind":"Widget"}`],
    ["an escaped kind", `{"kind":"W\\u0069dget","metadata":${JSON.stringify(names)}}`],
    ["a kind that is a number", `{"kind":1,"metadata":${JSON.stringify(names)}}`],
    ["an object that ends early", `{"metadata":${JSON.stringify(names)}} {}`],
    ["a Table", `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(names)}}`],
  ])("leaves %s to be parsed", (_, body) => {
    expect(scan(body, widget)).toBeUndefined();
  });

  it("never takes a Table of the server's for an object, even where one was expected", () => {
    const table = { apiVersion: "meta.k8s.io/v1", kind: "Table" };
    expect(scan(JSON.stringify({ ...table, metadata: names }), table)).toBeUndefined();
    expect(scan(JSON.stringify({ ...table, metadata: names }))).toBeUndefined();
    const own = { apiVersion: "example.com/v1", kind: "Table" };
    expect(scan(JSON.stringify({ ...own, metadata: names }), own)).toBeDefined();
  });

  it.each<[string, object]>([
    ["key", { ...names, name: "n".repeat(longestNameBytes - 2) }],
    ["key of sorted metadata", { labels: {}, ...names, name: "n".repeat(longestNameBytes - 2) }],
    ["key without a namespace", { uid: "c", resourceVersion: "1", name: "n".repeat(longestNameBytes) }],
    ["uid", { ...names, uid: "n".repeat(longestNameBytes) }],
    ["resourceVersion", { labels: {}, ...names, resourceVersion: "n".repeat(longestNameBytes) }],
  ])("leaves a %s that no entry takes to be parsed", (_, metadata) => {
    const body = JSON.stringify({ metadata });
    expect(scan(body)).toEqual(parse(body));
    expect(scan(body.replace("nnn", "nnnn"))).toBeUndefined();
  });

  it.each<[string, object, typeof widget | undefined]>([
    [
      "a built-in kind",
      { kind: "Pod", apiVersion: "v1", metadata: names },
      { kind: "Pod", apiVersion: "v1" },
    ],
    ["a built-in kind of any", { kind: "Pod", apiVersion: "v1", metadata: names }, undefined],
    ["an item of a list", { metadata: names }, undefined],
    ["a custom resource", sorted({ ...widget, metadata: { ...names, managedFields } }) as object, widget],
  ])("reads %s no further than to the last name", (_, head, expected) => {
    const metadataEnd = JSON.stringify(head).length - 2;
    const body = `${JSON.stringify(head).slice(0, metadataEnd)},"ownerReferences":[]},"spec":{}}`;
    const bytes = guarded(Buffer.from(body), 0, metadataEnd);
    expect(new MetadataScanner(expected).scan(bytes, 0, body.length)).toBe(true);
  });

  it.each([undefined, null, ""])("has no place for a namespace and uid that are %j", (absent) => {
    const bytes = Buffer.from(JSON.stringify({ metadata: { ...names, namespace: absent, uid: absent } }));
    const scanner = new MetadataScanner();
    expect(scanner.scan(bytes, 0, bytes.length)).toBe(true);
    expect(scanner).toMatchObject({ namespaceStart: -1, namespaceEnd: -1, uidStart: -1, uidEnd: -1 });
  });

  it("forgets the names of the object before", () => {
    const scanner = new MetadataScanner();
    const bytes = Buffer.from(JSON.stringify({ metadata: names }));
    const less = Buffer.from(JSON.stringify({ metadata: { name: "z", resourceVersion: "2" } }));
    scanner.scan(bytes, 0, bytes.length);
    expect(scanner.scan(less, 0, less.length)).toBe(true);
    expect(scanner).toMatchObject({ namespaceStart: -1, namespaceEnd: -1, uidStart: -1, uidEnd: -1 });
  });

  it("never throws nor reads outside, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.oneof(ordinary, unusual),
        writing,
        damage,
        fc.boolean(),
        (object, style, hurt, isExpecting) => {
          const bytes = hurt(Buffer.from(written(object, style)));
          const scanner = new MetadataScanner(isExpecting ? widget : undefined);
          scanner.scan(guarded(bytes, 0, bytes.length), 0, bytes.length);
          expect(
            Math.max(scanner.nameEnd, scanner.namespaceEnd, scanner.uidEnd, scanner.versionEnd),
          ).toBeLessThan(Math.max(1, bytes.length));
        },
      ),
      { numRuns: 500 },
    );
  });
});
