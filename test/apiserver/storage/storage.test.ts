import { describe, expect, it } from "vitest";
import type { StorageChange } from "../../../src/apiserver/storage/port.ts";
import { Storage } from "../../../src/apiserver/storage/storage.ts";
import { StorageError } from "../../../src/apiserver/storage/storage-error.ts";
import type { KubeObject } from "../../../src/resource/object.ts";

const pods = { group: "", plural: "pods" };
const deployments = { group: "apps", plural: "deployments" };

function pod(name: string, extra: object = {}): KubeObject {
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name, namespace: "shop", uid: `uid-${name}` },
    ...extra,
  };
}

function codeOf(write: () => unknown): string {
  try {
    write();
  } catch (error) {
    if (error instanceof StorageError) return error.code;
    throw error;
  }
  return "no error";
}

describe("revisions", () => {
  it("gives every write of every resource one global revision and stamps it (T6)", () => {
    const storage = new Storage({ firstRevision: 500 });
    expect(storage.create(pods, "shop/a", pod("a")).metadata.resourceVersion).toBe("501");
    expect(storage.create(deployments, "shop/a", pod("a")).metadata.resourceVersion).toBe("502");
    const changed = storage.update(pods, "shop/a", (current) => ({ ...current, spec: { x: 1 } }));
    expect(changed.metadata.resourceVersion).toBe("503");
    expect(storage.delete(pods, "shop/a").metadata.resourceVersion).toBe("504");
    expect(storage.revision).toBe(504);
  });

  it("starts so high that resourceVersion=1 is before all history", () => {
    expect(new Storage().revision).toBe(1000);
    expect(() => new Storage({ firstRevision: 0 })).toThrow("firstRevision");
  });

  it("uses up a revision on demand and tells it", () => {
    const storage = new Storage();
    const told: number[] = [];
    const stop = storage.onRevision((revision) => told.push(revision));
    expect(storage.advance()).toBe(1001);
    storage.create(pods, "shop/a", pod("a"));
    stop();
    storage.advance();
    expect(told).toEqual([1001, 1002]);
  });

  it("writes nothing where an update changes nothing, whatever the order of the fields", () => {
    const storage = new Storage();
    const before = storage.create(pods, "shop/a", pod("a", { spec: { x: 1, y: [1, { z: 2 }] } }));
    const same = storage.update(pods, "shop/a", () => ({
      ...pod("a", { spec: { y: [1, { z: 2 }], x: 1, gone: undefined } }),
    }));
    expect(same).toBe(before);
    expect(storage.update(pods, "shop/a", (current) => current)).toBe(before);
    expect(storage.revision).toBe(1001);
    for (const spec of [
      { x: 1 },
      { x: 1, y: [1] },
      { x: 1, y: [1, { z: 3 }] },
      { x: 1, y: { z: 2 } },
      null,
    ]) {
      const revision = storage.revision;
      storage.update(pods, "shop/a", () => pod("a", { spec }));
      expect(storage.revision).toBe(revision + 1);
    }
  });
});

describe("guarded writes", () => {
  it("refuses taken and missing keys with typed errors and without a revision (T6)", () => {
    const storage = new Storage();
    storage.create(pods, "shop/a", pod("a"));
    expect(codeOf(() => storage.create(pods, "shop/a", pod("a")))).toBe("exists");
    expect(codeOf(() => storage.update(pods, "shop/b", (current) => current))).toBe("missing");
    expect(codeOf(() => storage.delete(pods, "shop/b"))).toBe("missing");
    expect(codeOf(() => storage.delete(deployments, "shop/a"))).toBe("missing");
    expect(storage.revision).toBe(1001);
  });

  it("locks optimistically: a stale uid or resourceVersion is a conflict (T6)", () => {
    const storage = new Storage();
    storage.create(pods, "shop/a", pod("a"));
    const update = (preconditions: object) => () =>
      storage.update(pods, "shop/a", (current) => ({ ...current, spec: {} }), preconditions);
    expect(codeOf(update({ uid: "other" }))).toBe("conflict");
    expect(codeOf(update({ resourceVersion: "1000" }))).toBe("conflict");
    expect(update({ resourceVersion: "1000" })).toThrow(
      "Precondition failed: ResourceVersion in precondition: 1000, ResourceVersion in object meta: 1001",
    );
    expect(codeOf(() => storage.delete(pods, "shop/a", { uid: "other" }))).toBe("conflict");
    expect(codeOf(update({ uid: "uid-a", resourceVersion: "1001" }))).toBe("no error");
  });

  it("names an object without uid in a failed precondition", () => {
    const storage = new Storage();
    storage.create(pods, "a", { metadata: { name: "a" } });
    expect(() => storage.delete(pods, "a", { uid: "u" })).toThrow("UID in object meta: ");
  });

  it("lets what a callback throws pass, and leaves the object as it was", () => {
    const storage = new Storage();
    const before = storage.create(pods, "shop/a", pod("a"));
    const refuse = () => {
      throw new Error("not now");
    };
    expect(() => storage.update(pods, "shop/a", refuse)).toThrow("not now");
    expect(() => storage.delete(pods, "shop/a", refuse)).toThrow("not now");
    expect(storage.get(pods, "shop/a")).toBe(before);
  });

  it("is a conflict where the callback itself wrote the object meanwhile", () => {
    const storage = new Storage();
    storage.create(pods, "shop/a", pod("a"));
    const write = () => storage.update(pods, "shop/a", (current) => ({ ...current, spec: { by: "inner" } }));
    expect(codeOf(() => storage.update(pods, "shop/a", () => write() && pod("a")))).toBe("conflict");
    storage.update(pods, "shop/a", (current) => ({ ...current, spec: {} }));
    expect(codeOf(() => storage.delete(pods, "shop/a", () => void write()))).toBe("conflict");
  });
});

