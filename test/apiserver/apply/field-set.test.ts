import { describe, expect, it } from "vitest";
import {
  difference,
  type FieldSet,
  hasElement,
  intersection,
  onlyTrees,
  parseFieldSet,
  pathsOf,
  setOf,
  under,
  union,
  withoutTrees,
} from "../../../src/apiserver/apply/field-set.ts";
import { keyElement, pathText, valueElement } from "../../../src/apiserver/apply/path-element.ts";

const a: FieldSet = setOf(["f:x"], ["f:x", "f:y"], ["f:z", "f:q"]);
const b: FieldSet = setOf(["f:x", "f:y"], ["f:z"], ["f:w"]);

describe("a set of fields", () => {
  it("is what FieldsV1 says: a step with others below it is in it by its dot", () => {
    expect(a).toEqual({ "f:x": { ".": {}, "f:y": {} }, "f:z": { "f:q": {} } });
    expect(setOf(["f:x", "f:y"], ["f:x"])).toEqual({ "f:x": { ".": {}, "f:y": {} } });
    expect([hasElement(a, "f:x"), hasElement(a, "f:z"), hasElement(a, "f:none")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(under(a, "f:x")).toEqual({ "f:y": {} });
  });

  it("is joined, intersected and subtracted field by field", () => {
    expect(union(a, b)).toEqual({
      "f:x": { ".": {}, "f:y": {} },
      "f:z": { ".": {}, "f:q": {} },
      "f:w": {},
    });
    expect(intersection(a, b)).toEqual({ "f:x": { "f:y": {} } });
    expect(difference(a, b)).toEqual({ "f:x": {}, "f:z": { "f:q": {} } });
    expect(difference(b, a)).toEqual({ "f:z": {}, "f:w": {} });
  });

  it("is cut by whole trees", () => {
    expect(withoutTrees(a, setOf(["f:z"]))).toEqual({ "f:x": { ".": {}, "f:y": {} } });
    expect(withoutTrees(a, setOf(["f:x", "f:y"]))).toEqual({ "f:x": {}, "f:z": { "f:q": {} } });
    expect(onlyTrees(a, setOf(["f:z"]))).toEqual({ "f:z": { "f:q": {} } });
  });

  it("is told as paths: fields by name, items by key, numbers as numbers", () => {
    const items = [10, 9].map((port) => [keyElement({ port, name: "n" }), "f:x"]);
    const set = setOf(["f:l"], ...items.map((item) => ["f:l", ...item]), ["f:s", valueElement("v")], ["f:a"]);
    expect(pathsOf(set).map(pathText)).toEqual([
      ".a",
      ".l",
      '.l[name="n",port=9].x',
      '.l[name="n",port=10].x',
      '.s[="v"]',
    ]);
  });

  it("is read from the wire only where it makes sense", () => {
    expect(parseFieldSet({ "f:x": { ".": {}, 'k:{"a":1}': {} }, "i:0": {}, "q:new": {} })).toEqual({
      "f:x": { ".": {}, 'k:{"a":1}': {} },
      "i:0": {},
    });
    for (const wrong of [null, [], { x: {} }, { "f:x": 1 }, { "k:[]": {} }, { "v:{": {} }, { "i:x": {} }]) {
      expect(parseFieldSet(wrong)).toBeUndefined();
    }
  });
});
