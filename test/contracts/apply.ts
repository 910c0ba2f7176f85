import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap } from "../../src/kinds/index.ts";
import { applyConflict, applyPatch, entryOf, fieldsOf, managersOf } from "./managed-fields.ts";
import type { Answer, ServerUnderTest } from "./server-under-test.ts";
import { caller, collection, create, failure, invalid, mergePatch, named } from "./status.ts";

const bad = (message: string): object => failure(400, "BadRequest", message);

/** What server-side apply promises, of objects with plain fields (T9, T18). */
export function describeApply(server: () => ServerUnderTest): void {
  describe("apply", () => {
    const call = caller(server);
    let namespace: string;
    let configMaps: string;
    let path: string;
    const applied = (data: object | undefined, metadata: object = {}): object => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", ...metadata },
      ...(data === undefined ? {} : { data }),
    });
    const send = (manager: string, body: unknown, query = ""): Promise<Answer> =>
      call("PATCH", `${path}?fieldManager=${manager}${query}`, { body, headers: applyPatch });

    beforeEach(async () => {
      namespace = await server().namespace();
      configMaps = collection(ConfigMap, namespace);
      path = `${configMaps}/a`;
    });

    it("creates what is not there (201), changes what is (200), and says who set what", async () => {
      const created = await send("one", applied({ x: "1", y: "2" }, { labels: { l: "1" } }));
      expect([created.status, created.json.data]).toEqual([201, { x: "1", y: "2" }]);
      const fields = { "f:data": { "f:x": {}, "f:y": {} }, "f:metadata": { "f:labels": { "f:l": {} } } };
      expect(created.json.metadata.managedFields).toEqual([
        {
          manager: "one",
          operation: "Apply",
          apiVersion: "v1",
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          fieldsType: "FieldsV1",
          fieldsV1: fields,
        },
      ]);
      const changed = await send("one", applied({ x: "2", y: "2" }, { labels: { l: "1" } }));
      expect([changed.status, changed.json.data]).toEqual([200, { x: "2", y: "2" }]);
      expect(fieldsOf(changed.json, "one")).toEqual(fields);
      expect((await call("GET", path)).json).toEqual(changed.json);
    });

    it("removes what its manager applies no more, and keeps what others set", async () => {
      await send("one", applied({ x: "1", y: "2" }));
      await call("PATCH", path, { body: { data: { z: "3" } }, headers: mergePatch });
      const left = await send("one", applied({ x: "1" }));
      expect(left.json.data).toEqual({ x: "1", z: "3" });
      expect(fieldsOf(left.json, "one")).toEqual({ "f:data": { "f:x": {} } });
      const none = await send("one", applied(undefined));
      expect([none.json.data, managersOf(none.json)]).toEqual([{ z: "3" }, ["contracts Update"]]);
    });

    it("refuses to change what other managers have, naming every field (409)", async () => {
      await send("one", applied({ x: "1", y: "2" }));
      const single = await send("two", applied({ x: "9" }));
      expect(single.json).toEqual(applyConflict(['"one"', ".data.x"]));
      const both = await send("two", applied({ x: "9", y: "9" }));
      expect(both.json).toEqual(applyConflict(['"one"', ".data.x"], ['"one"', ".data.y"]));
      await call("PATCH", `${path}?fieldManager=three`, { body: { data: { y: "3" } }, headers: mergePatch });
      const updater = await send("two", applied({ y: "9" }));
      expect(updater.json).toEqual(applyConflict(['"three" using v1', ".data.y"]));
      expect((await call("GET", path)).json.data).toEqual({ x: "1", y: "3" });
    });

    it("takes fields over from others when it is forced to", async () => {
      await send("one", applied({ x: "1", y: "2" }));
      const forced = await send("two", applied({ x: "9" }), "&force=true");
      expect([forced.status, forced.json.data]).toEqual([200, { x: "9", y: "2" }]);
      expect(fieldsOf(forced.json, "one")).toEqual({ "f:data": { "f:y": {} } });
      expect(fieldsOf(forced.json, "two")).toEqual({ "f:data": { "f:x": {} } });
      const dropped = await send("one", applied({ y: "2" }));
      expect(dropped.json.data).toEqual({ x: "9", y: "2" });
    });

    it("lets managers share a value, which stays until the last of them gives it up", async () => {
      await send("one", applied({ x: "1", y: "1" }));
      const shared = await send("two", applied({ x: "1" }));
      expect(fieldsOf(shared.json, "two")).toEqual({ "f:data": { "f:x": {} } });
      expect(fieldsOf(shared.json, "one")).toEqual({ "f:data": { "f:x": {}, "f:y": {} } });
      // It changed nothing: there is no time of a change.
      expect(entryOf(shared.json, "two")).not.toHaveProperty("time");
      expect((await send("one", applied({ x: "2", y: "1" }))).json).toEqual(
        applyConflict(['"two"', ".data.x"]),
      );
      expect((await send("one", applied({ y: "1" }))).json.data).toEqual({ x: "1", y: "1" });
      const last = await send("two", applied({}));
      expect(last.json.data).toEqual({ y: "1" });
    });

    it("takes over from an applier what is changed by other means", async () => {
      await send("one", applied({ x: "1", y: "1" }));
      const { json } = await call("PATCH", path, { body: { data: { x: "2", y: "1" } }, headers: mergePatch });
      expect(fieldsOf(json, "one")).toEqual({ "f:data": { "f:y": {} } });
      expect(fieldsOf(json, "contracts", "Update")).toEqual({ "f:data": { "f:x": {} } });
      const removed = await call("PATCH", path, { body: { data: { y: null } }, headers: mergePatch });
      expect(managersOf(removed.json)).toEqual(["contracts Update"]);
    });

    it("writes nothing where nothing changes, and nothing at all with dryRun=All", async () => {
      const first = await send("one", applied({ x: "1" }));
      expect((await send("one", applied({ x: "1" }))).json).toEqual(first.json);
      const dry = await send("one", applied({ x: "2" }), "&dryRun=All");
      expect([dry.status, dry.json.data]).toEqual([200, { x: "2" }]);
      expect((await call("GET", path)).json).toEqual(first.json);
      const body = { ...applied({ x: "1" }), metadata: { name: "b" } };
      const other = await call("PATCH", `${configMaps}/b?fieldManager=one&dryRun=All`, {
        body,
        headers: applyPatch,
      });
      expect(other.status).toBe(201);
      expect((await call("GET", `${configMaps}/b`)).status).toBe(404);
    });

    it("needs a fieldManager, and takes force for applies only (422)", async () => {
      const unnamed = await call("PATCH", path, { body: applied({}), headers: applyPatch });
      const options = { group: "meta.k8s.io", kind: "PatchOptions" };
      expect(unnamed.json).toEqual(
        invalid(options, "fieldManager", "FieldValueRequired", "Required value: is required for apply patch"),
      );
      await create(server(), configMaps, named("a"));
      const forced = await call("PATCH", `${path}?force=true`, { body: {}, headers: mergePatch });
      expect(forced.json).toEqual(
        invalid(
          options,
          "force",
          "FieldValueForbidden",
          "Forbidden: may not be specified for non-apply patch",
        ),
      );
    });

    it("refuses what is not the object it is sent to (400), and fields that do not exist (500)", async () => {
      const cases: readonly (readonly [unknown, object])[] = [
        [{}, bad("invalid object type: /, Kind=")],
        [{ ...applied({}), kind: "Secret" }, bad("invalid object type: /v1, Kind=Secret")],
        [
          applied({}, { name: undefined }),
          bad("the name of the object (a based on URL) was undeterminable: name must be provided"),
        ],
        [
          applied({}, { name: "b" }),
          bad("the name of the object (b) does not match the name on the URL (a)"),
        ],
        [
          applied({}, { namespace: "other" }),
          bad("the namespace of the provided object does not match the namespace sent on the request"),
        ],
        [applied({}, { managedFields: [] }), bad("metadata.managedFields must be nil")],
        [
          { ...applied({}), dada: {} },
          failure(
            500,
            "",
            "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .dada: field not declared in schema",
          ),
        ],
        [
          applied({ x: 5 }),
          failure(
            500,
            "",
            "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.x: expected string, got &value.valueUnstructured{Value:5}",
          ),
        ],
      ];
      for (const [body, expected] of cases) expect((await send("one", body)).json).toEqual(expected);
      expect((await call("GET", path)).status).toBe(404);
    });

    it("applies over a resourceVersion or a uid only where they are the stored ones (409, 422)", async () => {
      const details = { name: "a", kind: "configmaps" };
      const start = 'Operation cannot be fulfilled on configmaps "a":';
      const missing = await send("one", applied({}, { uid: "x" }));
      const mismatch = `${start} uid mismatch: the provided object specified uid x, and no existing object was found`;
      expect(missing.json).toEqual(failure(409, "Conflict", mismatch, details));
      const created = await send("one", applied({ x: "1" }, { resourceVersion: "12" }));
      expect(created.status).toBe(201);
      const { resourceVersion } = created.json.metadata;
      const stale = await send("one", applied({ x: "2" }, { resourceVersion: "1" }));
      const modified = `${start} the object has been modified; please apply your changes to the latest version and try again`;
      expect(stale.json).toEqual(failure(409, "Conflict", modified, details));
      const uid = await send("one", applied({ x: "2" }, { uid: "x" }));
      expect([uid.status, uid.json.details.causes[0].field]).toEqual([422, "metadata.uid"]);
      expect((await send("one", applied({ x: "2" }, { resourceVersion }))).json.data).toEqual({ x: "2" });
    });

    it("reads YAML", async () => {
      const body = ["apiVersion: v1", "kind: ConfigMap", "metadata:", "  name: a", "data:", '  x: "1"'].join(
        "\n",
      );
      expect((await send("one", body)).json.data).toEqual({ x: "1" });
      const broken = await send("one", "data: [");
      expect([broken.status, broken.json.message]).toEqual([
        400,
        expect.stringMatching(/^error decoding YAML: error converting YAML to JSON: yaml: /),
      ]);
      expect((await send("one", "[]")).json).toEqual(
        bad(
          "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
      );
    });
  });
}
