import { boolCoreTag, intCoreTag, strTag } from "js-yaml";
import { describe, expect, it } from "vitest";
import { yamlDocuments } from "../../../src/base/yaml/documents.ts";
import { kubectlScalars } from "../../../src/base/yaml/plain-scalar.ts";
import type { YamlProblem } from "../../../src/base/yaml/problem.ts";
import { type YamlMeaning, yamlValue } from "../../../src/base/yaml/value.ts";

const refuse = ({ line, message }: YamlProblem): Error => new Error(`${line} ${message}`);

function read(text: string, meaning: YamlMeaning = { scalars: kubectlScalars }): unknown {
  const [document] = yamlDocuments(text, refuse);
  return document && yamlValue(document, meaning, refuse);
}

describe("yamlValue", () => {
  // Recorded from sigs.k8s.io/yaml 1.6.0.
  it.each([
    ["<<: {a: 1}\nb: 2", { a: 1, b: 2 }],
    ["a: 2\n<<: {a: 1, b: 1}", { a: 2, b: 1 }],
    ["<<: {a: 1, b: 1}\na: 2", { a: 2, b: 1 }],
    ["<<: [{a: 1}, {a: 2, b: 3}]", { a: 1, b: 3 }],
    ["<<: {a: 1}\n<<: {b: 2}", { a: 1, b: 2 }],
    ["x: &x {a: 1}\nz: {<<: [*x, {c: 1}]}", { x: { a: 1 }, z: { a: 1, c: 1 } }],
    ["'<<': {a: 1}", { "<<": { a: 1 } }],
    ["a: <<", { a: "<<" }],
    ["!!merge <<: {a: 1}", { a: 1 }],
  ])("carries out the merge keys of %j", (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each(["<<: 1", "<<: ~", "<<: [{a: 1}, b]", "<<: [[{a: 1}]]"])("refuses to merge in %j", (text) => {
    expect(() => read(text)).toThrow("1 a merge key (`<<`) has something else than mappings");
  });

  it.each(["a: 1\na: 2", "1: a\n'1': b", "yes: a\ntrue: b", "0x10: a\n16: b", "&x a: 1\n*x : 2"])(
    "refuses a key that stands twice, whatever it is written like: %j",
    (text) => {
      expect(() => read(text)).toThrow("2 a key stands twice in one mapping");
    },
  );

  it("takes an alias of a text for a key, as kubectl does", () => {
    expect(read("a: &x b\n*x : c")).toEqual({ a: "b", b: "c" });
  });

  it.each(["null: a", ": a", "~: a", "[a]: b", "? {a: b}\n: c"])("refuses the key of %j", (text) => {
    expect(() => read(text)).toThrow("1 a key is no text. Put it in quotes");
  });

  it("sets no prototype", () => {
    const value = Object(read("__proto__: {a: 1}\nconstructor: 1\n<<: {__proto__: 2, toString: 3}"));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.entries(value)).toEqual([
      ["__proto__", { a: 1 }],
      ["constructor", 1],
      ["toString", 3],
    ]);
  });

  it("knows tags by whatever name they are written", () => {
    const tags = "%TAG !y! tag:yaml.org,2002:\n%TAG !! tag:example.com:\n---\n";
    expect(read(`${tags}[!y!str 1, !<tag:yaml.org,2002:str> 2, ! 3, !y!map {}, ! []]`)).toEqual([
      "1",
      "2",
      "3",
      {},
      [],
    ]);
    expect(() => read(`${tags}!!str 1`)).toThrow("4 a value has a tag that is not known");
    expect(() => read("!!map [a]")).toThrow("1 a value has a tag that is not known, or does not fit it");
    expect(() => read("!!null x")).toThrow("1 a value has a tag that is not known, or does not fit it");
  });

  it("may pass over keys that are no text, and tags of somebody's own", () => {
    const lenient: YamlMeaning = { scalars: [strTag], isLenient: true };
    expect(read("[a]: b\nc: !x d\ne: !y [f]", lenient)).toEqual({ c: "d", e: ["f"] });
    expect(() => read("a: !!float 1", lenient)).toThrow("a tag that is not known");
  });

  it("may give scalars another meaning below some keys", () => {
    const within = new Map([["n", { scalars: [intCoreTag] }]]);
    const meaning: YamlMeaning = { scalars: [boolCoreTag], within };
    expect(read("a: [1, true]\nn: {a: [1, true]}\nb: {n: 2, constructor: 3}", meaning)).toEqual({
      a: ["1", true],
      n: { a: [1, "true"] },
      b: { n: 2, constructor: "3" },
    });
  });
});
