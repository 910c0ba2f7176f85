import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { benchPod } from "../../bench/pods.ts";
import { fieldCuts } from "../../src/bytes/field-cut.ts";
import { damage, guarded, type Json, json, members, surrounded, writing, written } from "./json-text.ts";

type Paths = readonly (readonly string[])[];

/** The text without what is to be left out. */
function cut(body: string, paths: Paths): string {
  const { bytes, start, end } = surrounded(body);
  const cuts = fieldCuts(guarded(bytes, start, end), start, end, paths);
  const parts: Uint8Array[] = [];
  let at = start;
  for (const range of cuts) {
    // Sorted, apart, and never empty.
    expect(range.start).toBeGreaterThanOrEqual(at);
    expect(range.end).toBeGreaterThan(range.start);
    parts.push(bytes.subarray(at, range.start));
    at = range.end;
  }
  expect(at).toBeLessThanOrEqual(end);
  parts.push(bytes.subarray(at, end));
  return Buffer.concat(parts).toString();
}

function deleted(body: string, paths: Paths): unknown {
  const value: unknown = JSON.parse(body);
  for (const path of paths) {
    let at: unknown = value;
    for (const step of path.slice(0, -1)) at = isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
    const last = path.at(-1);
    if (last !== undefined && isObject(at)) delete at[last];
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const step = fc.constantFrom("a", "b", "c", "d", "é\ud83d\ude00", "__proto__", '"', "\ud800");
const object = fc.letrec<{ object: Json }>((tie) => ({
  object: members(step, fc.oneof({ maxDepth: 3 }, json, tie("object")) as fc.Arbitrary<Json>, 5),
})).object;
const path = fc.array(step, { minLength: 1, maxLength: 4 });
const paths = fc.array(path, { maxLength: 5 });

describe("fieldCuts", () => {
  it("leaves the object without the fields, whatever their order, place and number", () => {
    fc.assert(
      fc.property(object, paths, writing, (value, fields, style) => {
        const body = written(value, style);
        expect(JSON.parse(cut(body, fields))).toEqual(deleted(body, fields));
      }),
      { numRuns: 400 },
    );
  });

  it("cuts managedFields and an annotation out of a pod", () => {
    const fields = [
      ["metadata", "managedFields"],
      ["metadata", "annotations", "example.com/note"],
    ];
    const body = JSON.stringify(benchPod(1, 2));
    expect(JSON.parse(cut(body, fields))).toEqual(deleted(body, fields));
    expect(cut(body, fields).length).toBeLessThan(body.length - 2500);
  });

  it.each<[string, string, Paths, string]>([
    ["the only member", '{"a":1}', [["a"]], "{}"],
    ["the first", '{"a":1,"b":2}', [["a"]], '{"b":2}'],
    ["one in the middle", '{"a":1,"b":2,"c":3}', [["b"]], '{"a":1,"c":3}'],
    ["the last", '{"a":1,"b":2}', [["b"]], '{"a":1}'],
    ["the first two", '{"a":1,"b":2,"c":3}', [["b"], ["a"]], '{"c":3}'],
    ["the last two", '{"a":1,"b":2,"c":3}', [["b"], ["c"]], '{"a":1}'],
    ["first and last", '{"a":1,"b":2,"c":3}', [["a"], ["c"]], '{"b":2}'],
    ["all", '{"a":1,"b":2}', [["a"], ["b"]], "{}"],
    ["a field and one inside it", '{"a":{"b":1},"c":2}', [["a", "b"], ["a"]], '{"c":2}'],
    [
      "the same twice",
      '{"a":{"b":1,"c":2}}',
      [
        ["a", "b"],
        ["a", "b"],
      ],
      '{"a":{"c":2}}',
    ],
    [
      "two in one object",
      '{"a":{"b":1,"c":2,"d":3}}',
      [
        ["a", "b"],
        ["a", "d"],
      ],
      '{"a":{"c":2}}',
    ],
    [
      "some at each depth",
      '{"a":{"b":1},"c":2,"d":{"e":3,"f":4}}',
      [["a", "b"], ["c"], ["d", "e"]],
      '{"a":{},"d":{"f":4}}',
    ],
    ["with whitespace", '{ "a" : 1 ,\n "b" : 2 }', [["a"]], '{ "b" : 2 }'],
    ["nothing that is not there", '{"a":{"b":1}}', [["b"], ["a", "c"], ["a", "b", "c"]], '{"a":{"b":1}}'],
    [
      "nothing in an array",
      '{"a":[{"b":1}]}',
      [
        ["a", "b"],
        ["a", "0"],
      ],
      '{"a":[{"b":1}]}',
    ],
    ["nothing for an empty path", '{"a":1}', [[]], '{"a":1}'],
    ["nothing without paths", '{"a":1}', [], '{"a":1}'],
    ["nothing out of what is no object", "[1]", [["0"]], "[1]"],
    ["a key that is written with escapes", '{"\\u0061":1,"\\\\":2}', [["a"]], '{"\\\\":2}'],
  ])("cuts out %s", (_, body, fields, expected) => {
    expect(cut(body, fields)).toBe(expected);
  });

  it("reads no further than to the last of the fields", () => {
    const fields = [
      ["metadata", "managedFields"],
      ["metadata", "annotations"],
    ];
    const head = '{"kind":"Pod","metadata":{"managedFields":[{}],"name":"a","annotations":{},"';
    const bytes = Buffer.from(`${head}labels":{}},"spec":{}}`);
    const cuts = fieldCuts(guarded(bytes, 0, head.length), 0, bytes.length, fields);
    expect(cuts.map(({ start, end }) => bytes.toString("utf8", start, end))).toEqual([
      '"managedFields":[{}],',
      ',"annotations":{}',
    ]);
  });

  it("cuts nothing out of an object that ends too early", () => {
    const body = '{"a":{"b":1,"c":{"d":[2]}},"e":"f"}';
    for (let end = 0; end < body.length; end += 1) {
      expect(fieldCuts(Buffer.from(body), 0, end, [["a", "b"], ["e"], ["z"]])).toEqual([]);
    }
  });

  it("never throws nor reads outside, whatever the bytes", () => {
    fc.assert(
      fc.property(object, paths, writing, damage, (value, fields, style, hurt) => {
        const bytes = hurt(Buffer.from(written(value, style)));
        let at = 0;
        for (const range of fieldCuts(guarded(bytes, 0, bytes.length), 0, bytes.length, fields)) {
          expect(range.start).toBeGreaterThanOrEqual(at);
          at = range.end;
        }
        expect(at).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 300 },
    );
  });
});
