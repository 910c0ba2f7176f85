import { describe, expect, it } from "vitest";
import {
  controllerOf,
  isControlledBy,
  ownerReference,
  removeOwnerReference,
  setControllerReference,
  setOwnerReference,
} from "../../src/controller/owner-reference.ts";
import { ClusterRole, ConfigMap, type Deployment, Namespace } from "../../src/kinds/index.ts";
import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "../../src/resource/object.ts";
import { thrown } from "./request.ts";

const shopOf = (version: string): Kind =>
  defineKind()({ group: "example.com", version, kind: "Shop", plural: "shops", scope: "Namespaced" });
const Shop = shopOf("v1");
const shop: KubeObject = { metadata: { name: "corner", namespace: "a", uid: "u1" } };
const inNamespaceA = (meta: ObjectMeta = {}): ConfigMap => ({
  metadata: { name: "settings", namespace: "a", ...meta },
  data: { key: "value" },
});
const reference: OwnerReference = {
  apiVersion: "example.com/v1",
  kind: "Shop",
  name: "corner",
  uid: "u1",
  controller: true,
  blockOwnerDeletion: true,
};
const other: OwnerReference = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u9" };

describe("ownerReference", () => {
  it("names an owner by kind, name and uid, and says no more than it is told (Q45)", () => {
    expect(ownerReference(shop, Shop)).toEqual({
      apiVersion: "example.com/v1",
      kind: "Shop",
      name: "corner",
      uid: "u1",
    });
    expect(ownerReference(shop, Shop, { controller: true, blockOwnerDeletion: true })).toEqual(reference);
    expect(ownerReference({ metadata: { name: "n", uid: "u2" } }, Namespace, { controller: false })).toEqual({
      apiVersion: "v1",
      kind: "Namespace",
      name: "n",
      uid: "u2",
      controller: false,
    });
  });

  it.each([
    ["owner.metadata.uid", () => ownerReference({ metadata: { name: "corner" } }, Shop)],
    ["owner.metadata.uid", () => ownerReference({ metadata: { name: "corner", uid: "" } }, Shop)],
    ["owner.metadata.name", () => ownerReference({}, Shop)],
    ["ownerKind", () => ownerReference(shop, "Shop" as never)],
    ["controller", () => ownerReference(shop, Shop, { controller: "yes" as never })],
  ])("refuses a bad %s", (name, call) => {
    expect(thrown(call)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${name}\``),
    });
  });
});

describe("setControllerReference", () => {
  it("gives a copy with the reference, and leaves the object as it was (Q45)", () => {
    const before = inNamespaceA({ ownerReferences: [other] });
    const frozen = Object.freeze({ ...before, metadata: Object.freeze(before.metadata) });
    expect(setControllerReference(shop, Shop, frozen)).toEqual({
      ...before,
      metadata: { ...before.metadata, ownerReferences: [other, reference] },
    });
    expect(before.metadata.ownerReferences).toEqual([other]);
  });

  it("is idempotent: the same object comes back (Q45)", () => {
    const once = setControllerReference(shop, Shop, inNamespaceA());
    expect(setControllerReference(shop, Shop, once)).toBe(once);
  });

  it.each([
    ["another version", { ...reference, apiVersion: "example.com/v1beta1" }],
    ["another uid: the owner was made anew", { ...reference, uid: "u0" }],
    ["no controller", { ...reference, controller: false }],
    ["no wish to block", { ...reference, blockOwnerDeletion: false }],
  ])("brings a reference to the same owner up to date in its place: %s (Q45)", (_what, old) => {
    const owned = setControllerReference(shop, Shop, inNamespaceA({ ownerReferences: [old, other] }));
    expect(owned.metadata.ownerReferences).toEqual([reference, other]);
  });

  it("knows owners of the core group, which has no name (Q45)", () => {
    const node = { metadata: { name: "n", namespace: "a", uid: "u3" } };
    const once = setControllerReference(node, ConfigMap, inNamespaceA());
    expect(once.metadata.ownerReferences).toMatchObject([{ apiVersion: "v1", kind: "ConfigMap" }]);
    expect(setControllerReference(node, ConfigMap, once)).toBe(once);
  });

  it.each([
    ["name", { ...reference, name: "else" }],
    ["kind", { ...reference, kind: "Mall" }],
    ["group", { ...reference, apiVersion: "example.org/v1" }],
  ])("refuses an object that another controller has, by %s (Q45)", (_what, found) => {
    const error = thrown(() =>
      setControllerReference(shop, Shop, inNamespaceA({ ownerReferences: [found] })),
    );
    expect(error).toMatchObject({
      code: "OWNED_BY_ANOTHER",
      message: expect.stringMatching(/^Let Shop `corner` own `a\/settings`: .* controls it already; /),
    });
  });

  it("refuses an owner in another namespace (Q45)", () => {
    const error = thrown(() => setControllerReference(shop, Shop, inNamespaceA({ namespace: "b" })));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("different namespaces"),
    });
  });

  it("refuses a namespaced owner of what lives in no namespace, or may (Q45)", () => {
    const role = { metadata: { name: "r" } };
    for (const [options, text] of [
      [{ objectKind: ClusterRole }, /live in no namespace/],
      [{}, /set metadata\.namespace, or say its kind/],
    ] as const) {
      const error = thrown(() => setControllerReference(shop, Shop, role, options));
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(text) });
    }
  });

  it("puts an object of a namespaced kind into its owner's namespace (Q45)", () => {
    const options = { objectKind: ConfigMap };
    const once = setControllerReference(shop, Shop, { metadata: { generateName: "s-" } }, options);
    expect(once.metadata).toEqual({ generateName: "s-", namespace: "a", ownerReferences: [reference] });
    const unplaced = { metadata: { ownerReferences: [reference] } };
    expect(setControllerReference(shop, Shop, unplaced, options).metadata).toMatchObject({ namespace: "a" });
  });

  it("lets owners without a namespace have objects in any (Q45)", () => {
    const owner = { metadata: { name: "n", uid: "u2" } };
    for (const metadata of [{ name: "x" }, { name: "x", namespace: "b" }]) {
      expect(setControllerReference(owner, Namespace, { metadata }).metadata).toMatchObject({
        ...metadata,
        ownerReferences: [{ kind: "Namespace", uid: "u2" }],
      });
    }
    const bare: KubeObject = {};
    expect(setControllerReference(owner, Namespace, bare).metadata?.ownerReferences).toHaveLength(1);
  });

  it("does not block the owner's deletion where it is told not to", () => {
    const owned = setControllerReference(shop, Shop, inNamespaceA(), { blockOwnerDeletion: false });
    expect(owned.metadata.ownerReferences).toEqual([{ ...reference, blockOwnerDeletion: false }]);
  });

  it.each([
    ["objectKind", () => setControllerReference(shop, Shop, inNamespaceA(), { objectKind: {} as never })],
    [
      "owner.metadata.namespace",
      () => setControllerReference({ metadata: { name: "corner", uid: "u1" } }, Shop, inNamespaceA()),
    ],
    ["options", () => setControllerReference(shop, Shop, inNamespaceA(), ConfigMap.kind as never)],
  ])("refuses a bad %s", (name, call) => {
    expect(thrown(call)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${name}\``),
    });
  });
});

