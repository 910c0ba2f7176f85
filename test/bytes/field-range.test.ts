import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fieldRange, firstFieldRange } from "../../src/bytes/field-range.ts";
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

function rangeText(find: typeof fieldRange, body: string, path: readonly string[]): string | undefined {
  const { bytes, start, end } = surrounded(body);
  const range = find(guarded(bytes, start, end), start, end, path);
  return range && Buffer.from(bytes.subarray(range.start, range.end)).toString();
}

/** What JSON.parse has at the path, as JSON. */
function parsed(body: string, path: readonly string[]): unknown {
  let at: unknown = JSON.parse(body);
  for (const step of path) {
    if (typeof at !== "object" || at === null || Array.isArray(at) || !Object.hasOwn(at, step)) {
      return undefined;
    }
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

const step = fc.constantFrom("a", "b", "c", "é\ud83d\ude00", "__proto__", '"', "\ud800", "");
const object = fc.letrec<{ object: Json }>((tie) => ({
  object: members(step, fc.oneof({ maxDepth: 3 }, json, tie("object")) as fc.Arbitrary<Json>, 5),
})).object;
const path = fc.array(step, { maxLength: 4 });
const twice = fc
  .array(fc.tuple(fc.constantFrom("a", "b"), fc.oneof(json, object)), { maxLength: 6 })
  .map((entries) => new Members(entries));

describe("fieldRange", () => {
  it("finds the value that parsing finds, and nothing where parsing finds none", () => {
    fc.assert(
      fc.property(object, path, writing, (value, wanted, style) => {
        const body = written(value, style);
        const expected = parsed(body, wanted);
        for (const find of [fieldRange, firstFieldRange]) {
          const found = rangeText(find, body, wanted);
          expect(found === undefined ? undefined : JSON.parse(found)).toEqual(expected);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("takes the last of equal keys, as parsing does", () => {
    fc.assert(
      fc.property(twice, fc.array(fc.constantFrom("a", "b"), { maxLength: 3 }), (value, wanted) => {
        const body = written(value);
        const found = rangeText(fieldRange, body, wanted);
        expect(found === undefined ? undefined : JSON.parse(found)).toEqual(parsed(body, wanted));
      }),
    );
  });

  it.each<[string, string, readonly string[], string | undefined]>([
    ["a text", '{"a":{"b":"}"},"c":1}', ["a", "b"], '"}"'],
    ["the object itself", '{"a":1}', [], '{"a":1}'],
    ["a value with whitespace around", '{ "a" : [ 1 ] , "b":2}', ["a"], "[ 1 ]"],
    ["null", '{"a":null}', ["a"], "null"],
    ["a key with a dot and a slash", '{"a.b/c":1}', ["a.b/c"], "1"],
    ["a key that is written with escapes", '{"\\u0061":1}', ["a"], "1"],
    ["a key that needs an escape", '{"\\\\\\"":1}', ['\\"'], "1"],
    ["no longer key", '{"ab":1}', ["a"], undefined],
    ["no shorter key", '{"a":1}', ["ab"], undefined],
    ["no field of an array", '{"a":[1]}', ["a", "0"], undefined],
    ["no field of a text", '{"a":"b"}', ["a", "b"], undefined],
    ["no field of an object further on", '{"a":{},"b":1}', ["a", "b"], undefined],
    ["no key that is wrong", '{"\\x":1,"b":2}', ["x"], undefined],
    ["nothing in what is no object", "[1]", ["0"], undefined],
    ["nothing in nothing", "", ["a"], undefined],
  ])("finds %s", (_, body, wanted, expected) => {
    for (const find of [fieldRange, firstFieldRange]) expect(rangeText(find, body, wanted)).toBe(expected);
  });

  it("finds nothing in an object that ends too early", () => {
    const body = '{"a":{"b":1},"c":2}';
    for (let end = 0; end < body.length; end += 1) {
      expect(fieldRange(Buffer.from(body), 0, end, ["a", "b"])).toBeUndefined();
    }
  });

  it("reads no further than to the field where the first of its name is enough", () => {
    const head = '{"kind":"Pod","metadata":{"name":"a","labels":{"b":"c"}';
    const bytes = Buffer.from(`${head},"annotations":{}},"spec":{}}`);
    const within = guarded(bytes, 0, head.length);
    const range = firstFieldRange(within, 0, bytes.length, ["metadata", "labels"]);
    expect(bytes.toString("utf8", range?.start, range?.end)).toBe('{"b":"c"}');
  });

  it("never throws nor reads outside, whatever the bytes", () => {
    fc.assert(
      fc.property(object, path, writing, damage, (value, wanted, style, hurt) => {
        const bytes = hurt(Buffer.from(written(value, style)));
        for (const find of [fieldRange, firstFieldRange]) {
          const range = find(guarded(bytes, 0, bytes.length), 0, bytes.length, wanted);
          expect(range?.start ?? 0).toBeLessThanOrEqual(range?.end ?? bytes.length);
          expect(range?.end ?? 0).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});
