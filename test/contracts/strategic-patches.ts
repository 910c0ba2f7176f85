import { beforeEach, describe, expect, it } from "vitest";
import { Deployment } from "../../src/kinds/index.ts";
import { fieldsOf, strategicPatch } from "./managed-fields.ts";
import { type Answer, type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, failure } from "./status.ts";

const labels = { app: "web" };
const stored = {
  metadata: { name: "web", labels, annotations: { a: "1" }, finalizers: ["example.com/a", "example.com/b"] },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          { name: "a", image: "a:1", args: ["x", "y"], env: [{ name: "E", value: "1" }] },
          { name: "b", image: "b:1" },
          { name: "c", image: "c:1" },
        ],
      },
    },
  },
};
const inPod = (spec: object): object => ({ spec: { template: { spec } } });
const containersOf = ({ json }: Answer): Json[] => json.spec.template.spec.containers;
const namesOf = (answer: Answer): string[] => containersOf(answer).map(({ name }) => name);

/** What a strategic merge patch promises (T9). */
export function describeStrategicPatches(server: () => ServerUnderTest): void {
  describe("apply: strategic merge patch", () => {
    const call = caller(server);
    let path: string;
    let namespace: string;
    const patch = (body: unknown): Promise<Answer> => call("PATCH", path, { body, headers: strategicPatch });

    beforeEach(async () => {
      namespace = await server().namespace();
      const deployments = collection(Deployment, namespace);
      path = `${deployments}/web`;
      await create(server(), deployments, stored);
    });

    it("merges lists by key, replaces lists without one, removes what is null", async () => {
      const changed = await call("PATCH", `${path}?fieldManager=me`, {
        body: {
          metadata: { annotations: { a: null, b: "2" } },
          ...inPod({
            containers: [
              { name: "a", args: ["z"], env: [{ name: "F", value: "2" }] },
              { name: "new", image: "n:1" },
            ],
          }),
        },
        headers: strategicPatch,
      });
      expect(changed.json.metadata.annotations).toEqual({ b: "2" });
      expect(namesOf(changed)).toEqual(["a", "new", "b", "c"]);
      const [a] = containersOf(changed);
      expect([a.image, a.args, a.env]).toEqual([
        "a:1",
        ["z"],
        [
          { name: "F", value: "2" },
          { name: "E", value: "1" },
        ],
      ]);
      const fields = fieldsOf(changed.json, "me", "Update");
      expect(fields["f:metadata"]).toEqual({ "f:annotations": { "f:b": {} } });
      expect(fields["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"a"}']).toEqual({
        "f:args": {},
        "f:env": { 'k:{"name":"F"}': { ".": {}, "f:name": {}, "f:value": {} } },
      });
    });

    it("deletes and replaces what $patch says", async () => {
      const deleted = await patch(inPod({ containers: [{ name: "b", $patch: "delete" }] }));
      expect(namesOf(deleted)).toEqual(["a", "c"]);
      const list = [{ $patch: "replace" }, { name: "only", image: "o:1" }];
      expect(namesOf(await patch(inPod({ containers: list })))).toEqual(["only"]);
      const map = await patch({ metadata: { annotations: { $patch: "replace", z: "1" } } });
      expect(map.json.metadata.annotations).toEqual({ z: "1" });
      const emptied = await patch({ metadata: { annotations: { $patch: "delete" } } });
      expect(emptied.json.metadata).not.toHaveProperty("annotations");
    });

    it("adds to lists of scalars, and takes from them what $deleteFromPrimitiveList says", async () => {
      const added = await patch({ metadata: { finalizers: ["example.com/c", "example.com/a"] } });
      expect(added.json.metadata.finalizers.toSorted()).toEqual([
        "example.com/a",
        "example.com/b",
        "example.com/c",
      ]);
      const left = await patch({
        metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/a", "example.com/b"] },
      });
      expect(left.json.metadata.finalizers).toEqual(["example.com/c"]);
      await patch({ metadata: { $patch: "replace", name: "web", labels } });
    });

    it("orders lists as $setElementOrder says, and others where they were", async () => {
      const order = ["c", "new", "a"].map((name) => ({ name }));
      const ordered = await patch(
        inPod({ "$setElementOrder/containers": order, containers: [{ name: "new", image: "n:1" }] }),
      );
      expect(namesOf(ordered)).toEqual(["b", "c", "new", "a"]);
      const only = await patch(inPod({ "$setElementOrder/containers": [{ name: "a" }, { name: "b" }] }));
      expect(namesOf(only)).toEqual(["c", "new", "a", "b"]);
    });

    it("keeps of a map what $retainKeys says", async () => {
      const strategy = { $retainKeys: ["type"], type: "Recreate" };
      expect((await patch({ spec: { strategy } })).json.spec.strategy).toEqual({ type: "Recreate" });
    });

    it("refuses directives and items that make no sense (400, 500), and other bodies (400)", async () => {
      const cases: readonly (readonly [unknown, number, string])[] = [
        [
          inPod({ containers: [{ image: "x" }] }),
          500,
          "map: map[image:x] does not contain declared merge key: name",
        ],
        [
          inPod({ containers: [{ name: "a", $patch: "foo" }] }),
          500,
          "unknown patch type: foo in map: map[$patch:foo name:a]",
        ],
        [{ spec: { $retainKeys: ["replicas"], paused: true } }, 400, "invalid patch format of retainKeys"],
        [[], 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"],
      ];
      for (const [body, code, message] of cases) {
        const { json } = await patch(body);
        expect(json).toEqual(failure(code, code === 400 ? "BadRequest" : "", message));
      }
    });

    it("is not offered for custom resources (415), which merge lists as one value", async () => {
      const widgets = collection(Widget, namespace);
      const widget = { apiVersion: "contracts.example.com/v1", kind: "Widget" };
      await create(server(), widgets, { ...widget, metadata: { name: "w" }, spec: { l: [{ name: "a" }] } });
      const offered =
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
      const message = `the body of the request was in an unknown format - accepted media types include: ${offered}`;
      for (const type of ["application/strategic-merge-patch+json", "text/plain"]) {
        const { json } = await call("PATCH", `${widgets}/w`, { body: {}, headers: { "content-type": type } });
        expect(json).toEqual(failure(415, "UnsupportedMediaType", message));
      }
      const unknown = await call("PATCH", path, { body: {}, headers: { "content-type": "text/plain" } });
      expect(unknown.json).toEqual(failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {}));
    });
  });
}