describe("owners beside the controller", () => {
  const plain: OwnerReference = { apiVersion: "example.com/v1", kind: "Shop", name: "corner", uid: "u1" };

  it("adds an owner beside the one that controls (Q45)", () => {
    const controlled = { ...reference, name: "else", uid: "u5" };
    const owned = setOwnerReference(shop, Shop, inNamespaceA({ ownerReferences: [controlled] }));
    expect(owned.metadata.ownerReferences).toEqual([controlled, plain]);
    expect(setOwnerReference(shop, Shop, owned)).toBe(owned);
    expect(thrown(() => setOwnerReference(shop, Shop, inNamespaceA({ namespace: "b" })))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("removes an owner of any version, and gives the same object where there is none (Q45)", () => {
    const owned = inNamespaceA({ ownerReferences: [reference, other] });
    const less = removeOwnerReference({ metadata: { name: "corner" } }, shopOf("v2"), owned);
    expect(less.metadata.ownerReferences).toEqual([other]);
    expect(removeOwnerReference(shop, Shop, less)).toBe(less);
    const none = inNamespaceA();
    expect(removeOwnerReference(shop, Shop, none)).toBe(none);
    expect(removeOwnerReference({}, Shop, none)).toBe(none);
    expect(thrown(() => removeOwnerReference(shop, "Shop" as never, none))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it.each([undefined, null, "corner"])("says so of an object that is not there: %s", (nothing) => {
    const missing = nothing as never;
    const [has, own] = [inNamespaceA(), { metadata: { name: "corner" } }];
    for (const [argument, call] of [
      ["owner", () => ownerReference(missing, Shop)],
      ["owner", () => setControllerReference(missing, Shop, has)],
      ["object", () => setControllerReference(shop, Shop, missing)],
      ["owner", () => setOwnerReference(missing, Shop, has)],
      ["object", () => setOwnerReference(shop, Shop, missing)],
      ["owner", () => removeOwnerReference(missing, Shop, has)],
      ["object", () => removeOwnerReference(own, Shop, missing)],
      ["object", () => controllerOf(missing)],
      ["object", () => isControlledBy(missing, shop)],
      ["owner", () => isControlledBy(has, missing)],
    ] as const) {
      expect(thrown(call)).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(`\`${argument}\``),
      });
    }
  });

  it("finds the one that controls, and compares it by uid", () => {
    const owned = inNamespaceA({ ownerReferences: [other, reference] });
    expect(controllerOf(owned)).toBe(reference);
    expect(controllerOf(inNamespaceA({ ownerReferences: [other] }))).toBeUndefined();
    expect(controllerOf({})).toBeUndefined();
    expect(isControlledBy(owned, shop)).toBe(true);
    expect(isControlledBy(owned, { metadata: { name: "corner", uid: "u7" } })).toBe(false);
    expect(isControlledBy({}, {})).toBe(false);
  });

  it("keeps the object's own type", () => {
    const deployment: Deployment = setControllerReference(shop, Shop, {
      metadata: { name: "web", namespace: "a" },
      spec: { selector: {}, template: {} },
    });
    expect(deployment.spec?.template).toEqual({});
  });
});
