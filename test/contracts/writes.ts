import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap, Pod } from "../../src/kinds/index.ts";
import type { Json, ServerUnderTest } from "./server-under-test.ts";
import { caller, collection, create, failure, jsonPatch, merge, mergePatch, named } from "./status.ts";

const otherUid = "11111111-1111-1111-1111-111111111111";
const modified =
  'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again';
const rejected = failure(
  422,
  "Invalid",
  "the server rejected our request due to an error in our request",
  {},
);

/** What replacing, patching and deleting promise. */
export function describeWrites(server: () => ServerUnderTest): void {
  describe("write", () => {
    const call = caller(server);
    const details = { name: "a", kind: "configmaps" };
    let path: string;
    let configMaps: string;
    let namespace: string;
    let stored: Json;

    beforeEach(async () => {
      namespace = await server().namespace();
      configMaps = collection(ConfigMap, namespace);
      path = `${configMaps}/a`;
      stored = await create(server(), configMaps, { ...named("a", { x: "1" }), data: { k: "v" } });
    });

    it("answers 404 with name and resource for an object that is not there (T3)", async () => {
      const missing = failure(404, "NotFound", 'configmaps "missing" not found', {
        name: "missing",
        kind: "configmaps",
      });
      for (const method of ["GET", "DELETE"] as const) {
        expect((await call(method, `${configMaps}/missing`)).json).toEqual(missing);
      }
      expect((await call("PUT", `${configMaps}/missing`, { body: named("missing") })).json).toEqual(missing);
      const patched = await call("PATCH", `${configMaps}/missing`, { body: {}, headers: mergePatch });
      expect(patched.json).toEqual(missing);
    });

    it("replaces over the state that was read, and answers 409 for an older one (T6, T14)", async () => {
      const second = await call("PUT", path, { body: { ...stored, data: { k: "w" } } });
      expect(second.json).toMatchObject({ data: { k: "w" }, metadata: { uid: stored.metadata.uid } });
      expect(second.json.metadata.resourceVersion).not.toBe(stored.metadata.resourceVersion);
      const stale = await call("PUT", path, { body: { ...stored, data: { k: "x" } } });
      expect(stale.json).toEqual(failure(409, "Conflict", modified, details));
      const unconditional = await call("PUT", path, { body: { ...named("a"), data: { k: "y" } } });
      expect([unconditional.status, unconditional.json.data]).toEqual([200, { k: "y" }]);
    });

    it("writes nothing where nothing changes (T6)", async () => {
      const same = await call("PUT", path, { body: stored });
      expect(same.json.metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
      const patched = await merge(server(), path, { data: { k: "v" } });
      expect(patched.metadata.resourceVersion).toBe(stored.metadata.resourceVersion);
    });

    it("answers 400 for another name, 409 for another uid (T3)", async () => {
      const name = await call("PUT", path, { body: named("other") });
      const message = "the name of the object (other) does not match the name on the URL (a)";
      expect(name.json).toEqual(failure(400, "BadRequest", message));
      const uid = await call("PUT", path, { body: { metadata: { name: "a", uid: otherUid } } });
      expect([uid.status, uid.json.reason]).toEqual([409, "Conflict"]);
      expect(uid.json.message).toContain(
        `UID in precondition: ${otherUid}, UID in object meta: ${stored.metadata.uid}`,
      );
    });

    it("patches by merging, with a resourceVersion only over that state (T6)", async () => {
      const patched = await merge(server(), path, { data: { m: "1", k: null } });
      expect(patched.data).toEqual({ m: "1" });
      const stale = { metadata: { resourceVersion: stored.metadata.resourceVersion }, data: { m: "2" } };
      const refused = await call("PATCH", path, { body: stale, headers: mergePatch });
      expect(refused.json).toEqual(failure(409, "Conflict", modified, details));
      const broken = await call("PATCH", path, { body: "{bad", headers: mergePatch });
      expect([broken.status, broken.json.reason]).toEqual([400, "BadRequest"]);
    });

    it("patches by operations, all or none", async () => {
      const operations = (...body: object[]): ReturnType<typeof call> =>
        call("PATCH", path, { body, headers: jsonPatch });
      const test = { op: "test", path: "/metadata/labels/x", value: "1" };
      const done = await operations(
        test,
        { op: "add", path: "/data/j", value: "1" },
        { op: "copy", from: "/data/k", path: "/data/k2" },
        { op: "move", from: "/data/k", path: "/data/k3" },
        { op: "replace", path: "/data/new", value: "2" },
      );
      expect(done.json.data).toEqual({ j: "1", k2: "v", k3: "v", new: "2" });
      for (const wrong of [
        { ...test, value: "2" },
        { op: "remove", path: "/data/none" },
        { op: "add", path: "/none/deep", value: "1" },
        { op: "shuffle", path: "/data/j", value: "1" },
      ]) {
        const refused = await operations({ op: "add", path: "/data/left", value: "over" }, wrong);
        expect([refused.status, refused.json]).toEqual([422, rejected]);
      }
      expect((await call("GET", path)).json).toEqual(done.json);
    });

    it("checks and keeps nothing with dryRun=All (T17)", async () => {
      const put = await call("PUT", `${path}?dryRun=All`, { body: { ...stored, data: { dry: "1" } } });
      expect([put.status, put.json.data]).toEqual([200, { dry: "1" }]);
      const patch = { body: { data: { dry: "2" } }, headers: mergePatch };
      expect((await call("PATCH", `${path}?dryRun=All`, patch)).status).toBe(200);
      expect((await call("DELETE", `${path}?dryRun=All`)).json).toMatchObject({ status: "Success" });
      expect((await call("GET", path)).json).toEqual(stored);
    });

    it("deletes, and says what was deleted; once (T3)", async () => {
      const { status, json } = await call("DELETE", path);
      expect(status).toBe(200);
      expect(json).toEqual({
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Success",
        details: { ...details, uid: stored.metadata.uid },
      });
      expect((await call("DELETE", path)).status).toBe(404);
    });

    it("deletes only what the preconditions name, by uid and by resourceVersion (T17)", async () => {
      const start = 'Operation cannot be fulfilled on ConfigMap "a":';
      const { uid, resourceVersion } = stored.metadata;
      const ofKind = { name: "a", kind: "ConfigMap" };
      const byUid = await call("DELETE", path, { body: { preconditions: { uid: otherUid } } });
      const uidText = `${start} the UID in the precondition (${otherUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
      expect(byUid.json).toEqual(failure(409, "Conflict", uidText, ofKind));
      const byVersion = await call("DELETE", path, { body: { preconditions: { resourceVersion: "1" } } });
      const versionText = `${start} the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
      expect(byVersion.json).toEqual(failure(409, "Conflict", versionText, ofKind));
      expect((await call("DELETE", path, { body: { preconditions: { uid, resourceVersion } } })).status).toBe(
        200,
      );
    });

    it("marks what has finalizers, and removes it with the last one (T16)", async () => {
      await merge(server(), path, { metadata: { finalizers: ["example.com/f"] } });
      const marked = await call("DELETE", path);
      expect(marked.json).toMatchObject({ kind: "ConfigMap", metadata: { deletionGracePeriodSeconds: 0 } });
      expect(marked.json.metadata.deletionTimestamp).toMatch(/Z$/);
      expect((await call("DELETE", path)).json).toEqual(marked.json);
      const again = await call("POST", configMaps, { body: named("a") });
      const message = 'object is being deleted: configmaps "a" already exists';
      expect(again.json).toEqual(failure(409, "AlreadyExists", message, details));
      const more = { metadata: { finalizers: ["example.com/f", "example.com/g"] } };
      const refused = await call("PATCH", path, { body: more, headers: mergePatch });
      expect(refused.status).toBe(422);
      expect(refused.json.message).toContain("no new finalizers can be added if the object is being deleted");
      expect((await merge(server(), path, { data: { z: "1" } })).data).toMatchObject({ z: "1" });
      const last = await merge(server(), path, { metadata: { finalizers: [] } });
      expect(last.metadata.deletionTimestamp).toBe(marked.json.metadata.deletionTimestamp);
      expect((await call("GET", path)).status).toBe(404);
    });

    it("deletes an unscheduled pod at once, gives a scheduled one its time (T16)", async () => {
      const pods = collection(Pod, namespace);
      const spec = { containers: [{ name: "c", image: "i" }] };
      await create(server(), pods, { ...named("free"), spec });
      await create(server(), pods, { ...named("placed"), spec: { ...spec, nodeName: "n1" } });
      expect((await call("DELETE", `${pods}/free`)).json.metadata).toMatchObject({
        deletionGracePeriodSeconds: 0,
      });
      expect((await call("GET", `${pods}/free`)).status).toBe(404);
      await call("DELETE", `${pods}/placed`);
      const held = await call("GET", `${pods}/placed`);
      expect(held.json.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, generation: 2 });
      await call("DELETE", `${pods}/placed?gracePeriodSeconds=0`);
      expect((await call("GET", `${pods}/placed`)).status).toBe(404);
    });

    it("deletes the collection that a selector chooses, and answers with it (T7)", async () => {
      await create(server(), configMaps, named("b", { x: "1" }));
      await create(server(), configMaps, named("c", { x: "2" }));
      const { json } = await call("DELETE", `${configMaps}?labelSelector=x%3D1`);
      expect(json.kind).toBe("ConfigMapList");
      expect(names(json)).toEqual(["a", "b"]);
      expect(names((await call("GET", configMaps)).json)).toEqual(["c"]);
    });
  });
}

function names(list: Json): string[] {
  return list.items.map(({ metadata }: Json) => metadata.name);
}
