import { describe, expect, it } from "vitest";
import { builtInSchema } from "../../../src/apiserver/schema/built-in-schema.ts";
import { SchemaTable } from "../../../src/apiserver/schema/schema-table.ts";
import type { FieldSchema, TypeSchema } from "../../../src/apiserver/schema/type-schema.ts";
import { builtInKinds } from "../../../src/kinds/index.ts";

const table = new SchemaTable(builtInSchema);
const typeOf = (group: string, version: string, kind: string): TypeSchema =>
  table.typeOf({ group, version, kind });

function fieldAt(type: TypeSchema, ...path: readonly string[]): FieldSchema | undefined {
  const [name = "", ...rest] = path;
  const inside = type.list === undefined ? type : type.list.item();
  const field = inside.map?.fields.get(name);
  return rest.length === 0 || field === undefined ? field : fieldAt(field.type(), ...rest);
}

describe("the schema of built-in kinds", () => {
  it.each(builtInKinds)("knows the fields of $group/$version $kind", (kind) => {
    const type = table.typeOf(kind);
    expect([...(type.map?.fields.keys() ?? [])]).toEqual(
      expect.arrayContaining(["apiVersion", "kind", "metadata"]),
    );
    expect(type.map?.item, "only declared fields").toBeUndefined();
  });

  it("can be read whole", () => {
    const seen = new Set<TypeSchema>();
    const visit = (type: TypeSchema): void => {
      if (seen.has(type)) return;
      seen.add(type);
      if (type.list !== undefined) visit(type.list.item());
      if (type.map?.item !== undefined) visit(type.map.item());
      for (const [name, field] of type.map?.fields ?? []) {
        expect(name).toMatch(/^[$a-zA-Z][-a-zA-Z0-9]*$/);
        visit(field.type());
      }
    };
    for (const kind of builtInKinds) visit(table.typeOf(kind));
    expect(seen.size).toBeGreaterThan(500);
  });

  it("says how lists are merged: by keys with their defaults, as sets, as one value", () => {
    const pod = typeOf("", "v1", "Pod");
    const ports = fieldAt(pod, "spec", "containers", "ports")?.type();
    expect(ports?.list).toMatchObject({ isAtomic: false, keys: ["containerPort", "protocol"] });
    expect(fieldAt(pod, "spec", "containers", "ports", "protocol")?.fallback).toBe("TCP");
    const finalizers = fieldAt(pod, "metadata", "finalizers")?.type();
    expect(finalizers?.list).toMatchObject({ isAtomic: false, keys: [] });
    expect(fieldAt(pod, "spec", "containers", "args")?.type().list?.isAtomic).toBe(true);
    expect(fieldAt(pod, "spec", "nodeSelector")?.type().map?.isAtomic).toBe(true);
    expect(fieldAt(typeOf("apps", "v1", "Deployment"), "spec", "selector")?.type().map?.isAtomic).toBe(true);
  });

  it("says how strategic merge patches treat fields, and which are always there", () => {
    const deployment = typeOf("apps", "v1", "Deployment");
    expect(fieldAt(typeOf("", "v1", "Pod"), "spec", "containers")?.patch).toEqual({
      isMerged: true,
      isReplaced: false,
      mergeKey: "name",
    });
    expect(fieldAt(deployment, "spec")?.zero).toBe("{}");
    expect(fieldAt(deployment, "spec", "template", "spec", "containers")?.zero).toBe("null");
    expect(fieldAt(deployment, "spec", "replicas")?.zero).toBeUndefined();
  });

  it("knows of other kinds their metadata, and takes their lists as one value", () => {
    const widget = typeOf("example.com", "v1", "Widget");
    expect(fieldAt(widget, "metadata", "ownerReferences")?.type().list?.keys).toEqual(["uid"]);
    const anything = widget.map?.item?.();
    expect([anything?.map?.isAtomic, anything?.list?.isAtomic]).toEqual([false, true]);
    expect(table.typeOf({ group: "", version: "v1", kind: "Pod" }, true)).toBe(widget);
  });
});
