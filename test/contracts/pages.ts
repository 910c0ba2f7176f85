import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap } from "../../src/kinds/index.ts";
import { names } from "./lists.ts";
import type { Answer, Json, ServerUnderTest } from "./server-under-test.ts";
import { caller, collection, create, failure, merge, named } from "./status.ts";

function token(point: object): string {
  return Buffer.from(JSON.stringify(point)).toString("base64url");
}

/** What lists in pages promise. */
export function describePages(server: () => ServerUnderTest): void {
  describe("list in pages", () => {
    const call = caller(server);
    let configMaps: string;

    const list = (query: Readonly<Record<string, string>>): Promise<Answer> =>
      call("GET", `${configMaps}?${new URLSearchParams(query)}`);

    beforeEach(async () => {
      configMaps = collection(ConfigMap, await server().namespace());
      for (const name of ["a", "b", "c", "d", "e"]) {
        await create(server(), configMaps, named(name, name < "c" ? { x: "1" } : undefined));
      }
    });

    it("goes on where the page before ended, counting what remains (R15)", async () => {
      const first = (await list({ limit: "2" })).json;
      expect([names(first), first.metadata.remainingItemCount]).toEqual([["a", "b"], 3]);
      const second = (await list({ limit: "2", continue: first.metadata.continue })).json;
      expect([names(second), second.metadata.remainingItemCount]).toEqual([["c", "d"], 1]);
      const last = (await list({ limit: "2", continue: second.metadata.continue })).json;
      expect(names(last)).toEqual(["e"]);
      expect(Object.keys(last.metadata)).toEqual(["resourceVersion"]);
      expect(names((await list({ continue: first.metadata.continue })).json)).toEqual(["c", "d", "e"]);
    });

    it("shows the state of the first page on all of them, whatever is written meanwhile (R15, T8)", async () => {
      const first = (await list({ limit: "2" })).json;
      await create(server(), configMaps, named("bb"));
      await call("DELETE", `${configMaps}/d`);
      await merge(server(), `${configMaps}/e`, { data: { changed: "yes" } });
      const second = (await list({ limit: "5", continue: first.metadata.continue })).json;
      expect(names(second)).toEqual(["c", "d", "e"]);
      expect(second.items[2].data).toBeUndefined();
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      expect(names((await list({})).json)).toEqual(["a", "b", "bb", "c", "e"]);
    });

    it("counts nothing that a selector chooses, and fills pages with what it chooses", async () => {
      const first = (await list({ limit: "1", labelSelector: "x=1" })).json;
      expect([names(first), first.metadata.remainingItemCount]).toEqual([["a"], undefined]);
      const next = { limit: "1", labelSelector: "x=1", continue: first.metadata.continue };
      expect(names((await list(next)).json)).toEqual(["b"]);
    });

    it("takes no limit for a limit of 0 or below, and at resourceVersion 0 (R1)", async () => {
      const first = (await list({ limit: "2" })).json;
      for (const query of [{ limit: "0" }, { limit: "-1" }, { limit: "2", resourceVersion: "0" }]) {
        expect(names((await list(query)).json)).toEqual(["a", "b", "c", "d", "e"]);
      }
      const next = { limit: "2", resourceVersion: "0", continue: first.metadata.continue };
      expect(names((await list(next)).json)).toEqual(["c", "d", "e"]);
    });

    it("refuses a limit that is no number, and a resourceVersion beside a token (R15)", async () => {
      const parsing = (value: string, why: string): Json =>
        failure(400, "BadRequest", `strconv.ParseInt: parsing "${value}": ${why}`);
      expect((await list({ limit: "abc" })).json).toEqual(parsing("abc", "invalid syntax"));
      const huge = "9999999999999999999";
      expect((await list({ limit: huge })).json).toEqual(parsing(huge, "value out of range"));
      const { metadata } = (await list({ limit: "2" })).json;
      const versioned = await list({
        continue: metadata.continue,
        resourceVersion: metadata.resourceVersion,
      });
      const message = "specifying resource version is not allowed when using continue";
      expect(versioned.json).toEqual(failure(400, "BadRequest", message));
      const match = { continue: metadata.continue, resourceVersion: "5", resourceVersionMatch: "Exact" };
      expect((await list(match)).status).toBe(422);
    });

    it.each([
      ["garbage", "garbage"],
      ["no version", token({})],
      ["no revision", token({ v: "meta.k8s.io/v1", rv: 0, start: "a\0" })],
      ["no key", token({ v: "meta.k8s.io/v1", rv: 5, start: "" })],
      ["a path out of the namespace", token({ v: "meta.k8s.io/v1", rv: 5, start: "../x\0" })],
      ["no base64", "$$$"],
    ])("answers 400 to a token that is none: %s (R17)", async (_what, bad) => {
      const { status, json } = await list({ limit: "2", continue: bad });
      expect([status, json.reason]).toEqual([400, "BadRequest"]);
      expect(json.message).toMatch(/^invalid continue token: /);
    });

    it("answers 410 to a token whose state is gone, with one that goes on without it (R16, P12)", async () => {
      const point = { v: "meta.k8s.io/v1", rv: 1, start: "b\0" };
      const { status, json } = await list({ limit: "2", continue: token(point) });
      expect([status, json.reason]).toEqual([410, "Expired"]);
      expect(json.message).toMatch(
        /^The provided continue parameter is too old to display a consistent list result\./,
      );
      const rest = await list({ limit: "2", continue: json.metadata.continue });
      expect(names(rest.json)).toEqual(["c", "d"]);
      expect(names((await list({ continue: rest.json.metadata.continue })).json)).toEqual(["e"]);
    });
  });
}
