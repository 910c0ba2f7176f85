import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap, Deployment } from "../../src/kinds/index.ts";
import { applyConflict, applyPatch, entryOf, fieldsOf, managersOf } from "./managed-fields.ts";
import { type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, jsonPatch, mergePatch, named } from "./status.ts";

const data = (...names: readonly string[]): object => ({
  "f:data": Object.fromEntries(names.map((name) => [name === "." ? name : `f:${name}`, {}])),
});

/** What is told of who set which field by other means than apply. */
export function describeFieldManagers(server: () => ServerUnderTest): void {
  describe("apply: field managers", () => {
    const call = caller(server);
    let namespace: string;
    let configMaps: string;
    let path: string;

    beforeEach(async () => {
      namespace = await server().namespace();
      configMaps = collection(ConfigMap, namespace);
      path = `${configMaps}/a`;
    });

    it("names the creator by fieldManager, or by what its user agent begins with", async () => {
      const first = await create(server(), `${configMaps}?fieldManager=me`, {
        metadata: { name: "a", labels: { l: "1" }, annotations: {}, generateName: "g-" },
        data: { x: "1" },
      });
      expect(first.metadata.managedFields).toEqual([
        {
          manager: "me",
          operation: "Update",
          apiVersion: "v1",
          time: expect.any(String),
          fieldsType: "FieldsV1",
          fieldsV1: {
            ...data(".", "x"),
            "f:metadata": { "f:generateName": {}, "f:labels": { ".": {}, "f:l": {} } },
          },
        },
      ]);
      for (const [userAgent, manager] of [
        ["kubectl/v1.36 (linux/amd64)", "kubectl"],
        ["Some Tool", "Some Tool"],
      ] as const) {
        const { json } = await call("POST", configMaps, {
          body: { metadata: { generateName: "g-" }, data: { x: "1" } },
          headers: { "user-agent": userAgent },
        });
        expect(managersOf(json)).toEqual([`${manager} Update`]);
      }
      const nothing = await create(server(), configMaps, named("nothing"));
      expect(nothing.metadata).not.toHaveProperty("managedFields");
    });

    it("leaves out what is always there: the spec, its template, the list of containers", async () => {
      const labels = { app: "web" };
      const containers = [{ name: "app", image: "i:1" }];
      const created = await create(server(), collection(Deployment, namespace), {
        ...named("web"),
        spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
      });
      const { "f:spec": spec, ...others } = fieldsOf(created, "contracts", "Update");
      expect(others).toEqual({});
      expect(spec).toMatchObject({ "f:replicas": {}, "f:selector": {} });
      const { "f:metadata": metadata, "f:spec": pod } = spec["f:template"];
      expect(metadata).toEqual({ "f:labels": { ".": {}, "f:app": {} } });
      for (const part of [spec, spec["f:template"], pod, pod["f:containers"]]) {
        expect(part).not.toHaveProperty(["."]);
      }
      expect(pod["f:containers"]['k:{"name":"app"}']).toMatchObject({ ".": {}, "f:name": {}, "f:image": {} });
    });

    it("gives what is replaced or patched to who did it", async () => {
      const stored = await create(server(), `${configMaps}?fieldManager=one`, {
        ...named("a"),
        data: { x: "1", y: "1", z: "1" },
      });
      const { managedFields: _, ...metadata } = stored.metadata;
      const put = await call("PUT", `${path}?fieldManager=two`, {
        body: { ...stored, metadata, data: { x: "2", y: "1", n: "1" } },
      });
      expect(fieldsOf(put.json, "one", "Update")).toEqual(data(".", "y"));
      expect(fieldsOf(put.json, "two", "Update")).toEqual(data("x", "n"));
      const patch = [{ op: "replace", path: "/data/y", value: "2" }];
      const patched = await call("PATCH", `${path}?fieldManager=three`, { body: patch, headers: jsonPatch });
      expect(fieldsOf(patched.json, "one", "Update")).toEqual({ "f:data": {} });
      expect(fieldsOf(patched.json, "three", "Update")).toEqual(data("y"));
      const same = await call("PATCH", `${path}?fieldManager=four`, {
        body: { data: { y: "2" } },
        headers: mergePatch,
      });
      expect(same.json).toEqual(patched.json);
      const gone = await call("PATCH", `${path}?fieldManager=five`, {
        body: { data: null },
        headers: mergePatch,
      });
      expect(managersOf(gone.json)).toEqual([]);
    });

    it("keeps updates and applies of one manager apart, and those of the status", async () => {
      const widgets = collection(Widget, namespace);
      const body = { apiVersion: "contracts.example.com/v1", kind: "Widget", metadata: { name: "w" } };
      await create(server(), `${widgets}?fieldManager=me`, { ...body, spec: { size: 1 } });
      await call("PATCH", `${widgets}/w?fieldManager=me`, {
        body: { ...body, spec: { color: "red" } },
        headers: applyPatch,
      });
      await call("PATCH", `${widgets}/w/status?fieldManager=me`, {
        body: { status: { ready: true }, spec: { size: 5 }, metadata: { labels: { l: "1" } } },
        headers: mergePatch,
      });
      const { json } = await call("GET", `${widgets}/w`);
      expect(managersOf(json).sort()).toEqual(["me Apply", "me Update", "me Update status"]);
      expect(fieldsOf(json, "me", "Update")).toEqual({ "f:spec": { ".": {}, "f:size": {} } });
      expect(fieldsOf(json, "me")).toEqual({ "f:spec": { ".": {}, "f:color": {} } });
      expect(fieldsOf(json, "me", "Update", "status")).toEqual({ "f:status": { ".": {}, "f:ready": {} } });
      expect(entryOf(json, "me", "Update", "status")).toMatchObject({ subresource: "status" });
    });

    it("forgets managers when it is sent none, and tells nobody until the next apply", async () => {
      for (const none of [[], [{}]]) {
        const stored = await create(server(), configMaps, { ...named("a"), data: { x: "1", y: "1" } });
        const reset = await call("PUT", path, {
          body: { ...stored, metadata: { ...stored.metadata, managedFields: none } },
        });
        expect(reset.json.metadata).not.toHaveProperty("managedFields");
        const changed = await call("PATCH", path, { body: { data: { x: "2" } }, headers: mergePatch });
        expect(changed.json.metadata).not.toHaveProperty("managedFields");
        const apply = (value: string): ReturnType<typeof call> =>
          call("PATCH", `${path}?fieldManager=me`, {
            body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { x: value } },
            headers: applyPatch,
          });
        expect((await apply("3")).json).toEqual(applyConflict(['"before-first-apply" using v1', ".data.x"]));
        const applied = await apply("2");
        expect(fieldsOf(applied.json, "before-first-apply", "Update")).toEqual(data(".", "x", "y"));
        expect(fieldsOf(applied.json, "me")).toEqual(data("x"));
        await call("DELETE", path);
      }
    });

    it("takes managers that are sent, and keeps the stored ones where those make no sense", async () => {
      const stored = await create(server(), configMaps, { ...named("a"), data: { x: "1" } });
      const [entry] = stored.metadata.managedFields;
      const put = (managedFields: object[]): ReturnType<typeof call> =>
        call("PUT", path, { body: { ...stored, metadata: { ...stored.metadata, managedFields } } });
      const wrong = await put([{ ...entry, operation: "Guess", manager: "x" }]);
      expect(wrong.json).toEqual(stored);
      const renamed = await put([{ ...entry, manager: "other" }]);
      expect(managersOf(renamed.json)).toEqual(["other Update"]);
    });
  });
}
