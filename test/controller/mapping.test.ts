import { describe, expect, it } from "vitest";
import { forObject, forOwner, fromMap, isKey } from "../../src/controller/mapping.ts";
import { defineKind } from "../../src/resource/kind.ts";
import type { KubeObject, OwnerReference } from "../../src/resource/object.ts";
import { thrown } from "./request.ts";

const group = "example.com";
const Widget = defineKind()({ group, version: "v1", kind: "Widget", plural: "widgets", scope: "Namespaced" });
const Zone = defineKind()({ group, version: "v1", kind: "Zone", plural: "zones", scope: "Cluster" });
const Pod = defineKind()({ group: "", version: "v1", kind: "Pod", plural: "pods", scope: "Namespaced" });

const owner = (kind: string, name: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: "example.com/v1",
  kind,
  name,
  uid: `uid of ${name}`,
  ...more,
});

const owned = (ownerReferences: OwnerReference[], namespace?: string): KubeObject => ({
  metadata: { name: "it", ...(namespace === undefined ? {} : { namespace }), ownerReferences },
});

describe("forObject", () => {
  it("wakes the object itself (Q37)", () => {
    expect(forObject({}, "shop/web")).toEqual(["shop/web"]);
  });
});

describe("forOwner", () => {
  const keysOf = (object: KubeObject, kind = Widget, everyOwner = false): string[] => [
    ...forOwner(kind, { everyOwner })(object, "not used"),
  ];

  it("wakes the owner that controls the object, in its namespace (Q37, Q41)", () => {
    const references = [owner("Widget", "other"), owner("Widget", "mine", { controller: true })];
    expect(keysOf(owned(references, "shop"))).toEqual(["shop/mine"]);
  });

  it("wakes nothing where another kind controls the object, or nobody (Q37)", () => {
    const other = [owner("Gadget", "a", { controller: true }), owner("Widget", "b")];
    expect(keysOf(owned(other, "shop"))).toEqual([]);
    expect(
      keysOf(owned([owner("Widget", "b"), owner("Widget", "c", { controller: false })], "shop")),
    ).toEqual([]);
    expect(keysOf({})).toEqual([]);
    expect(keysOf({ metadata: { name: "it", namespace: "shop" } }, Widget, true)).toEqual([]);
  });

  it("wakes every owner of the kind where that is asked for (Q37, Q41)", () => {
    const references = [
      owner("Widget", "a"),
      owner("Gadget", "b"),
      owner("Widget", "c", { controller: true }),
    ];
    expect(keysOf(owned(references, "shop"), Widget, true)).toEqual(["shop/a", "shop/c"]);
  });

  it("compares group and kind, whatever the version (Q37)", () => {
    const old = owner("Widget", "a", { apiVersion: "example.com/v1alpha1", controller: true });
    expect(keysOf(owned([old], "shop"))).toEqual(["shop/a"]);
    for (const apiVersion of ["example.org/v1", "v1", "example.com/v1/beta", ""]) {
      expect(keysOf(owned([{ ...old, apiVersion }], "shop"))).toEqual([]);
    }
    const pod = owner("Pod", "p", { apiVersion: "v1", controller: true });
    expect(keysOf(owned([pod], "shop"), Pod)).toEqual(["shop/p"]);
  });

  it("is not misled by what is no apiVersion", () => {
    const broken = { ...owner("Widget", "a", { controller: true }), apiVersion: JSON.parse("42") };
    expect(keysOf(owned([broken], "shop"))).toEqual([]);
  });

  it("names a cluster-scoped owner without a namespace (Q37)", () => {
    expect(keysOf(owned([owner("Zone", "eu", { controller: true })], "shop"), Zone)).toEqual(["eu"]);
    expect(keysOf(owned([owner("Zone", "eu", { controller: true })]), Zone)).toEqual(["eu"]);
  });

  it("finds no owner in a namespace for what lives in none", () => {
    expect(keysOf(owned([owner("Widget", "a", { controller: true })]))).toEqual([]);
  });

  it("refuses what is no kind", () => {
    const notAKind = JSON.parse('{ "kind": "Widget" }');
    expect(thrown(() => forOwner(notAKind))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(thrown(() => forOwner(Widget, null as never))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("fromMap", () => {
  const keysOf = (mapped: unknown): string[] => [
    ...fromMap(() => JSON.parse(JSON.stringify(mapped)))({}, "x"),
  ];

  it("takes keys, names and objects, one or several (Q37)", () => {
    expect(keysOf("shop/a")).toEqual(["shop/a"]);
    expect(keysOf({ namespace: "shop", name: "a" })).toEqual(["shop/a"]);
    expect(keysOf({ name: "zone" })).toEqual(["zone"]);
    expect(keysOf({ kind: "Widget", metadata: { namespace: "shop", name: "a" } })).toEqual(["shop/a"]);
    expect(keysOf(["shop/a", { namespace: "shop", name: "b" }, { metadata: { name: "c" } }])).toEqual([
      "shop/a",
      "shop/b",
      "c",
    ]);
    expect([...fromMap(() => new Set(["a", "b"]))({}, "x")]).toEqual(["a", "b"]);
  });

  it("takes nothing for nothing", () => {
    expect([...fromMap(() => undefined)({}, "x")]).toEqual([]);
    expect([...fromMap(() => JSON.parse("null"))({}, "x")]).toEqual([]);
    expect(keysOf([])).toEqual([]);
  });

  it.each([[7], [[7]], [{}], [{ name: 7 }], [{ name: "a", namespace: 7 }], [{ metadata: null }], [[null]]])(
    "throws for what names nothing: %j",
    (mapped) => {
      expect(thrown(() => keysOf(mapped))).toBeInstanceOf(TypeError);
    },
  );

  it("throws for a promise, and leaves what it rejects with unheard", async () => {
    const map = fromMap(() => JSON.parse("{}") ?? Promise.resolve());
    expect(thrown(() => map({}, "x"))).toBeInstanceOf(TypeError);
    const later = fromMap((() => Promise.reject(new Error("late"))) as unknown as () => undefined);
    expect(thrown(() => later({}, "x"))).toMatchObject({
      message: expect.stringContaining("not by a promise"),
    });
    const several = [() => Promise.reject(new Error("1")), () => Promise.reject(new Error("2"))];
    const each = fromMap((() => several.map((one) => one())) as unknown as () => undefined);
    expect(thrown(() => each({}, "x"))).toMatchObject({
      message: expect.stringContaining("not by a promise"),
    });
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("a key", () => {
  it.each(["name", "namespace/name", "system:node"])("can be %s", (key) => expect(isKey(key)).toBe(true));
  it.each(["", "/", "a/", "/a", "a/b/c", "a//b", 7, undefined, null])("cannot be %s", (key) =>
    expect(isKey(key)).toBe(false),
  );
});
