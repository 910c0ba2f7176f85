import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap, Pod } from "../../src/kinds/index.ts";
import { type Answer, type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, failure, invalid, merge, named } from "./status.ts";

const future = "999999999";
const options = { kind: "ListOptions", group: "meta.k8s.io" };

/** The names of a list's items, in its order. */
export function names({ items }: Json): string[] {
  return items.map(({ metadata }: Json) => metadata.name);
}

/** What lists promise: selectors, and which state a resourceVersion asks for. */
export function describeLists(server: () => ServerUnderTest): void {
  describe("list", () => {
    const call = caller(server);
    let namespace: string;
    let configMaps: string;
    let stored: Json[];

    const list = (query: Readonly<Record<string, string>> = {}): Promise<Answer> =>
      call("GET", `${configMaps}?${new URLSearchParams(query)}`);

    beforeEach(async () => {
      namespace = await server().namespace();
      configMaps = collection(ConfigMap, namespace);
      stored = [];
      for (const object of [
        named("a", { x: "1", tier: "web" }),
        named("b", { x: "2" }),
        named("c", { x: "3", tier: "web" }),
        named("d"),
      ]) {
        stored.push(await create(server(), configMaps, object));
      }
    });

    it("shows items without kind, an extension kind's with it, in the order of their names", async () => {
      const { json } = await list();
      expect([json.kind, json.apiVersion, names(json)]).toEqual([
        "ConfigMapList",
        "v1",
        ["a", "b", "c", "d"],
      ]);
      expect(Object.keys(json.metadata)).toEqual(["resourceVersion"]);
      expect(Number(json.metadata.resourceVersion)).toBeGreaterThanOrEqual(revision(stored[3]));
      const { kind: _, apiVersion: __, ...item } = stored[0];
      expect(json.items[0]).toEqual(item);
      const widgets = collection(Widget, namespace);
      const widget = { apiVersion: `${Widget.group}/v1`, kind: "Widget", ...named("w") };
      const created = await create(server(), widgets, widget);
      const listed = (await call("GET", widgets)).json;
      expect([listed.kind, listed.items]).toEqual(["WidgetList", [created]]);
      expect(listed.metadata.continue).toBe("");
      expect((await list({ labelSelector: "none" })).json.items).toEqual([]);
      expect((await call("GET", collection(ConfigMap, "no-such"))).json.items).toEqual([]);
    });

    it.each([
      ["x=1", "a"],
      ["x==1", "a"],
      ["x!=1", "bcd"],
      ["x in (1, 2)", "ab"],
      ["x notin (1,2)", "cd"],
      ["tier", "ac"],
      ["!tier", "bd"],
      ["tier,x!=1", "c"],
      ["x=", ""],
      ["x>1", "bc"],
      ["x<3", "ab"],
      ["  x = 1 ", "a"],
    ])("selects by labels: %s (T8)", async (labelSelector, expected) => {
      expect(names((await list({ labelSelector })).json).join("")).toBe(expected);
    });

    it.each([
      ["metadata.name=a", "a"],
      ["metadata.name==a", "a"],
      ["metadata.name!=a", "bcd"],
      ["metadata.name=a,metadata.name=b", ""],
      ["metadata.namespace=other", ""],
    ])("selects by fields: %s (T8, T19)", async (fieldSelector, expected) => {
      expect(names((await list({ fieldSelector })).json).join("")).toBe(expected);
    });

    it("selects pods by node and phase (T19)", async () => {
      const pods = collection(Pod, namespace);
      const spec = { containers: [{ name: "c", image: "i" }] };
      await create(server(), pods, { ...named("placed"), spec: { ...spec, nodeName: "n1" } });
      await create(server(), pods, { ...named("free"), spec });
      await merge(server(), `${pods}/placed/status`, { status: { phase: "Running" } });
      const select = async (fieldSelector: string): Promise<string[]> =>
        names((await call("GET", `${pods}?${new URLSearchParams({ fieldSelector })}`)).json);
      expect(await select("spec.nodeName=n1")).toEqual(["placed"]);
      expect(await select("spec.nodeName=")).toEqual(["free"]);
      expect(await select("status.phase=Running")).toEqual(["placed"]);
      expect(await select("status.phase=Pending,metadata.name!=placed")).toEqual(["free"]);
    });

    it("refuses selectors that do not parse, and fields that cannot be selected by (T19)", async () => {
      const unknown = await list({ fieldSelector: "spec.nope=1" });
      const message = '"spec.nope" is not a known field selector: only "metadata.name", "metadata.namespace"';
      expect(unknown.json).toEqual(failure(400, "BadRequest", message));
      const labels = await list({ labelSelector: "a b c" });
      const text = "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt";
      expect(labels.json).toEqual(failure(400, "BadRequest", text));
      for (const labelSelector of ["x in (1", "=1", "x==1,", "x=/"]) {
        const { status, json } = await list({ labelSelector });
        expect([status, json.reason]).toEqual([400, "BadRequest"]);
      }
      const field = await list({ fieldSelector: "garbage" });
      expect([field.status, field.json.reason]).toEqual([400, "BadRequest"]);
    });

    it("shows the newest state, or any that has reached the resourceVersion (R1, R2)", async () => {
      const [first] = stored;
      for (const query of [
        {},
        { resourceVersion: "" },
        { resourceVersion: "0" },
        { resourceVersion: "0", resourceVersionMatch: "NotOlderThan" },
        { resourceVersion: "1" },
        { resourceVersion: "1", resourceVersionMatch: "NotOlderThan" },
        { resourceVersion: first.metadata.resourceVersion },
        { resourceVersion: first.metadata.resourceVersion, resourceVersionMatch: "NotOlderThan" },
      ]) {
        // From its own write on, so that even "any state" is one that a cache has.
        const { json } = await list(query);
        expect(names(json)).toEqual(["a", "b", "c", "d"]);
        expect(Number(json.metadata.resourceVersion)).toBeGreaterThanOrEqual(revision(stored[3]));
      }
    });

    it("shows the state at exactly a resourceVersion: with Exact, and with a limit alone (R1)", async () => {
      const { resourceVersion } = stored[1].metadata;
      await call("DELETE", `${configMaps}/a`);
      const exact = (await list({ resourceVersion, resourceVersionMatch: "Exact" })).json;
      expect([names(exact), exact.metadata.resourceVersion]).toEqual([["a", "b"], resourceVersion]);
      const page = (await list({ resourceVersion, limit: "1" })).json;
      expect([names(page), page.metadata.resourceVersion]).toEqual([["a"], resourceVersion]);
      expect(page.metadata.remainingItemCount).toBe(1);
      const newer = (await list({ resourceVersion, resourceVersionMatch: "NotOlderThan", limit: "1" })).json;
      expect(names(newer)).toEqual(["b"]);
      const gone = await list({ resourceVersion: "1", resourceVersionMatch: "Exact" });
      expect([gone.status, gone.json.reason]).toEqual([410, "Expired"]);
    });

    it("answers 504 with its cause for a resourceVersion from the future (R7)", async () => {
      const { status, json, headers } = await list({ resourceVersion: future });
      expect([status, json.reason, headers["retry-after"]]).toEqual([504, "Timeout", "1"]);
      expect(json.message).toMatch(/^Timeout: Too large resource version: 999999999, current: \d+$/);
      expect(json.details).toEqual({
        causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
        retryAfterSeconds: 1,
      });
    }, 20_000);

    it.each([
      [
        { resourceVersionMatch: "Exact" },
        "resourceVersionMatch is forbidden unless resourceVersion is provided",
      ],
      [
        { resourceVersionMatch: "NotOlderThan" },
        "resourceVersionMatch is forbidden unless resourceVersion is provided",
      ],
      [
        { resourceVersion: "0", resourceVersionMatch: "Exact" },
        'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
      ],
    ])("answers 422 to %o (R1)", async (query, why) => {
      const { status, json } = await list(query);
      const expected = invalid(options, "resourceVersionMatch", "FieldValueForbidden", `Forbidden: ${why}`);
      expect([status, json]).toEqual([422, expected]);
    });

    it("answers 422 to an unknown match and to sendInitialEvents, 400 to a resourceVersion that is none", async () => {
      const unknown = await list({ resourceVersion: "5", resourceVersionMatch: "Sometimes" });
      const text = 'Unsupported value: "Sometimes": supported values: "Exact", "NotOlderThan", ""';
      expect(unknown.json).toEqual(invalid(options, "resourceVersionMatch", "FieldValueNotSupported", text));
      const initial = await list({ sendInitialEvents: "true" });
      const forbidden = "Forbidden: sendInitialEvents is forbidden for list";
      expect(initial.json).toEqual(invalid(options, "sendInitialEvents", "FieldValueForbidden", forbidden));
      for (const resourceVersion of ["abc", "-1", "1.5"]) {
        const shown = `"${resourceVersion}"`;
        const why = `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`;
        const { json } = await list({ resourceVersion });
        expect(json).toEqual(failure(400, "BadRequest", `invalid resource version: ${why}`));
      }
    });
  });
}

function revision(object: Json): number {
  return Number(object.metadata.resourceVersion);
}
