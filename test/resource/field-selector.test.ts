import { describe, expect, it } from "vitest";
import {
  fieldValue,
  formatFieldRequirement,
  matchesFields,
  parseFieldSelector,
} from "../../src/resource/field-selector.ts";

const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
const path = "spec.nodeName";

describe("parsing a field selector", () => {
  it.each([
    ["", []],
    [",", []],
    ["spec.nodeName=n1", [{ path, operator: "=", value: "n1" }]],
    ["spec.nodeName==n1", [{ path, operator: "=", value: "n1" }]],
    ["spec.nodeName!=n1", [{ path, operator: "!=", value: "n1" }]],
    ["spec.nodeName=", [{ path, operator: "=", value: "" }]],
    ["spec.nodeName=n1 ", [{ path, operator: "=", value: "n1 " }]],
    [
      "spec.nodeName=n1,,status.phase=x,",
      [
        { path, operator: "=", value: "n1" },
        { path: "status.phase", operator: "=", value: "x" },
      ],
    ],
    [String.raw`a=x\,y\=z\\`, [{ path: "a", operator: "=", value: String.raw`x,y=z\ `.trim() }]],
    [
      String.raw`a=x\\,b=y`,
      [
        { path: "a", operator: "=", value: "x\\" },
        { path: "b", operator: "=", value: "y" },
      ],
    ],
  ])("reads %j as the API server does", (text, expected) => {
    expect(parseFieldSelector(text)).toEqual(expected);
  });

  it.each([" ", "a", "=b", " a=b", "a=b=c", "a=b\\", "a=b\\n", "a>b"])("refuses %j", (text) => {
    expect(() => parseFieldSelector(text)).toThrow(invalid);
  });

  it("refuses what is no text", () => {
    // @ts-expect-error: callers without types
    expect(() => parseFieldSelector(1)).toThrow(invalid);
  });
});

describe("writing a requirement", () => {
  it.each(["n1", "", "a,b", "a=b", "a\\", "\\,=", "x\ny"])("escapes %j so that it is read back", (value) => {
    const text = `${formatFieldRequirement("a", value)},${formatFieldRequirement("b", "c", "!=")}`;
    expect(parseFieldSelector(text)).toEqual([
      { path: "a", operator: "=", value },
      { path: "b", operator: "!=", value: "c" },
    ]);
  });

  it("refuses a path that would change the selector's meaning", () => {
    expect(() => formatFieldRequirement("a=b,c", "d")).toThrow(invalid);
    expect(() => formatFieldRequirement("", "d")).toThrow(invalid);
    // @ts-expect-error: callers without types
    expect(() => formatFieldRequirement("a", undefined)).toThrow(invalid);
  });
});

describe("reading and matching fields", () => {
  const pod = {
    metadata: { name: "web-0" },
    spec: { nodeName: "n1", replicas: 3, hostNetwork: false, gone: null },
  };

  it.each([
    ["metadata.name", "web-0"],
    ["spec.replicas", "3"],
    ["spec.hostNetwork", "false"],
    ["spec.gone", ""],
    ["spec", ""],
    ["spec.absent", ""],
    ["spec.nodeName.deeper", ""],
    ["constructor", ""],
    ["spec.__proto__.toString", ""],
  ])("reads %s as %j", (field, expected) => {
    expect(fieldValue(pod, field)).toBe(expected);
  });

  it.each([
    ["spec.nodeName=n1", true],
    ["spec.nodeName=n2", false],
    ["spec.nodeName!=n2", true],
    ["spec.absent=", true],
    ["spec.absent!=", false],
    ["spec.nodeName=n1,metadata.name=web-1", false],
    ["", true],
  ])("%j matches: %j", (text, expected) => {
    expect(matchesFields(parseFieldSelector(text), pod)).toBe(expected);
  });
});
