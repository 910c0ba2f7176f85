import { beforeEach, describe, expect, it } from "vitest";
import { zeroFields } from "../../src/apiserver/fan-out/zero-fields.ts";
import { builtInKinds, ConfigMap } from "../../src/kinds/index.ts";
import { apiVersionOf } from "../../src/resource/kind.ts";
import { RawWatch, word } from "./raw-watch.ts";
import { type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, failure, invalid, merge, named } from "./status.ts";

const initialEvents = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" };
const bookmarks = { allowWatchBookmarks: "true" };
const future = "999999999";
const options = { kind: "ListOptions", group: "meta.k8s.io" };

/** Where watches begin, and how those that cannot are refused. */
export function describeWatchBeginnings(server: () => ServerUnderTest): void {
  describe("where a watch begins", () => {
    const call = caller(server);
    let configMaps: string;
    let first: Json;

    const watch = (query: Readonly<Record<string, string>> = {}): Promise<RawWatch> =>
      RawWatch.open(server(), configMaps, query);
    const version = async (): Promise<string> =>
      (await call("GET", configMaps)).json.metadata.resourceVersion;

    beforeEach(async () => {
      configMaps = collection(ConfigMap, await server().namespace());
      first = await create(server(), configMaps, named("a"));
      await create(server(), configMaps, named("b"));
      // A newest list has passed through the server's cache: from here on it knows both.
      await version();
    });

    it("streams JSON, a frame a line, with the object as it is", async () => {
      await using events = await watch();
      expect(events.status).toBe(200);
      expect(events.headers).toMatchObject({
        "content-type": "application/json",
        "cache-control": "no-cache, private",
      });
      expect(await events.next()).toEqual({ type: "ADDED", object: first });
    });

    it.each([
      {},
      { resourceVersion: "" },
      { resourceVersion: "0" },
      initialEvents,
      { ...initialEvents, resourceVersion: "0" },
    ])("sends the state as ADDED, then what happens: %o (R12)", async (query) => {
      await using events = await watch(query);
      expect((await events.take(2)).map(word)).toEqual(["ADDED a", "ADDED b"]);
      await merge(server(), `${configMaps}/a`, { data: { k: "v" } });
      expect((await events.take(1)).map(word)).toEqual(["MODIFIED a"]);
    });

    it.each([{}, { resourceVersion: "0" }, initialEvents, { ...initialEvents, resourceVersion: "1" }])(
      "marks the end of the state for who allows bookmarks: %o (R43, R45, T10)",
      async (query) => {
        await using events = await watch({ ...bookmarks, ...query });
        expect((await events.take(2)).map(word)).toEqual(["ADDED a", "ADDED b"]);
        const marker = await events.next();
        const { resourceVersion } = marker?.object.metadata ?? {};
        expect(marker).toEqual({
          type: "BOOKMARK",
          object: {
            kind: "ConfigMap",
            apiVersion: "v1",
            metadata: { resourceVersion, annotations: { "k8s.io/initial-events-end": "true" } },
          },
        });
        expect(Number(resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
        await create(server(), configMaps, named("c"));
        expect((await events.take(1)).map(word)).toEqual(["ADDED c"]);
      },
    );

    it("sends nothing of the state with sendInitialEvents=false (R43)", async () => {
      const query = { ...initialEvents, sendInitialEvents: "false", resourceVersion: await version() };
      await using events = await watch(query);
      await create(server(), configMaps, named("c"));
      expect((await events.take(1)).map(word)).toEqual(["ADDED c"]);
    });

    it("begins after a resourceVersion, with what it missed (R22)", async () => {
      const resourceVersion = first.metadata.resourceVersion;
      await call("DELETE", `${configMaps}/a`);
      await using events = await watch({ resourceVersion });
      expect((await events.take(2)).map(word)).toEqual(["ADDED b", "DELETED a"]);
    });

    it.each([{}, bookmarks])(
      "tells of a history that is gone by an ERROR event, status 200: %o (R27, P8)",
      async (query) => {
        await using events = await watch({ ...query, resourceVersion: "1" });
        expect(events.status).toBe(200);
        const [error, ...rest] = await events.rest();
        expect(rest).toEqual([]);
        const message = error?.object.message;
        expect(error).toEqual({ type: "ERROR", object: failure(410, "Expired", message) });
        expect(message).toMatch(/^too old resource version: 1 \(\d+\)$/);
      },
    );

    it("waits for a state from the future, then gives up by an ERROR event (R7, R50)", async () => {
      await using events = await watch({ ...initialEvents, ...bookmarks, resourceVersion: future });
      const [error, ...rest] = await events.rest();
      expect(rest).toEqual([]);
      expect(error?.object).toMatchObject({ code: 504, reason: "Timeout" });
      expect(error?.object.details.causes[0].reason).toBe("ResourceVersionTooLarge");
    }, 20_000);

    it("hears nothing at a resourceVersion from the future", async () => {
      await using events = await watch({ resourceVersion: future, timeoutSeconds: "1" });
      await create(server(), configMaps, named("c"));
      expect(await events.rest()).toEqual([]);
    });

    it.each([
      [
        { sendInitialEvents: "true" },
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
      ],
      [
        { sendInitialEvents: "false" },
        "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
      ],
      [
        { resourceVersionMatch: "NotOlderThan" },
        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
      ],
      [{ continue: "x" }, "resourceVersionMatch is forbidden when continue is provided"],
    ])("answers 422 to %o (R51)", async (query, why) => {
      const { json } = await call("GET", `${configMaps}?${new URLSearchParams({ watch: "1", ...query })}`);
      expect(json).toEqual(
        invalid(options, "resourceVersionMatch", "FieldValueForbidden", `Forbidden: ${why}`),
      );
    });

    it("answers 422 with both causes to another match than NotOlderThan (R51)", async () => {
      const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=Exact";
      const { status, json } = await call("GET", `${configMaps}?${query}`);
      expect(status).toBe(422);
      expect(json.details.causes.map(({ reason }: Json) => reason)).toEqual([
        "FieldValueForbidden",
        "FieldValueNotSupported",
      ]);
    });

    it("answers 500 to a resourceVersion that is none, to a get too; a list answers 400", async () => {
      for (const path of [
        `${configMaps}?watch=1&resourceVersion=abc`,
        `${configMaps}/a?resourceVersion=abc`,
      ]) {
        const { status, json } = await call("GET", path);
        expect([status, json.reason]).toEqual([500, undefined]);
        expect(json.message).toContain('strconv.ParseUint: parsing "abc": invalid syntax');
      }
      expect((await call("GET", `${configMaps}?resourceVersion=abc`)).status).toBe(400);
    });

    it("marks the end of the state with the fields of the kind that are never left out (R45)", async () => {
      const group = (await call("GET", "/apis")).json.groups.map(({ name }: Json) => name);
      for (const kind of [...builtInKinds, Widget]) {
        if (kind.group !== "" && !group.includes(kind.group)) continue;
        const root = kind.group === "" ? "/api" : "/apis";
        const path = `${root}/${apiVersionOf(kind)}/${kind.plural}`;
        const query = { ...bookmarks, fieldSelector: "metadata.name=no-such" };
        await using events = await RawWatch.open(server(), path, query);
        expect([path, events.status]).toEqual([path, 200]);
        const { kind: name, apiVersion, metadata, ...rest } = (await events.next())?.object ?? {};
        expect([name, apiVersion, Object.keys(metadata).sort()]).toEqual([
          kind.kind,
          apiVersionOf(kind),
          ["annotations", "resourceVersion"],
        ]);
        expect([path, rest]).toEqual([path, zeroFields(kind)]);
      }
    });
  });
}
