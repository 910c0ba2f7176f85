import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap } from "../../src/kinds/index.ts";
import { type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, failure, named } from "./status.ts";

/** What is the same for every path: media types, methods, unknown paths, who may, discovery. */
export function describeProtocol(server: () => ServerUnderTest): void {
  describe("protocol", () => {
    const call = caller(server);
    let configMaps: string;

    beforeEach(async () => {
      configMaps = collection(ConfigMap, await server().namespace());
    });

    it("answers 401 to a token that nobody knows (H27)", async () => {
      const headers = { authorization: "Bearer nobody" };
      const { status, json } = await call("GET", configMaps, { headers });
      expect(status).toBe(401);
      expect(json).toEqual(failure(401, "Unauthorized", "Unauthorized"));
    });

    it("answers 405 to methods that a path does not have", async () => {
      const message = "the server does not allow this method on the requested resource";
      const expected = failure(405, "MethodNotAllowed", message, {});
      expect((await call("PUT", configMaps, { body: {} })).json).toEqual(expected);
      expect((await call("POST", `${configMaps}/a`, { body: {} })).json).toEqual(expected);
      expect((await call("DELETE", "/api/v1/namespaces")).json).toEqual(expected);
    });

    it("answers 406 to who takes no JSON, 415 to who sends something else", async () => {
      await create(server(), configMaps, named("a"));
      const refused = await call("GET", `${configMaps}/a`, { headers: { accept: "application/xml" } });
      expect([refused.status, refused.json.reason]).toEqual([406, "NotAcceptable"]);
      expect(refused.json.message).toMatch(
        /^406: Not Acceptable\n\nAvailable representations: application\/json/,
      );
      const text = { body: "{}", headers: { "content-type": "text/plain" } };
      const posted = await call("POST", configMaps, text);
      expect([posted.status, posted.json.reason]).toEqual([415, "UnsupportedMediaType"]);
      expect(posted.json.message).toMatch(
        /^the body of the request was in an unknown format - accepted media types include: application\/json/,
      );
      const patched = await call("PATCH", `${configMaps}/a`, text);
      const message = "415: Unsupported Media Type";
      expect(patched.json).toEqual(failure(415, "UnsupportedMediaType", message, {}));
    });

    it("answers 404 to unknown paths: a Status below its own groups, text elsewhere (H20)", async () => {
      const known = failure(404, "NotFound", "the server could not find the requested resource", {});
      const missing = [configMaps.replace("configmaps", "nosuch"), `${configMaps}/a/status`];
      for (const path of [...missing, "/api/v9/pods", "/apis/apps/v1/nosuch", "/apis/apps/v9/deployments"]) {
        expect((await call("GET", path)).json).toEqual(known);
      }
      const { group } = Widget;
      const foreign = [
        "/apis/nope.example.com/v1/things",
        `/apis/${group}/v1/nosuch`,
        `/apis/${group}/v9/widgets`,
      ];
      for (const path of ["/nope", "/healthz/nope", ...foreign]) {
        const { status, text, headers } = await call("GET", path);
        expect([status, text, headers["content-type"]]).toEqual([
          404,
          "404 page not found\n",
          "text/plain; charset=utf-8",
        ]);
      }
    });

    it("compresses large answers for who takes gzip, never a watch (H23)", async () => {
      await create(server(), configMaps, { ...named("a"), data: { large: "x".repeat(200_000) } });
      const gzip = { headers: { "accept-encoding": "gzip" } };
      const compressed = server().hasSockets ? "Accept-Encoding" : undefined;
      const large = await call("GET", configMaps, gzip);
      expect([large.headers.vary, large.json.items[0].data.large.length]).toEqual([compressed, 200_000]);
      expect((await call("GET", configMaps)).headers.vary).toBeUndefined();
      expect((await call("GET", `${configMaps}/none`, gzip)).headers.vary).toBeUndefined();
      const watch = await call("GET", `${configMaps}?watch=1&timeoutSeconds=1`, gzip);
      expect([watch.status, watch.headers.vary]).toEqual([200, undefined]);
      expect(watch.text.length).toBeGreaterThan(200_000);
    });

    it("answers 413 to bodies above 3 MiB", async () => {
      const body = { ...named("a"), data: { large: "x".repeat(3 * 1024 * 1024) } };
      const { status, json } = await call("POST", configMaps, { body });
      expect([status, json.reason]).toEqual([413, "RequestEntityTooLarge"]);
      expect(json.message).toBe("Request entity too large: limit is 3145728");
    });

    it("answers the probes and says its version", async () => {
      for (const probe of ["/healthz", "/livez", "/readyz"]) {
        const { status, text } = await call("GET", probe);
        expect([status, text]).toEqual([200, "ok"]);
      }
      expect((await call("GET", "/version")).json).toMatchObject({ major: "1" });
    });

    it("lists groups, versions and resources for discovery", async () => {
      expect((await call("GET", "/api")).json).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
      const { json: groups } = await call("GET", "/apis");
      expect(groups).toMatchObject({ kind: "APIGroupList", apiVersion: "v1" });
      const { group, version } = Widget;
      const groupVersion = { groupVersion: `${group}/${version}`, version };
      const widgets = { name: group, versions: [groupVersion], preferredVersion: groupVersion };
      const found = groups.groups.find(({ name }: Json) => name === group);
      expect(found).toEqual(widgets);
      const { json: one } = await call("GET", `/apis/${group}`);
      expect(one).toEqual({ kind: "APIGroup", apiVersion: "v1", ...widgets });
    });

    it("describes resources alike: names, verbs, subresources", async () => {
      const core = (await call("GET", "/api/v1")).json;
      expect([core.kind, core.apiVersion, core.groupVersion]).toEqual(["APIResourceList", undefined, "v1"]);
      expect(described(core, "configmaps")).toEqual({
        name: "configmaps",
        singularName: "configmap",
        namespaced: true,
        kind: "ConfigMap",
        shortNames: ["cm"],
        verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
      });
      expect(described(core, "namespaces").verbs).not.toContain("deletecollection");
      const apps = (await call("GET", "/apis/apps/v1")).json;
      expect([apps.apiVersion, apps.groupVersion]).toEqual(["v1", "apps/v1"]);
      expect(described(apps, "deployments/scale")).toEqual({
        name: "deployments/scale",
        singularName: "",
        namespaced: true,
        group: "autoscaling",
        version: "v1",
        kind: "Scale",
        verbs: ["get", "patch", "update"],
      });
    });
  });
}

function described({ resources }: Json, name: string): Json {
  const { storageVersionHash: _, ...resource } = resources.find((one: Json) => one.name === name);
  return resource;
}
