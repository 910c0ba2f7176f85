import { describe, expect, it } from "vitest";
import { apiVersionOf, defineKind, resourceName } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";

const widget = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
} as const;
const define = defineKind<KubeObject>();

describe("defining a kind", () => {
  it("fills in what was left out and freezes the value", () => {
    const kind = define(widget);
    expect(kind).toEqual({
      ...widget,
      singular: "widget",
      shortNames: [],
      categories: [],
      subresources: [],
      verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    });
    expect(Object.isFrozen(kind) && Object.isFrozen(kind.subresources)).toBe(true);
  });

  it("keeps its own copies of the lists it was given", () => {
    const subresources = ["status"];
    const kind = define({
      ...widget,
      subresources,
      shortNames: ["wd"],
      categories: ["all"],
      singular: "wid",
    });
    subresources.push("scale");
    expect(kind).toMatchObject({
      subresources: ["status"],
      shortNames: ["wd"],
      categories: ["all"],
      singular: "wid",
    });
  });

  it("lets two versions, and two groups, of one kind live side by side (P35)", () => {
    const kinds = [
      define(widget),
      define({ ...widget, version: "v2" }),
      define({ ...widget, group: "other.io" }),
    ];
    expect(kinds.map(apiVersionOf)).toEqual(["example.com/v1", "example.com/v2", "other.io/v1"]);
    expect(kinds.map(resourceName)).toEqual([
      "widgets.example.com",
      "widgets.example.com",
      "widgets.other.io",
    ]);
  });

  it("names the core group's kinds without a group", () => {
    const pod = define({ ...widget, group: "", kind: "Pod", plural: "pods" });
    expect(apiVersionOf(pod)).toBe("v1");
    expect(resourceName(pod)).toBe("pods");
  });

  it.each([
    ["group", "Example.com"],
    ["group", "a/b"],
    ["group", ".."],
    ["group", "a..b"],
    ["group", "-a.b"],
    ["group", "a".repeat(254)],
    ["version", ""],
    ["version", "v1/.."],
    ["version", "a".repeat(64)],
    ["plural", ""],
    ["plural", "Widgets"],
    ["plural", "widgets/status"],
    ["kind", ""],
    ["kind", "my widget"],
    ["scope", "namespaced"],
  ])("refuses the %s %j before any request (P30)", (field, value) => {
    const definition = { ...widget, [field]: value };
    expect(() => define(definition)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(`\`${field}\``) }),
    );
  });
});