describe("stored objects", () => {
  it("are deeply frozen copies that the writer cannot reach", () => {
    const storage = new Storage();
    const labels = { app: "web" };
    const mine = { metadata: { name: "a", labels }, spec: { list: [{ x: 1 }] } };
    const stored = storage.create(pods, "a", mine);
    labels.app = "changed";
    expect(stored.metadata.labels).toEqual({ app: "web" });
    expect(Object.isFrozen(stored.metadata.labels)).toBe(true);
    expect(Object.isFrozen(Reflect.get(stored, "spec").list[0])).toBe(true);
    expect(Object.isFrozen(mine.spec)).toBe(false);
  });

  it("are what JSON would say: dates are strings, undefined is absent, __proto__ is a field", () => {
    const storage = new Storage();
    const data = JSON.parse('{"__proto__":{"x":1}}');
    const stored = storage.create(pods, "a", {
      metadata: { name: "a" },
      ...{ at: new Date(0), gone: undefined, list: [undefined, Number.NaN, true], data },
    });
    expect(JSON.stringify(stored)).toBe(
      '{"metadata":{"name":"a","resourceVersion":"1001"},"at":"1970-01-01T00:00:00.000Z","list":[null,null,true],"data":{"__proto__":{"x":1}}}',
    );
    expect(() => storage.create(pods, "b", { metadata: { name: "b" }, ...{ big: 1n } })).toThrow("JSON");
    expect(storage.get(pods, "b")).toBeUndefined();
  });

  it("are listed in key order with the revision they are at", () => {
    const storage = new Storage();
    for (const name of ["b", "a-1", "a", "a.1"]) storage.create(pods, `shop/${name}`, pod(name));
    const { revision, items } = storage.list(pods);
    expect(revision).toBe(1004);
    expect(items.map(([key]) => key)).toEqual(["shop/a", "shop/a-1", "shop/a.1", "shop/b"]);
    expect(storage.list(deployments).items).toEqual([]);
  });
});

describe("subscribers", () => {
  it("hear every change of their resource in order; a deletion carries its own revision (I6)", () => {
    const storage = new Storage();
    const heard: StorageChange[] = [];
    const stop = storage.subscribe(pods, (change) => heard.push(change));
    storage.create(pods, "shop/a", pod("a"));
    storage.create(deployments, "shop/d", pod("d"));
    storage.update(pods, "shop/a", (current) => ({ ...current, spec: { x: 1 } }));
    storage.delete(pods, "shop/a");
    stop();
    storage.create(pods, "shop/b", pod("b"));
    expect(heard.map(({ type, key, revision }) => [type, key, revision])).toEqual([
      ["ADDED", "shop/a", 1001],
      ["MODIFIED", "shop/a", 1003],
      ["DELETED", "shop/a", 1004],
    ]);
    expect(heard.map(({ object }) => object.metadata.resourceVersion)).toEqual(["1001", "1003", "1004"]);
    expect(heard.map(({ previous }) => previous?.metadata.resourceVersion)).toEqual([
      undefined,
      "1001",
      "1003",
    ]);
    expect(heard[2]?.object).toMatchObject({ spec: { x: 1 } });
  });

  it("may not write while they are told, which would reorder what others hear", () => {
    const storage = new Storage();
    storage.subscribe(pods, ({ key }) => storage.delete(pods, key));
    expect(() => storage.create(pods, "shop/a", pod("a"))).toThrow("write in a microtask");
    expect(storage.get(pods, "shop/a")).toBeDefined();
    expect(() => storage.create(deployments, "shop/a", pod("a"))).not.toThrow();
  });
});
