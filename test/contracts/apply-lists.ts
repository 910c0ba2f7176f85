import { beforeEach, describe, expect, it } from "vitest";
import { Deployment } from "../../src/kinds/index.ts";
import { applyConflict, applyPatch, fieldsOf, managersOf } from "./managed-fields.ts";
import { type Answer, type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, failure, mergePatch } from "./status.ts";

const labels = { app: "web" };

/** A Deployment with these containers. */
function deployment(containers: readonly object[], more: object = {}): Json {
  const spec = {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec: { ...spec, ...more } };
}

/** The part of a Deployment that names containers, and nothing else. */
function partial(containers: readonly object[]): Json {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { template: { spec: { containers } } },
  };
}

const inContainers = (fields: object): object => ({
  "f:spec": { "f:template": { "f:spec": { "f:containers": fields } } },
});
const containersOf = ({ json }: Answer): Json[] => json.spec.template.spec.containers;
const namesOf = (items: readonly Json[] | undefined): string[] => (items ?? []).map(({ name }) => name);
const container = '.spec.template.spec.containers[name="app"]';

/** What server-side apply promises of lists, subresources and custom resources (T9, T18). */
export function describeApplyLists(server: () => ServerUnderTest): void {
  describe("apply: lists", () => {
    const call = caller(server);
    let deployments: string;
    let widgets: string;
    let path: string;
    const send = (manager: string, body: unknown, query = "", to = path): Promise<Answer> =>
      call("PATCH", `${to}?fieldManager=${manager}${query}`, { body, headers: applyPatch });

    beforeEach(async () => {
      const namespace = await server().namespace();
      deployments = collection(Deployment, namespace);
      widgets = collection(Widget, namespace);
      path = `${deployments}/web`;
    });

    it("merges containers, variables and ports by their keys", async () => {
      const env = [
        { name: "A", value: "1" },
        { name: "B", value: "1" },
      ];
      await send("one", deployment([{ name: "app", image: "i:1", env, ports: [{ containerPort: 80 }] }]));
      const second = await send(
        "two",
        partial([
          { name: "side", image: "s:1" },
          { name: "app", env: [{ name: "C", value: "1" }], ports: [{ containerPort: 80, protocol: "UDP" }] },
        ]),
      );
      expect(namesOf(containersOf(second))).toEqual(["side", "app"]);
      const app = containersOf(second)[1];
      expect(namesOf(app.env)).toEqual(["A", "B", "C"]);
      expect(app.ports).toHaveLength(2);
      expect(app.image).toBe("i:1");
      expect(fieldsOf(second.json, "two")).toEqual(
        inContainers({
          'k:{"name":"app"}': {
            ".": {},
            "f:name": {},
            "f:env": { 'k:{"name":"C"}': { ".": {}, "f:name": {}, "f:value": {} } },
            "f:ports": {
              'k:{"containerPort":80,"protocol":"UDP"}': {
                ".": {},
                "f:containerPort": {},
                "f:protocol": {},
              },
            },
          },
          'k:{"name":"side"}': { ".": {}, "f:image": {}, "f:name": {} },
        }),
      );
      const key = 'k:{"containerPort":80,"protocol":"TCP"}';
      const mine = fieldsOf(second.json, "one")["f:spec"]["f:template"]["f:spec"]["f:containers"];
      expect(mine['k:{"name":"app"}']["f:ports"]).toEqual({ [key]: { ".": {}, "f:containerPort": {} } });
      const refused = await send("two", partial([{ name: "app", image: "i:2" }]));
      expect(refused.json).toEqual(applyConflict(['"one"', `${container}.image`]));
      const variable = await send("two", partial([{ name: "app", env: [{ name: "B", value: "2" }] }]));
      expect(variable.json).toEqual(applyConflict(['"one"', `${container}.env[name="B"].value`]));
    });

    it("removes items that nobody applies any more, and keeps the item of another", async () => {
      const app = { name: "app", image: "i:1", env: [{ name: "A", value: "1" }] };
      await send("one", deployment([app, { name: "old", image: "o:1" }]));
      await send("two", partial([{ name: "app", env: [{ name: "B", value: "1" }] }]));
      const left = await send("one", deployment([{ name: "app", image: "i:1" }]));
      expect(namesOf(containersOf(left))).toEqual(["app"]);
      expect(namesOf(containersOf(left)[0].env)).toEqual(["B"]);
      const none = await send("two", partial([{ name: "app" }]));
      expect(containersOf(none)[0]).not.toHaveProperty("env");
    });

    it("keeps the order that is applied, and items of others where they were", async () => {
      const image = "i:1";
      const all = ["a", "b", "c", "d"].map((name) => ({ name, image }));
      await send("one", deployment(all));
      const next = ["d", "x", "b"].map((name) => ({ name, image }));
      const { json } = await send("two", partial(next));
      expect(namesOf(json.spec.template.spec.containers)).toEqual(["a", "c", "d", "x", "b"]);
    });

    it("takes atomic lists and maps as one value", async () => {
      await send("one", deployment([{ name: "app", image: "i:1", args: ["a", "b"] }]));
      const added = await send("two", partial([{ name: "app", args: ["a", "b", "c"] }]));
      expect(added.json).toEqual(applyConflict(['"one"', `${container}.args`]));
      const selector = { ...partial([]), spec: { selector: { matchLabels: { ...labels, more: "1" } } } };
      expect((await send("two", selector)).json).toEqual(applyConflict(['"one"', ".spec.selector"]));
      const shared = await send("two", partial([{ name: "app", args: ["a", "b"] }]));
      expect(fieldsOf(shared.json, "two")).toEqual(
        inContainers({ 'k:{"name":"app"}': { ".": {}, "f:args": {}, "f:name": {} } }),
      );
    });

    it("refuses an item twice, and an item without its key (500)", async () => {
      const what = "failed to create typed patch object (/web; apps/v1, Kind=Deployment)";
      const twice = await send("one", partial([{ name: "app" }, { name: "app" }]));
      expect(twice.json).toEqual(
        failure(500, "", `${what}: .spec.template.spec.containers: duplicate entries for key [name="app"]`),
      );
      const { json } = await send("one", partial([{ name: "app", image: ["x"] }]));
      expect(json).toEqual(
        failure(
          500,
          "",
          `${what}: ${container}.image: expected string, got &value.valueUnstructured{Value:[]interface {}{"x"}}`,
        ),
      );
    });

    it("shares sets item by item", async () => {
      const finalizers = (...names: string[]): object => ({
        ...deployment([{ name: "app", image: "i:1" }]),
        metadata: { name: "web", finalizers: names.map((name) => `example.com/${name}`) },
      });
      await send("one", finalizers("a", "b"));
      const both = await send("two", { ...partial([]), spec: undefined, ...pick(finalizers("c", "b")) });
      expect(both.json.metadata.finalizers).toHaveLength(3);
      expect(fieldsOf(both.json, "two")).toEqual({
        "f:metadata": { "f:finalizers": { 'v:"example.com/b"': {}, 'v:"example.com/c"': {} } },
      });
      const left = await send("one", finalizers());
      expect(left.json.metadata.finalizers.toSorted()).toEqual(["example.com/b", "example.com/c"]);
      await call("PATCH", path, { body: { metadata: { finalizers: null } }, headers: mergePatch });
    });

    it("applies the status by its own path, and nothing else there", async () => {
      await create(server(), deployments, deployment([{ name: "app", image: "i:1" }]));
      const conditions = [{ type: "Available", status: "True", reason: "r", message: "m" }];
      const body = { ...deployment([], { replicas: 9 }), status: { replicas: 3, conditions } };
      const { status, json } = await send("st", { ...body, spec: { replicas: 9 } }, "", `${path}/status`);
      expect([status, json.status.replicas, json.spec.replicas]).toEqual([200, 3, 1]);
      expect(fieldsOf(json, "st", "Apply", "status")).toEqual({
        "f:status": {
          "f:conditions": {
            'k:{"type":"Available"}': {
              ".": {},
              "f:message": {},
              "f:reason": {},
              "f:status": {},
              "f:type": {},
            },
          },
          "f:replicas": {},
        },
      });
      const other = { ...body, spec: undefined, status: { replicas: 4 } };
      expect((await send("two", other, "", `${path}/status`)).json).toEqual(
        applyConflict(['"st" with subresource "status"', ".status.replicas"]),
      );
      const main = await send("two", { ...partial([]), spec: undefined, status: { replicas: 5 } });
      expect([main.json.status.replicas, managersOf(main.json)]).toEqual([3, managersOf(json)]);
      const missing = { ...body, metadata: { name: "none" }, spec: undefined };
      expect((await send("st", missing, "", `${deployments}/none/status`)).status).toBe(404);
    });

    it("applies the scale, which takes the replicas from others only by force", async () => {
      await create(server(), deployments, deployment([{ name: "app", image: "i:1" }], { replicas: 2 }));
      const scale = {
        apiVersion: "autoscaling/v1",
        kind: "Scale",
        metadata: { name: "web" },
        spec: { replicas: 5 },
      };
      const refused = await send("s", scale, "", `${path}/scale`);
      expect(refused.json).toEqual(applyConflict(['"contracts" using autoscaling/v1', ".spec.replicas"]));
      const forced = await send("s", scale, "&force=true", `${path}/scale`);
      expect(forced.json).toMatchObject({ kind: "Scale", spec: { replicas: 5 } });
      const { json } = await call("GET", path);
      expect(json.metadata.managedFields[0]).toEqual({
        manager: "s",
        operation: "Apply",
        apiVersion: "apps/v1",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:spec": { "f:replicas": {} } },
        subresource: "scale",
      });
      expect(fieldsOf(json, "contracts", "Update")["f:spec"]).not.toHaveProperty("f:replicas");
    });

    it("keeps what nobody has where it removes what is beside it", async () => {
      const widget = { apiVersion: "contracts.example.com/v1", kind: "Widget", metadata: { name: "w" } };
      const entry = (manager: string, field: string): object => ({
        manager,
        operation: "Apply",
        apiVersion: widget.apiVersion,
        fieldsType: "FieldsV1",
        fieldsV1: { "f:spec": { ".": {}, "f:o": { ".": {}, [`f:${field}`]: {} } } },
      });
      const managedFields = [entry("one", "a"), entry("two", "b")];
      const o = { a: 1, b: 1, c: 1 };
      const stored = await create(server(), `${widgets}?fieldManager=x`, { ...widget, spec: { o } });
      await call("PUT", `${widgets}/w`, {
        body: { ...stored, metadata: { ...stored.metadata, managedFields } },
      });
      const left = await send("one", widget, "", `${widgets}/w`);
      expect(left.json.spec).toEqual({ o: { b: 1, c: 1 } });
      expect(managersOf(left.json)).toEqual(["two Apply"]);
    });

    it("merges custom resources by field, and their lists as one value", async () => {
      const widget = (spec: object | undefined, more: object = {}): object => ({
        apiVersion: "contracts.example.com/v1",
        kind: "Widget",
        metadata: { name: "w" },
        ...(spec === undefined ? {} : { spec }),
        ...more,
      });
      const to = `${widgets}/w`;
      const first = await send(
        "one",
        widget({ size: 1, o: { a: 1 }, l: [{ x: 1 }] }, { status: { s: 1 } }),
        "",
        to,
      );
      expect([first.status, first.json.status]).toEqual([201, undefined]);
      expect(fieldsOf(first.json, "one")).toEqual({
        "f:spec": { ".": {}, "f:l": {}, "f:o": { ".": {}, "f:a": {} }, "f:size": {} },
      });
      const second = await send("two", widget({ o: { b: 2 } }), "", to);
      expect(second.json.spec).toEqual({ size: 1, o: { a: 1, b: 2 }, l: [{ x: 1 }] });
      const refused = await send("two", widget({ o: { a: 2 }, l: [{ x: 1 }, { x: 2 }] }), "", to);
      expect(refused.json).toEqual(applyConflict(['"one"', ".spec.l"], ['"one"', ".spec.o.a"]));
      const left = await send("one", widget(undefined), "", to);
      expect(left.json.spec).toEqual({ o: { b: 2 } });
      expect((await send("two", widget(undefined), "", to)).json).not.toHaveProperty("spec");
    });
  });
}

function pick({ metadata }: Json): Json {
  return { metadata };
}
