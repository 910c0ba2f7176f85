import { describe, expect, it } from "vitest";
import { yamlDocuments } from "../../src/manifests/yaml-documents.ts";

async function read(text: string): Promise<unknown> {
  const [document] = await yamlDocuments(text, "test");
  return document?.value;
}

// Recorded from sigs.k8s.io/yaml 1.6.0, which kubectl 1.36 reads manifests with.
const asKubectl: readonly (readonly [string, unknown])[] = [
  ...["yes", "y", "On", "TRUE", "True"].map((text) => [text, true] as const),
  ...["no", "N", "off", "False"].map((text) => [text, false] as const),
  ...["tRUE", "+", ".", "...x", "12:30:45", "22:22", "2001-01-01", "nULL", "1e999", "0x", "0b2"].map(
    (text) => [text, text] as const,
  ),
  ...["0x1p-2", "_1", "1.2.3", "=", "100m", "2001-12-14t21:59:43.10-05:00"].map(
    (text) => [text, text] as const,
  ),
  ...["~", "", "Null"].map((text) => [text, null] as const),
  ["0644", 420],
  ["0o644", 420],
  ["0O17", 15],
  ["-0644", -420],
  ["089", 89],
  ["08", 8],
  ["00", 0],
  ["-0", 0],
  ["0b101", 5],
  ["0B11", 3],
  ["-0b101", -5],
  ["0x1F", 31],
  ["0X1f", 31],
  ["+0x1F", 31],
  ["1_000", 1000],
  ["1__000_", 1000],
  ["0_7", 7],
  ["1e3", 1000],
  ["1_e3", 1000],
  ["1E-2", 0.01],
  ["1.", 1],
  [".5", 0.5],
  [".5e1", 5],
  [".5_5", 0.55],
  ["1_0.5", 10.5],
  ["+1", 1],
  ["+.5", 0.5],
  ["-.5", -0.5],
  ["1.10", 1.1],
  ["1e21", 1e21],
  ["0.1e-7", 1e-8],
  ['"0644"', "0644"],
  ["'yes'", "yes"],
  ["!!str 0644", "0644"],
  ['!!int "12"', 12],
  ["!!float 3", 3],
  ['!!bool "yes"', true],
];

describe("plain values in YAML", () => {
  it.each(asKubectl)("reads %s as kubectl does: %j", async (text, value) => {
    const read1 = await read(`v: ${text}`);
    expect(read1).toEqual({ v: value });
  });

  it("makes texts of keys, as kubectl does", async () => {
    expect(await read("yes: 1")).toEqual({ true: 1 });
    expect(await read("0644: a")).toEqual({ "420": "a" });
    expect(await read("1.5: a")).toEqual({ "1.5": "a" });
  });

  it("means the same whatever version of YAML a document names", async () => {
    for (const version of ["1.1", "1.2"]) {
      expect(await read(`%YAML ${version}\n---\na: 0644\nb: 12:30:45\nc: 2001-01-01\n`)).toEqual({
        a: 420,
        b: "12:30:45",
        c: "2001-01-01",
      });
    }
  });

  it.each(["!!binary aGk=", "!!set {a, b}", "!!omap [a: 1]", "!foo bar", "!!int x", "!!bool maybe"])(
    "refuses %s, a tag that is not known or does not fit",
    async (text) => {
      await expect(read(`v: ${text}`)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: "read test, document 1, line 1: a value has a tag that is not known, or does not fit it",
      });
    },
  );
});
