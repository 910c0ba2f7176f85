import { describe, expect, it } from "vitest";
import { type Answer, type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller } from "./status.ts";

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const allVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

function sorted(resource: Json): Json {
  const { verbs, subresources, ...rest } = resource;
  return {
    ...rest,
    verbs: verbs.toSorted(),
    ...(subresources === undefined
      ? {}
      : { subresources: subresources.map((one: Json) => ({ ...one, verbs: one.verbs.toSorted() })) }),
  };
}

/** What a client learns of the server before it asks for objects: all of discovery at once, and the probes. */
export function describeDiscovery(server: () => ServerUnderTest): void {
  const call = caller(server);
  const get = (path: string, accept: string, more: object = {}): Promise<Answer> =>
    call("GET", path, { headers: { accept, ...more } });

  describe("aggregated discovery", () => {
    const resourceOf = async (path: string, group: string | undefined, plural: string): Promise<Json> => {
      const { text } = await get(path, aggregated);
      const { items } = JSON.parse(text);
      const { versions } = items.find(({ metadata }: Json) => metadata.name === group);
      expect(versions[0]).toMatchObject({ version: "v1", freshness: "Current" });
      const found = versions[0].resources.find(({ resource }: Json) => resource === plural);
      return sorted(found);
    };

    it("describes a kind and its subresources in one document", async () => {
      const { status, text, headers } = await get("/apis", `${aggregated},application/json`);
      expect([status, headers["content-type"], headers.vary]).toEqual([200, aggregated, "Accept"]);
      expect(JSON.parse(text)).toMatchObject({
        kind: "APIGroupDiscoveryList",
        apiVersion: "apidiscovery.k8s.io/v2",
        metadata: {},
      });
      expect(await resourceOf("/apis", "apps", "deployments")).toEqual({
        resource: "deployments",
        responseKind: { group: "", version: "", kind: "Deployment" },
        scope: "Namespaced",
        singularResource: "deployment",
        verbs: allVerbs,
        shortNames: ["deploy"],
        categories: ["all"],
        subresources: [
          {
            subresource: "scale",
            responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
            verbs: ["get", "patch", "update"],
          },
          {
            subresource: "status",
            responseKind: { group: "", version: "", kind: "Deployment" },
            verbs: ["get", "patch", "update"],
          },
        ],
      });
    });

    it("describes the core group, extension kinds, and the verbs that each has", async () => {
      const { items } = JSON.parse((await get("/api", aggregated)).text);
      expect(items).toHaveLength(1);
      expect(items[0].metadata).toEqual({});
      const namespaces = await resourceOf("/api", undefined, "namespaces");
      expect([namespaces.scope, namespaces.verbs]).toEqual([
        "Cluster",
        allVerbs.filter((verb) => verb !== "deletecollection"),
      ]);
      const pods = await resourceOf("/api", undefined, "pods");
      const verbsOf = Object.fromEntries(
        pods.subresources.map(({ subresource, verbs, responseKind }: Json) => [
          subresource,
          [responseKind.kind, ...verbs],
        ]),
      );
      expect(verbsOf).toMatchObject({
        attach: ["PodAttachOptions", "create", "get"],
        binding: ["Binding", "create"],
        eviction: ["Eviction", "create"],
        exec: ["PodExecOptions", "create", "get"],
        log: ["Pod", "get"],
        portforward: ["PodPortForwardOptions", "create", "get"],
        status: ["Pod", "get", "patch", "update"],
      });
      const { responseKind, verbs } = await resourceOf("/apis", Widget.group, "widgets");
      expect([responseKind, verbs]).toEqual([
        { group: Widget.group, version: "v1", kind: "Widget" },
        allVerbs,
      ]);
    });

    it("is given to whoever takes it, known by its ETag, and 406 in other versions and places", async () => {
      const { headers } = await get("/apis", `application/json, ${aggregated}`);
      expect(headers["content-type"]).toBe(aggregated);
      const again = await get("/apis", aggregated, { "if-none-match": headers.etag });
      expect([again.status, again.text]).toEqual([304, ""]);
      const refused = [
        await get("/apis", aggregated.replace("v=v2", "v=v3")),
        await get("/apis/apps", aggregated),
        await get("/api/v1", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"),
      ];
      for (const { status, json } of refused) {
        expect([status, json.reason]).toEqual([406, "NotAcceptable"]);
      }
      expect((await get("/apis", `${aggregated.replace("v=v2", "v=v3")},application/json`)).json.kind).toBe(
        "APIGroupList",
      );
    });
  });

  describe("probes", () => {
    const ask = async (path: string): Promise<string> => (await call("GET", path)).text;

    it.each(["healthz", "livez", "readyz"])("tell what they check, of /%s", async (probe) => {
      const { status, text, headers } = await call("GET", `/${probe}?verbose`);
      expect([status, headers["content-type"]]).toEqual([200, "text/plain; charset=utf-8"]);
      const lines = text.split("\n");
      expect(lines.slice(-2)).toEqual([`${probe} check passed`, ""]);
      for (const line of lines.slice(0, -2)) expect(line).toMatch(/^\[\+\]\S+ ok$/);
      expect(lines).toEqual(expect.arrayContaining(["[+]ping ok", "[+]log ok", "[+]etcd ok"]));
    });

    it("check one thing, leave others out, and say what they do not know", async () => {
      const text = await ask("/readyz?verbose&exclude=etcd&exclude=nope&exclude=more");
      expect(text).toContain("[+]etcd excluded: ok\n");
      expect(text).toContain(
        'warn: some health checks cannot be excluded: no matches for "more","nope"\nreadyz check passed\n',
      );
      expect(await ask("/readyz?exclude=nope")).toBe("ok");
      expect(await ask("/readyz/etcd")).toBe("ok");
      expect(await ask("/livez/ping?verbose")).toBe("ok");
      expect(await ask("/readyz/shutdown")).toBe("ok");
      expect(await ask("/readyz/nope")).toBe("404 page not found\n");
      expect((await call("POST", "/readyz", { body: {} })).text).toBe("ok");
    });

    it("say the version to everybody, and take no other method there", async () => {
      expect((await call("GET", "/version")).json).toMatchObject({
        major: "1",
        minor: expect.stringMatching(/^\d+/),
        gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/),
        platform: expect.any(String),
      });
      expect((await call("POST", "/version", { body: {} })).status).toBe(405);
    });
  });
}
