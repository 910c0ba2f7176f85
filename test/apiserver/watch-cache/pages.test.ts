import { describe, expect, it } from "vitest";
import type { ListQuery } from "../../../src/apiserver/watch-cache/query.ts";
import { ContinueExpiredError } from "../../../src/apiserver/watch-cache/refusals.ts";
import type { ListAnswer } from "../../../src/apiserver/watch-cache/watch-cache.ts";
import { parseLabelSelector } from "../../../src/resource/label-selector.ts";
import { refusal, TestCluster } from "./cluster.ts";

const namesOf = ({ items }: ListAnswer): (string | undefined)[] => items.map(({ metadata }) => metadata.name);

/** A cluster at 1006 with five pods in shop and one in test. */
function cluster(windowSize = 1000): TestCluster {
  const it = new TestCluster({ windowSize });
  for (const name of ["a", "b", "c", "d", "e"]) it.create(`shop/${name}`, { app: name < "c" ? "web" : "db" });
  it.create("test/a");
  return it;
}

function token(content: unknown): string {
  return Buffer.from(JSON.stringify(content)).toString("base64url");
}

/** The continue token of a page that is not the last. */
async function firstToken(it: TestCluster, query: ListQuery): Promise<string> {
  const page = await it.cache.list(query);
  if (page.continue === undefined) throw new Error("the page is the last");
  return page.continue;
}

describe("pages", () => {
  it("show the first page's state to the end, whatever is written meanwhile", async () => {
    const it = cluster();
    const first = await it.cache.list({ namespace: "shop", limit: 2 });
    expect(namesOf(first)).toEqual(["a", "b"]);
    expect(first).toMatchObject({ resourceVersion: "1006", remainingItemCount: 3 });
    it.delete("shop/c");
    it.create("shop/bb");
    it.put("shop/d", { app: "changed" });
    it.create("shop/f");
    const second = await it.cache.list({ namespace: "shop", limit: 2, continue: first.continue });
    expect(namesOf(second)).toEqual(["c", "d"]);
    expect(second).toMatchObject({ resourceVersion: "1006", remainingItemCount: 1 });
    expect(second.items[1]?.metadata.labels).toEqual({ app: "db" });
    const third = await it.cache.list({ namespace: "shop", limit: 2, continue: second.continue });
    expect(third).toEqual({ items: third.items, resourceVersion: "1006" });
    expect(namesOf(third)).toEqual(["e"]);
  });

  it("go on over all namespaces, without a limit to the end", async () => {
    const it = cluster();
    const next = await firstToken(it, { limit: 4 });
    expect(namesOf(await it.cache.list({ continue: next }))).toEqual(["e", "a"]);
  });

  it("count what remains only where no selector makes it unknown", async () => {
    const it = cluster();
    const labelSelector = parseLabelSelector("app=web");
    const page = await it.cache.list({ labelSelector, limit: 1 });
    expect(page.remainingItemCount).toBeUndefined();
    const rest = await it.cache.list({ labelSelector, limit: 5, continue: page.continue });
    expect(namesOf(rest)).toEqual(["b"]);
  });

  it("have no token when the limit is just enough", async () => {
    expect((await cluster().cache.list({ limit: 6 })).continue).toBeUndefined();
    expect((await cluster().cache.list({ limit: -1 })).items).toHaveLength(6);
  });

  it("answer 410 once the window is past them, with a token to go on inconsistently", async () => {
    const it = cluster(2);
    const next = await firstToken(it, { namespace: "shop", limit: 2 });
    for (const name of ["f", "g", "h"]) it.create(`shop/${name}`);
    const error = await it.cache
      .list({ namespace: "shop", continue: next })
      .catch((reason: unknown) => reason);
    if (!(error instanceof ContinueExpiredError)) throw error;
    expect(error).toMatchObject({ status: 410, reason: "Expired" });
    expect(error.message).toContain(
      "The provided continue parameter is too old to display a consistent list",
    );
    const rest = await it.cache.list({ namespace: "shop", limit: 5, continue: error.continue });
    expect(namesOf(rest)).toEqual(["c", "d", "e", "f", "g"]);
    expect(rest).toMatchObject({ resourceVersion: "1009", remainingItemCount: 1 });
  });

  it("answer 410 after expire(), also if nothing was written since (T12)", async () => {
    const it = cluster();
    const next = await firstToken(it, { limit: 2 });
    it.cache.expire();
    expect(await refusal(it.cache.list({ continue: next }))).toMatchObject({
      status: 410,
      reason: "Expired",
    });
    const fresh = await it.cache.list();
    expect(fresh.resourceVersion).toBe("1007");
    expect(it.cache.since(1007)).toEqual([]);
    expect(() => it.cache.since(1006)).toThrow("too old resource version: 1006 (1007)");
  });

  it("stay inside their namespace, whatever a token says", async () => {
    const it = cluster();
    const foreign = token({ v: "meta.k8s.io/v1", rv: 1006, start: "shop/a" });
    expect((await it.cache.list({ namespace: "test", continue: foreign })).items).toEqual([]);
    const narrow = { namespace: "shop", continue: token({ v: "meta.k8s.io/v1", rv: 1006, start: "/d" }) };
    expect(namesOf(await it.cache.list(narrow))).toEqual(["d", "e"]);
  });
});

describe("tokens", () => {
  const key = "invalid continue token: continue key is not valid";
  it.each([
    ["not base64!", `${key}: illegal base64 data at input byte 3`],
    ["abcde", `${key}: illegal base64 data at input byte 4`],
    ["abcd", `${key}: it is not JSON`],
    [token([1]), `${key}: it is not a JSON object`],
    [token({ v: "v2", rv: 1, start: "a" }), `${key}: server does not recognize this encoded version v2`],
    [token({}), `${key}: server does not recognize this encoded version `],
    [token({ v: "meta.k8s.io/v1", rv: "1", start: "a" }), `${key}: its fields have other types`],
    [
      token({ v: "meta.k8s.io/v1", start: "a" }),
      `${key}: incorrect encoded start resourceVersion (version meta.k8s.io/v1)`,
    ],
    [token({ v: "meta.k8s.io/v1", rv: 1 }), `${key}: encoded start key empty (version meta.k8s.io/v1)`],
    [token({ v: "meta.k8s.io/v1", rv: 1, start: "../secrets/a" }), `${key}: ../secrets/a`],
    [token({ v: "meta.k8s.io/v1", rv: 1, start: "a//b" }), `${key}: a//b`],
  ])("that are none, %s, are answered with 400", async (text, message) => {
    expect(await refusal(cluster().cache.list({ continue: text }))).toEqual({
      status: 400,
      reason: "BadRequest",
      message,
    });
  });

  it("do not go together with a resourceVersion", async () => {
    const it = cluster();
    const next = await firstToken(it, { limit: 1 });
    expect(await refusal(it.cache.list({ continue: next, resourceVersion: "1006" }))).toEqual({
      status: 400,
      reason: "BadRequest",
      message: "specifying resource version is not allowed when using continue",
    });
    expect((await it.cache.list({ continue: next, resourceVersion: "0" })).items).toHaveLength(5);
  });

  it("are written as kube-apiserver writes them", async () => {
    const next = await firstToken(cluster(), { namespace: "shop", limit: 2 });
    expect(Buffer.from(next, "base64url").toString()).toBe(
      '{"v":"meta.k8s.io/v1","rv":1006,"start":"b\\u0000"}',
    );
  });
});
