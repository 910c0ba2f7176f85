import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap, Deployment, Pod } from "../../src/kinds/index.ts";
import { type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, failure, invalid, merge, named } from "./status.ts";

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What creating promises: system metadata, names, refusals. */
export function describeCreates(server: () => ServerUnderTest): void {
  describe("create", () => {
    const call = caller(server);
    let configMaps: string;
    let widgets: string;
    let namespace: string;

    beforeEach(async () => {
      namespace = await server().namespace();
      configMaps = collection(ConfigMap, namespace);
      widgets = collection(Widget, namespace);
    });

    it("gives an object its kind, uid, time and resourceVersion, whatever was sent (T6, T7)", async () => {
      const metadata = {
        name: "a",
        uid: "mine",
        creationTimestamp: "2001-01-01T00:00:00Z",
        labels: { x: "1" },
      };
      const sent = { metadata: { ...metadata, deletionTimestamp: "2001-01-01T00:00:00Z" }, data: { k: "v" } };
      const { status, json } = await call("POST", configMaps, { body: sent });
      expect(status).toBe(201);
      expect(json).toMatchObject({ kind: "ConfigMap", apiVersion: "v1", data: { k: "v" } });
      expect(json.metadata).toMatchObject({ name: "a", namespace, labels: { x: "1" } });
      expect(json.metadata.uid).toMatch(uuid);
      expect(json.metadata.creationTimestamp).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(json.metadata.creationTimestamp).not.toBe(metadata.creationTimestamp);
      expect(json.metadata.deletionTimestamp).toBeUndefined();
      expect(json.metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
      expect((await call("GET", `${configMaps}/a`)).json).toEqual(json);
    });

    it("counts resourceVersions over all resources (T6)", async () => {
      const first = await create(server(), configMaps, named("a"));
      const second = await create(server(), widgets, { ...asWidget("w"), spec: {} });
      const third = await create(server(), configMaps, named("b"));
      const revisions = [first, second, third].map(({ metadata }: Json) => Number(metadata.resourceVersion));
      expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      expect(new Set(revisions).size).toBe(3);
    });

    it("completes generateName with five characters (T17)", async () => {
      const names: string[] = [];
      for (let i = 0; i < 3; i++) {
        const { metadata } = await create(server(), configMaps, { metadata: { generateName: "gen-" } });
        expect(metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
        names.push(metadata.name);
      }
      expect(new Set(names).size).toBe(3);
    });

    it("counts the generation by changes of what is wished, not of status or labels (T7, T15)", async () => {
      const path = `${widgets}/w`;
      const first = await create(server(), widgets, {
        ...asWidget("w"),
        spec: { size: 1 },
        status: { ready: true },
      });
      expect(first.metadata.generation).toBe(1);
      expect(first.status).toBeUndefined();
      expect((await merge(server(), path, { metadata: { labels: { x: "1" } } })).metadata.generation).toBe(1);
      const ready = await merge(server(), `${path}/status`, { status: { ready: false }, spec: { size: 9 } });
      expect(ready).toMatchObject({
        metadata: { generation: 1 },
        spec: { size: 1 },
        status: { ready: false },
      });
      const larger = await merge(server(), path, { spec: { size: 2 }, status: { ready: true } });
      expect(larger).toMatchObject({
        metadata: { generation: 2 },
        spec: { size: 2 },
        status: { ready: false },
      });
    });

    it("keeps fields nobody declared, nulls too, of an extension kind (P36)", async () => {
      const sent = { ...asWidget("w"), spec: { size: 1, newer: { a: null, b: [1] } }, extra: 1 };
      const created = await create(server(), widgets, sent);
      expect(created).toMatchObject(sent);
      expect((await call("GET", widgets)).json.items).toEqual([created]);
    });

    it("begins pods as Pending and applies the commonest defaults", async () => {
      const body = { ...named("p"), spec: { containers: [{ name: "c", image: "i" }], nodeName: "n1" } };
      const pod = await create(server(), collection(Pod, namespace), body);
      expect(pod).toMatchObject({
        metadata: { generation: 1 },
        spec: {
          nodeName: "n1",
          restartPolicy: "Always",
          dnsPolicy: "ClusterFirst",
          terminationGracePeriodSeconds: 30,
        },
        status: { phase: "Pending", qosClass: "BestEffort" },
      });
    });

    it("checks and keeps nothing with dryRun=All (T17)", async () => {
      const { status, json } = await call("POST", `${configMaps}?dryRun=All`, { body: named("a") });
      expect([status, json.metadata.name, json.metadata.resourceVersion]).toEqual([201, "a", undefined]);
      expect((await call("GET", `${configMaps}/a`)).status).toBe(404);
      await create(server(), configMaps, named("a"));
      expect((await call("POST", `${configMaps}?dryRun=All`, { body: named("a") })).status).toBe(409);
      const wrong = await call("POST", `${configMaps}?dryRun=yes`, { body: named("b") });
      const options = { kind: "CreateOptions", group: "meta.k8s.io" };
      const text = 'Unsupported value: ["yes"]: supported values: "All"';
      expect(wrong.json).toEqual(invalid(options, "dryRun", "FieldValueNotSupported", text));
    });

    it("answers 409 AlreadyExists for a name that is taken (T3)", async () => {
      await create(server(), configMaps, named("a"));
      const { status, json } = await call("POST", configMaps, { body: named("a") });
      const details = { name: "a", kind: "configmaps" };
      expect(status).toBe(409);
      expect(json).toEqual(failure(409, "AlreadyExists", 'configmaps "a" already exists', details));
    });

    it("answers 422 with a cause for a name, a label or a finalizer that is none (T20)", async () => {
      const bad = await call("POST", configMaps, { body: named("Bad_Name") });
      const text = `Invalid value: "Bad_Name": ${subdomain}`;
      const of = { kind: "ConfigMap", name: "Bad_Name" };
      expect(bad.json).toEqual(invalid(of, "metadata.name", "FieldValueInvalid", text));
      const none = await call("POST", configMaps, { body: { data: {} } });
      const required = "Required value: name or generateName is required";
      expect(none.json).toEqual(
        invalid({ kind: "ConfigMap" }, "metadata.name", "FieldValueRequired", required),
      );
      const label = await call("POST", configMaps, { body: named("a", { x: "b c" }) });
      expect([label.status, label.json.details.causes[0].field]).toEqual([422, "metadata.labels"]);
      const finalizer = await call("POST", configMaps, {
        body: { metadata: { name: "a", finalizers: ["f"] } },
      });
      const unqualified =
        'Invalid value: "f": name is neither a standard finalizer name nor is it fully qualified';
      const at = "metadata.finalizers[0]";
      const a = { kind: "ConfigMap", name: "a" };
      expect(finalizer.json).toEqual(invalid(a, at, "FieldValueInvalid", unqualified));
      const widget = await call("POST", widgets, {
        body: { ...asWidget("w"), metadata: { name: "w", finalizers: ["f"] } },
      });
      expect(widget.status).toBe(201);
    });

    it("answers 404 in a namespace that is not there, 400 for one that differs (T3)", async () => {
      const elsewhere = await call("POST", collection(ConfigMap, "no-such"), { body: named("a") });
      const details = { name: "no-such", kind: "namespaces" };
      expect(elsewhere.json).toEqual(failure(404, "NotFound", 'namespaces "no-such" not found', details));
      const differs = await call("POST", configMaps, {
        body: { metadata: { name: "a", namespace: "other" } },
      });
      const message = "the namespace of the provided object does not match the namespace sent on the request";
      expect(differs.json).toEqual(failure(400, "BadRequest", message));
    });

    it("answers 403 in a namespace that is going (T16)", async () => {
      const path = `/api/v1/namespaces/${namespace}`;
      const going = await call("DELETE", path);
      expect(going.json).toMatchObject({ kind: "Namespace", status: { phase: "Terminating" } });
      const { status, json } = await call("POST", configMaps, { body: named("late") });
      expect([status, json.reason, json.details.causes[0].reason]).toEqual([
        403,
        "Forbidden",
        "NamespaceTerminating",
      ]);
    });

    it("refuses a resourceVersion, and another kind than the path's (T14)", async () => {
      const versioned = await call("POST", configMaps, {
        body: { metadata: { name: "a", resourceVersion: "5" } },
      });
      const message = "resourceVersion should not be set on objects to be created";
      expect(versioned.json).toEqual(failure(500, "", message));
      const secret = await call("POST", configMaps, {
        body: { apiVersion: "v1", kind: "Secret", ...named("a") },
      });
      const conversion = "converting (v1.Secret) to (core.ConfigMap): unknown conversion";
      const text = `Secret in version "v1" cannot be handled as a ConfigMap: ${conversion}`;
      expect(secret.json).toEqual(failure(400, "BadRequest", text));
    });

    it("serves the scale subresource of what scales (T15)", async () => {
      const deployments = collection(Deployment, namespace);
      const template = {
        metadata: { labels: { a: "b" } },
        spec: { containers: [{ name: "c", image: "i" }] },
      };
      const spec = { replicas: 2, selector: { matchLabels: { a: "b" } }, template };
      await create(server(), deployments, { ...named("d"), spec });
      const { json } = await call("GET", `${deployments}/d/scale`);
      expect(json).toMatchObject({ kind: "Scale", apiVersion: "autoscaling/v1", spec: { replicas: 2 } });
      expect(json.status).toEqual({ replicas: 0, selector: "a=b" });
      expect((await merge(server(), `${deployments}/d/scale`, { spec: { replicas: 5 } })).spec).toEqual({
        replicas: 5,
      });
      const scaled = await call("GET", `${deployments}/d`);
      expect(scaled.json).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 5 } });
      await create(server(), widgets, { ...asWidget("w"), spec: {} });
      const missing = await call("GET", `${widgets}/w/scale`);
      expect([missing.status, missing.json.message]).toEqual([
        500,
        'Internal error occurred: the spec replicas field ".spec.replicas" does not exist',
      ]);
    });
  });
}

/** A widget as a custom resource must say it: with its kind. */
function asWidget(name: string): { apiVersion: string; kind: string; metadata: { name: string } } {
  return { apiVersion: `${Widget.group}/${Widget.version}`, kind: Widget.kind, metadata: { name } };
}
