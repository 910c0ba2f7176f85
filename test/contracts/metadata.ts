import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap, Deployment, Pod } from "../../src/kinds/index.ts";
import { RawWatch, word } from "./raw-watch.ts";
import { type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, failure, merge, mergePatch, named } from "./status.ts";

const one = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** What kube-apiserver tracks and the embedded server may not. */
function untracked(object: Json): Json {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Objects shown as their metadata alone, for clients that ask for PartialObjectMetadata. */
export function describeMetadata(server: () => ServerUnderTest): void {
  describe("metadata alone", () => {
    const call = caller(server);
    const as = (accept: string): { headers: Record<string, string> } => ({ headers: { accept } });
    let configMaps: string;
    let path: string;

    beforeEach(async () => {
      configMaps = collection(ConfigMap, await server().namespace());
      path = `${configMaps}/a`;
    });

    it.each(["v1", "v1beta1"])("is what get and list answer, of version %s (H15)", async (version) => {
      const { metadata } = await create(server(), configMaps, {
        ...named("a", { x: "1" }),
        data: { k: "v" },
      });
      await create(server(), configMaps, named("b"));
      const apiVersion = `meta.k8s.io/${version}`;
      const got = await call("GET", path, as(`${one}${version.slice(2)}`));
      expect([got.status, got.json]).toEqual([200, { kind: "PartialObjectMetadata", apiVersion, metadata }]);
      const { status, json } = await call("GET", `${configMaps}?limit=1`, as(`${list}${version.slice(2)}`));
      expect([status, json.kind, json.apiVersion]).toEqual([200, "PartialObjectMetadataList", apiVersion]);
      expect(json.items).toEqual([got.json]);
      expect(json.metadata).toMatchObject({ remainingItemCount: 1, continue: expect.any(String) });
      const rest = await call("GET", `${configMaps}?continue=${json.metadata.continue}`, as(list));
      expect(rest.json.items.map((item: Json) => item.metadata.name)).toEqual(["b"]);
    });

    it("is what create, replace, patch and delete answer, where they answer with the object (H15)", async () => {
      const forms: Json[] = [];
      const body = { ...named("a"), data: { k: "v" } };
      forms.push((await call("POST", configMaps, { body, ...as(one) })).json);
      forms.push((await call("PUT", path, { body, ...as(one) })).json);
      const patch = { body: { metadata: { finalizers: ["example.com/f"] } } };
      forms.push((await call("PATCH", path, { ...patch, headers: { ...mergePatch, accept: one } })).json);
      forms.push((await call("DELETE", path, as(one))).json);
      for (const form of forms) {
        expect(Object.keys(form).sort()).toEqual(["apiVersion", "kind", "metadata"]);
        expect([form.kind, form.metadata.name]).toEqual(["PartialObjectMetadata", "a"]);
      }
      expect(forms.at(-1).metadata.deletionTimestamp).toBeDefined();
      await merge(server(), path, { metadata: { finalizers: null } });
      await create(server(), configMaps, named("b"));
      expect((await call("DELETE", `${configMaps}/b`, as(one))).json).toMatchObject({
        kind: "Status",
        status: "Success",
        details: { name: "b", kind: "configmaps" },
      });
      await create(server(), configMaps, named("c"));
      const { json } = await call("DELETE", configMaps, as(list));
      expect([json.kind, json.items.map((item: Json) => [item.kind, item.metadata.name])]).toEqual([
        "PartialObjectMetadataList",
        [["PartialObjectMetadata", "c"]],
      ]);
    });

    it("is what extension kinds, a status and a scale answer (H15)", async () => {
      const namespace = await server().namespace();
      const widgets = collection(Widget, namespace);
      const widget = { kind: "Widget", apiVersion: `${Widget.group}/v1`, spec: { size: 1, replicas: 1 } };
      const { metadata } = await create(server(), widgets, { ...widget, ...named("w") });
      const form = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
      for (const at of [`${widgets}/w`, `${widgets}/w/status`]) {
        expect((await call("GET", at, as(one))).json).toEqual(form);
      }
      const scale = (await call("GET", `${widgets}/w/scale`, as(one))).json;
      expect([scale.kind, scale.spec, scale.metadata.name]).toEqual([
        "PartialObjectMetadata",
        undefined,
        "w",
      ]);
      const { json } = await call("GET", widgets, as(list));
      expect([json.items, json.metadata]).toEqual([
        [form],
        { resourceVersion: json.metadata.resourceVersion },
      ]);
    });

    it.each([ConfigMap, Pod, Deployment])(
      "is what a watch sends of $kind: events and marker (H15, R45)",
      async (kind) => {
        const collectionPath = collection(kind, await server().namespace());
        const spec = { containers: [{ name: "c", image: "i" }] };
        const template = { metadata: { labels: { a: "b" } }, spec };
        const specs: Record<string, Json> = {
          Pod: { spec },
          Deployment: { spec: { selector: { matchLabels: { a: "b" } }, template } },
        };
        await create(server(), collectionPath, { ...named("a"), ...specs[kind.kind] });
        const query = {
          sendInitialEvents: "true",
          resourceVersionMatch: "NotOlderThan",
          allowWatchBookmarks: "true",
        };
        await using watch = await RawWatch.open(server(), collectionPath, query, one);
        await using whole = await RawWatch.open(server(), collectionPath, query);
        const frames = await watch.take(2);
        expect(frames.map(word)).toEqual(["ADDED a", "END"]);
        expect(frames[1]?.object).toEqual({
          kind: "PartialObjectMetadata",
          apiVersion: "meta.k8s.io/v1",
          metadata: {
            resourceVersion: frames[1]?.object.metadata.resourceVersion,
            annotations: { "k8s.io/initial-events-end": "true" },
          },
        });
        expect((await whole.take(2)).map(word)).toEqual(["ADDED a", "END"]);
        await merge(server(), `${collectionPath}/a`, { metadata: { labels: { x: "1" } } });
        await create(server(), collectionPath, { ...named("b"), ...specs[kind.kind] });
        await call("DELETE", `${collectionPath}/b?gracePeriodSeconds=0`);
        const words = ["MODIFIED a", "ADDED b", ...(kind.kind === "Pod" ? ["MODIFIED b"] : []), "DELETED b"];
        const [events, wholeEvents] = [await watch.take(words.length), await whole.take(words.length)];
        expect(events.map(word)).toEqual(words);
        for (const [i, { type, object }] of events.entries()) {
          const { metadata } = wholeEvents[i]?.object ?? {};
          expect([type, object]).toEqual([
            wholeEvents[i]?.type,
            { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata },
          ]);
        }
      },
    );

    it("is what a watch replays, and what it tells who leaves its selector (H15, T8)", async () => {
      const { metadata } = await create(server(), configMaps, named("a", { x: "1" }));
      const { resourceVersion } = metadata;
      await merge(server(), path, { metadata: { labels: { x: "2" } } });
      const query = { resourceVersion, labelSelector: "x=1" };
      await using watch = await RawWatch.open(server(), configMaps, query, one);
      const [left] = await watch.take(1);
      expect(left && word(left)).toBe("DELETED a");
      expect(left?.object.metadata).toMatchObject({ labels: { x: "1" } });
      expect(left?.object.metadata.resourceVersion).not.toBe(resourceVersion);
      expect([left?.object.kind, left?.object.data]).toEqual(["PartialObjectMetadata", undefined]);
      await using old = await RawWatch.open(server(), configMaps, { resourceVersion: "1" }, one);
      const [error] = await old.take(1);
      expect([error?.type, error?.object.kind, error?.object.code]).toEqual(["ERROR", "Status", 410]);
    });

    it("is never a list of one, nor one of a list: 406 (H15)", async () => {
      const objects = `you requested PartialObjectMetadata, but the requested object is a list`;
      const lists = `you requested PartialObjectMetadataList, but the requested object is not a list`;
      const refusal = (message: string): Json => failure(406, "NotAcceptable", message);
      const created = await call("POST", configMaps, { body: named("a"), ...as(list) });
      expect(created.json).toEqual(refusal(`${lists} (*core.ConfigMap)`));
      // What was asked for is done nevertheless.
      expect((await call("GET", path, as(list))).json).toEqual(refusal(`${lists} (*core.ConfigMap)`));
      expect((await call("GET", configMaps, as(one))).json).toEqual(
        refusal(`${objects} (*core.ConfigMapList)`),
      );
      const widgets = collection(Widget, await server().namespace());
      expect((await call("GET", widgets, as(one))).json).toEqual(
        refusal(`${objects} (*unstructured.UnstructuredList)`),
      );
    });

    it("is chosen by what is accepted first, and by quality; unknown forms are 406 (H15)", async () => {
      await create(server(), configMaps, named("a"));
      const kindOf = async (accept: string): Promise<string> =>
        (await call("GET", path, as(accept))).json.kind;
      expect(await kindOf(`${one},application/json`)).toBe("PartialObjectMetadata");
      expect(await kindOf(`application/json,${one}`)).toBe("ConfigMap");
      expect(await kindOf(`application/json;q=0.5,${one};q=0.1`)).toBe("ConfigMap");
      expect(await kindOf(`application/json;q=0.1,${one};q=0.5`)).toBe("PartialObjectMetadata");
      expect(await kindOf(one.replace("application/json", "*/*"))).toBe("PartialObjectMetadata");
      expect(await kindOf(`${one.replace("v=v1", "v=v2")},application/json`)).toBe("ConfigMap");
      const unknown = [one.replace("v=v1", "v=v2"), one.replace("meta", "other"), one.split(";v=")[0] ?? ""];
      for (const accept of [...unknown, one.replace("PartialObjectMetadata", "Foo")]) {
        const { status, json } = await call("GET", path, as(accept));
        expect([status, json.reason]).toEqual([406, "NotAcceptable"]);
        expect(json.message).toMatch(/^only the following media types are accepted: application\/json/);
      }
    });

    it("leaves refusals as they are", async () => {
      const { status, json } = await call("GET", path, as(one));
      const details = { name: "a", kind: "configmaps" };
      expect([status, json]).toEqual([404, failure(404, "NotFound", 'configmaps "a" not found', details)]);
      const created = (await call("POST", `${configMaps}?dryRun=All`, { body: named("a"), ...as(one) })).json;
      expect(untracked(created).metadata).toEqual({
        name: "a",
        namespace: expect.any(String),
        uid: expect.any(String),
        creationTimestamp: expect.any(String),
      });
    });
  });
}
