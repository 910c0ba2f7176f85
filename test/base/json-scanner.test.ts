import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonScanner } from "../../src/base/json-scanner.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Scan pieces one after the other and cut the objects out, as a reader would. */
function objectsOf(pieces: readonly Uint8Array[], scanner: JsonScanner): string[] {
  const objects: string[] = [];
  let kept: Uint8Array[] = [];
  for (const piece of pieces) {
    let from = 0;
    for (;;) {
      const end = scanner.scan(piece, from);
      if (end === -1) {
        if (scanner.isInsideValue) kept.push(piece.subarray(scanner.start));
        break;
      }
      if (scanner.isEnded) return objects;
      objects.push(Buffer.concat([...kept, piece.subarray(scanner.start, end)]).toString("utf8"));
      kept = [];
      from = end;
    }
  }
  return objects;
}

/** Cut bytes at the given places, in any order, empty pieces included. */
function cut(all: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((place) => place % (all.length + 1)).sort((a, b) => a - b), all.length];
  return places.slice(1).map((end, index) => all.subarray(places[index], end));
}

const jsonObject = fc.dictionary(
  fc.string({ unit: "binary" }),
  fc.jsonValue({ maxDepth: 4, stringUnit: "binary" }),
);
const space = fc.constantFrom("", " ", "\n", "\r\n", "\t \n");
const indent = fc.constantFrom(undefined, 1, "\t");
const cuts = fc.array(fc.nat(), { maxLength: 12 });

const corrupt = expect.objectContaining({ code: "FRAME_CORRUPT" });

describe("JsonScanner", () => {
  it("finds the objects of any concatenation, cut anywhere, as JSON.parse reads them", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(jsonObject, indent, space)), cuts, (parts, at) => {
        const text = parts.map(([object, pad, gap]) => JSON.stringify(object, null, pad) + gap).join("");
        const found = objectsOf(cut(bytes(text), at), new JsonScanner());
        expect(found.map((json) => JSON.parse(json))).toEqual(
          parts.map(([object]) => JSON.parse(JSON.stringify(object))),
        );
      }),
    );
  });

  it("finds the elements of any array and its end, cut anywhere", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(jsonObject, space)), indent, cuts, (parts, pad, at) => {
        const text = parts
          .map(([object, gap]) => `${gap}${JSON.stringify(object, null, pad)}${gap}`)
          .join(",");
        const scanner = new JsonScanner({ separator: "," });
        const found = objectsOf(cut(bytes(`${text} ],"kind":"PodList"}`), at), scanner);
        expect(scanner.isEnded).toBe(true);
        expect(found.map((json) => JSON.parse(json))).toEqual(
          parts.map(([object]) => JSON.parse(JSON.stringify(object))),
        );
      }),
    );
  });

  it("never refuses JSON nor finds an end before the last byte when one byte of an object is changed", () => {
    fc.assert(
      fc.property(jsonObject, fc.nat(), fc.integer({ min: 0, max: 255 }), (object, place, byte) => {
        const all = bytes(JSON.stringify(object));
        all[place % all.length] = byte;
        const scanner = new JsonScanner();
        let isJson = true;
        try {
          JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(all));
        } catch {
          isJson = false;
        }
        let end: number;
        try {
          end = scanner.scan(all, 0);
        } catch (error) {
          expect(error).toEqual(corrupt);
          end = -2;
        }
        // A changed byte may leave a top level value that is no object: refused as well.
        if (isJson && all[0] === 0x7b) expect(end).toBe(all.length);
      }),
      { numRuns: 2000 },
    );
  });

  it("reports the end as soon as the closing brace is there", () => {
    const scanner = new JsonScanner();
    expect(scanner.isInsideValue).toBe(false);
    expect(scanner.scan(bytes(' {"a":['), 0)).toBe(-1);
    expect([scanner.isInsideValue, scanner.start]).toEqual([true, 1]);
    expect(scanner.scan(bytes("1]}{"), 0)).toBe(3);
    expect([scanner.isInsideValue, scanner.start]).toEqual([false, 0]);
    expect(scanner.scan(bytes("1]}{"), 3)).toBe(-1);
    expect([scanner.isInsideValue, scanner.start]).toEqual([true, 3]);
  });

  it("follows containers deeper than its first room", () => {
    const deep = `{"a":${"[".repeat(500)}${"]".repeat(500)}}`;
    expect(objectsOf([bytes(deep)], new JsonScanner())).toEqual([deep]);
  });

  it("starts anew after a reset", () => {
    const scanner = new JsonScanner({ separator: "," });
    scanner.scan(bytes('{"a'), 0);
    scanner.reset();
    expect(scanner.isInsideValue).toBe(false);
    expect(scanner.scan(bytes("{}"), 0)).toBe(2);
  });

  it.each([
    ["a raw newline inside a string", '{"a":"b\nc"}'],
    ["a raw newline inside a key", '{"a\n":1}'],
    ["a raw newline after a backslash", '{"a":"b\\\n"}'],
    ["an object after a value without a comma", '{"a":1{"b":2}}'],
    ["an object begun in the middle of a frame", '{"a":{"b":"c"{"type":"ADDED"}'],
    ["a brace that closes an array", '{"a":[1}'],
    ["a bracket that closes an object", '{"a":{]'],
    ["a closing brace too many", "{}}"],
    ["a bracket before any object", "]"],
    ["text between objects", "{}x{}"],
    ["a number between objects", "{} 1 {}"],
    ["a string between objects", '{}"a"{}'],
    ["a comma between objects that none separates", "{},{}"],
    ["an array instead of an object", "[{}]"],
    ["a comma before the closing brace", '{"a":1,}'],
    ["a comma before the closing bracket", '{"a":[1,]}'],
    ["a comma instead of a key", '{,"a":1}'],
    ["a key without a value", '{"a"}'],
    ["a missing colon", '{"a"1}'],
    ["a colon instead of a comma", '{"a":1:2}'],
    ["two values in a row", '{"a":1 2}'],
    ["two strings in a row", '{"a":"b""c"}'],
    ["a key that is no string", "{1:2}"],
    ["an HTML page", "<html>"],
    ["a byte above ASCII outside a string", '{"a":é}'],
  ])("refuses %s", (_, text) => {
    const scanner = new JsonScanner({ step: "watch pods" });
    expect(() => objectsOf([bytes(text)], scanner)).toThrow(corrupt);
    const other = new JsonScanner();
    expect(() =>
      objectsOf(
        Array.from(bytes(text), (byte) => Uint8Array.of(byte)),
        other,
      ),
    ).toThrow(corrupt);
  });

  it.each([
    ["a comma before the end", "{},]"],
    ["a comma before the first", ",{}]"],
    ["elements without a comma", "{}{}]"],
    ["two commas", "{},,{}]"],
    ["an element that is no object", "{},1]"],
    ["another closing bracket", "{}}"],
  ])("refuses array elements with %s", (_, text) => {
    expect(() => objectsOf([bytes(text)], new JsonScanner({ separator: "," }))).toThrow(corrupt);
  });

  it("names the step and never the contents", () => {
    expect(() => new JsonScanner({ step: "watch secrets" }).scan(bytes('{"password" hunter2'), 0)).toThrow(
      /^watch secrets: broken JSON, (?!.*hunter2)/,
    );
  });
});
