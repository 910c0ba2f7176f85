import { describe, expect, it } from "vitest";
import { yamlDocuments } from "../../../src/base/yaml/documents.ts";
import { kubectlScalars } from "../../../src/base/yaml/plain-scalar.ts";
import type { YamlProblem } from "../../../src/base/yaml/problem.ts";
import { yamlValue } from "../../../src/base/yaml/value.ts";

class Refused extends Error {
  readonly problem: YamlProblem;

  constructor(problem: YamlProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

const refuse = (problem: YamlProblem): Error => new Refused(problem);

/** The values of the documents of a text, by their numbers. */
function read(text: string): [number, unknown][] {
  return Array.from(yamlDocuments(text, refuse), (document) => [
    document.number,
    yamlValue(document, { scalars: kubectlScalars }, refuse),
  ]);
}

/** What is wrong with a text: `document:line message`. */
function problem(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { document, line, message } = error.problem;
    expect(message).not.toContain("s3cret");
    return `${document}:${line} ${message}`;
  }
  return "nothing";
}

describe("the documents of a text", () => {
  it.each([
    ["", []],
    ["# only a comment\n", []],
    ["\n\n  \n", []],
    ["---", [[1, null]]],
    [
      "---\n---\na",
      [
        [1, null],
        [2, "a"],
      ],
    ],
    [
      "a\n...\n# x\n...\n---\nb\n...",
      [
        [1, "a"],
        [2, "b"],
      ],
    ],
    [
      "a\n...\nb",
      [
        [1, "a"],
        [2, "b"],
      ],
    ],
    [
      "%YAML 1.2\n# x\n---\na\n...\n%YAML 1.1\n--- # y\nb\n",
      [
        [1, "a"],
        [2, "b"],
      ],
    ],
    [
      "\uFEFFa\n\uFEFF---\nb\n",
      [
        [1, "a"],
        [2, "b"],
      ],
    ],
    [
      "a: |\n  x\n---\n--- |\n  y\n",
      [
        [1, { a: "x\n" }],
        [2, null],
        [3, "y\n"],
      ],
    ],
    ["a: --- x\nb: |\n  ---\n", [[1, { a: "--- x", b: "---\n" }]]],
  ] satisfies [string, unknown[]][])("of %j are numbered, empty ones too", (text, documents) => {
    expect(read(text)).toEqual(documents);
  });

  it("are handed out before what is wrong with a later one is told", () => {
    const documents = yamlDocuments("a\n---\n[", refuse);
    expect(documents.next()).toMatchObject({ value: { number: 1, root: { text: "a", line: 1 } } });
    expect(() => documents.next()).toThrow("a character is missing");
  });

  it("tell the first mistake, though a later one breaks the syntax", () => {
    expect(problem("a: 1\na: 2\n---\n@\n")).toMatch(/^1:2 a key stands twice/);
    expect(problem("a: 1\n--- \n\n--- # x\n- @s3cret\n---\n]")).toMatch(/^3:5 a value begins with/);
    expect(problem("%NO\n---\na\n...\n%YAML 7\n---\n")).toMatch(/^2:6 a line that begins with `%`/);
  });

  it("give blanks at the very end no line of a block of text, as kubectl does", () => {
    expect(read("a: |+\n  x\n\n    ")).toEqual([[1, { a: "x\n\n" }]]);
  });
});

describe("what is not YAML", () => {
  it.each([
    ["a: 1\n\tb: s3cret", "2", "a tab is used"],
    ["\ta: s3cret", "1", "a tab is used"],
    ["a: b: s3cret", "1", "a mapping begins where a value is"],
    ["a: s3cret\n  more\n\n b: c", "1", "a mapping begins where a value is"],
    ["x:\n  a: b: s3cret", "2", "a mapping begins where a value is"],
    ["x:\n  - s3cret\n    b: c", "2", "a mapping begins where a value is"],
    ["a:\n  - b\n c: d", "3", "the indentation does not fit"],
    ["a: @s3cret", "1", "a value begins with a character that needs quotes"],
    ["a: %s3cret", "1", "a value begins with a character that needs quotes"],
    ["a: - s3cret", "1", "there is something where nothing is expected"],
    ["a: [s3cret]]", "1", "there is something where nothing is expected"],
    ["a: 'x' s3cret", "1", "there is something where nothing is expected"],
    ["a: 1\n]", "2", "there is something where nothing is expected"],
    ['a: "s3cret', "1", "a character is missing"],
    ["a: [s3cret\nb: c", "2", "a character is missing"],
    ["a: {x: 1 y: 2}", "1", "a character is missing"],
    ['a: "\\q"', "1", "a text in double quotes has an escape"],
    ['a: "\\xs3"', "1", "a text in double quotes has an escape"],
    ["a: |x\n  s3cret", "1", "the mark before a block of text"],
    ["a: |0\n  s3cret", "1", "the mark before a block of text"],
    ["a: |--\n  s3cret", "1", "the mark before a block of text"],
    ["a: 1\ns3cret\n", "2", "a key has no colon behind it"],
    ["a: 1\ns3cret\nb: 1\n", "2", "a key has no colon behind it"],
    ["a: 1\ns3cret", "2", "a key has no colon behind it"],
    ['{"a":1}\n"b":2', "2", "there is something where nothing is expected"],
    ['"a":1', "1", "a space is missing behind a colon"],
    ["a: &", "1", "an anchor has no name"],
    ["a: &s3cret &x 1", "1", "an anchor has no name, or is the second"],
    ["a: *", "1", "an alias has no name"],
    ["a: &x 1\nb: !!str *x", "2", "an alias has no name, or a tag"],
    ["a: !!s3cret x", "1", "a value has a tag that is not known"],
    ["a: !s3cret!x y", "1", "a value has a tag that is not known"],
    ["a: !<s3cret", "1", "a value has a tag that is not known"],
    ["a: !!seq {}", "1", "a value has a tag that is not known"],
    ["a: s3cret\u0007", "1", "it holds a character that no YAML may hold"],
    ['a: "s3cret\u0007"', "1", "it holds a character that no YAML may hold"],
    ["a: s3cret\0", "1", "it holds a character that no YAML may hold"],
    ["%YAML 1.1 s3cret\n---\na", "2", "a line that begins with `%` is not right"],
    ["%YAML 1.1\n", "2", "a line that begins with `%` is not right"],
    [`a: ${"[".repeat(5000)}`, "1", "it is nested too deep"],
    [`a: ${"[".repeat(1100)}${"]".repeat(1100)}`, "1", "it is nested too deep"],
    [`a: ${"- ".repeat(5000)}`, "1", "there is something where nothing is expected"],
  ])("in %j is told with its line, and quotes nothing", (text, line, message) => {
    expect(problem(text)).toContain(`1:${line} ${message}`);
  });

  it.each(['args:\n- "a" image: x\nb: c', 'a: !!str "b": c'])(
    "though the parser takes it, is refused: a key behind a value, %j",
    (text) => {
      expect(problem(text)).toMatch(/^1:\d a mapping begins where a value is/);
    },
  );
});

describe("brackets that close in the column of their key", () => {
  // Each recorded from sigs.k8s.io/yaml 1.6.0.
  it.each([
    ["a: [\n  1\n]", { a: [1] }],
    ["a: {\n  b: [\n    1\n  ]\n}\nc: d", { a: { b: [1] }, c: "d" }],
    ["a:\n  - b: {\n      x: 1\n    }\n  - [\n    2\n  ]", { a: [{ b: { x: 1 } }, [2]] }],
    ["a: [{\n  x: 1\n}, {\n  x: 2\n}]", { a: [{ x: 1 }, { x: 2 }] }],
    ["a:\n  {\n  x: 1\n}", { a: { x: 1 } }],
    ["a:\t[1,\t2]\t# x\nb: {x:\t1}", { a: [1, 2], b: { x: 1 } }],
  ])("are taken, as by kubectl: %j", (text, value) => {
    expect(read(text)).toEqual([[1, value]]);
  });

  it("do not change texts that look the same, nor lines", () => {
    const json = '{\n  "x": [\n    "\ty"\n  ]\n}\n';
    const block = json.replace(/^/gm, "  ").trimEnd();
    const text = `a: [\n  1\n]\nb: |\n${block}\nc: "[\n  x\n  ]\ty"\nd: e [ x\ty\n`;
    expect(read(text)).toEqual([[1, { a: [1], b: json, c: "[ x ]\ty", d: "e [ x\ty" }]]);
    expect(problem(`${text}b: again\n`)).toMatch(/^1:14 a key stands twice/);
  });

  it("may be many, before texts too that begin with a bracket or a tab", () => {
    const loose = Array.from({ length: 20 }, (_, i) => `a${i}: [\n  1\n]\n`).join("");
    const [[, value] = []] = read(`${loose}b:\n- |\n  }\n  x\n"c[": |\n    }\n    x\nd: "\ty"\n`);
    expect(value).toMatchObject({ a0: [1], a19: [1], b: ["}\nx\n"], "c[": "}\nx\n", d: "\ty" });
  });

  it("let nothing else pass that is wrong", () => {
    expect(problem("a: [\n  1\n]\nb:\n  -\t- x\n")).toMatch(/^1:5 /);
    expect(problem("a: [\n  1\n]\nb: c {\n}\n")).toMatch(/^1:5 /);
    expect(problem("a: [\n  1\n]\nb: |\n    { x\n  }\n")).toMatch(/^1:6 /);
    expect(problem("a: [\n1\n]\n")).toMatch(/^1:2 a character is missing/);
  });
});

describe("a key", () => {
  it.each([
    ["? |\n  a\n: b", { "a\n": "b" }],
    ["? a\n: b\n? c\n", { a: "b", c: null }],
    ["- - a: b\n    &x c: d\n- !!str e: f", [[{ a: "b", c: "d" }], { e: "f" }]],
    ["--- &x\na: b\n'c': d\r\"e\": f", { a: "b", c: "d", e: "f" }],
  ])("is taken behind the marks that may stand there: %j", (text, value) => {
    expect(read(text)).toEqual([[1, value]]);
  });
});

describe("aliases", () => {
  it("stand for the same value, in itself too", () => {
    const [[, value] = []] = read("a: &a {self: *a}\nb: *a\n");
    expect(value).toMatchObject({ a: { self: expect.anything() } });
    const { a, b } = Object(value);
    expect(b).toBe(a);
    expect(a.self).toBe(a);
  });

  it("may be many as long as they do not make a document much larger", () => {
    const [[, value] = []] = read(`a: &a {x: 1}\nb: [${"*a,".repeat(5000)}]`);
    expect(Object(value).b).toHaveLength(5000);
  });

  it.each(["[x,x,x,x,x,x,x,x,x,x]", "{a: 1, b: 2, c: 3}"])("are refused where they multiply %s", (first) => {
    const bomb = [`a0: &a0 ${first}`];
    for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`);
    expect(problem(bomb.join("\n"))).toMatch(/^1:\d+ its aliases are too many/);
    const merged = bomb.map((line) => line.replace(/\[(\*.*)\]/, "{<<: [$1], k: $&}"));
    expect(problem(merged.join("\n"))).toMatch(/^1:\d+ its aliases are too many/);
  });

  it("know the anchors of their own document only, and of those the last", () => {
    expect(read("- &a 1\n- &a 2\n- *a")).toEqual([[1, [1, 2, 2]]]);
    expect(problem("&a x\n---\n*a")).toBe("2:3 an alias has no anchor before it");
  });
});

describe("values of which nothing is written", () => {
  it("are told with the line that they are missing in", () => {
    const [document] = yamlDocuments("- a # x\n-\n# y\n-\n- &b\n- !!str\n- [\n  c]\n-\n- d:\n", refuse);
    const root = document?.root;
    expect(root?.type === "list" && root.items.map(({ line }) => line)).toEqual([1, 2, 4, 5, 6, 7, 9, 10]);
  });
});
