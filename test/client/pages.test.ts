import { describe, expect, it } from "vitest";
import { Client } from "../../src/client/client.ts";
import { listPages, type PagedPart, pagedParts } from "../../src/client/pages.ts";
import { type Answer, collect, failure, type InMemory, inMemory, Pod } from "./in-memory.ts";

const page = (names: readonly string[], resourceVersion: string, token?: string): Answer => ({
  body: {
    kind: "PodList",
    metadata: { resourceVersion, ...(token === undefined ? {} : { continue: token }) },
    items: names.map((name) => ({ metadata: { name } })),
  },
});
const gone = (reason: string): Answer => ({
  status: 410,
  body: { kind: "Status", status: "Failure", code: 410, reason, message: "too old" },
});
const call = (query: Record<string, string> = {}) =>
  ({ verb: "list", kind: Pod, namespace: "shop", query }) as const;
const queriesOf = (transport: InMemory) =>
  transport.sent.map((request) => Object.fromEntries(new URLSearchParams(request.path.split("?")[1])));

interface Named {
  readonly metadata: { readonly name: string };
}
const namesOf = (parts: readonly PagedPart<Named>[]) =>
  parts.flatMap((part) => part.items.map((item) => item.metadata.name));

describe("pagedParts", () => {
  it("follows continue, without resourceVersion and match after the first page, and keeps the first page's version (R15)", async () => {
    const transport = inMemory(page(["a", "b"], "10", "t1"), page(["c"], "11", "t2"), page(["d"], "12", ""));
    const query = { resourceVersion: "10", resourceVersionMatch: "Exact", labelSelector: "app=web" };
    const parts = await collect(pagedParts<Named>(new Client(transport), call(query), { pageSize: 2 }));
    expect(namesOf(parts)).toEqual(["a", "b", "c", "d"]);
    expect(queriesOf(transport)).toEqual([
      { ...query, limit: "2" },
      { labelSelector: "app=web", limit: "2", continue: "t1" },
      { labelSelector: "app=web", limit: "2", continue: "t2" },
    ]);
    const versions = parts.map((part) => part.resourceVersion).filter((version) => version !== undefined);
    expect(new Set(versions)).toEqual(new Set(["10"]));
    expect(parts.some((part) => part.isRestart)).toBe(false);
  });

  it("lists once more, whole, with the original version and match when a later page has expired (R16)", async () => {
    const transport = inMemory(page(["a"], "10", "t1"), gone("Expired"), page(["a", "b"], "20"));
    const query = { resourceVersion: "10", resourceVersionMatch: "NotOlderThan" };
    const parts = await collect(pagedParts<Named>(new Client(transport), call(query), { pageSize: 1 }));
    expect(queriesOf(transport)).toEqual([{ ...query, limit: "1" }, { limit: "1", continue: "t1" }, query]);
    const restart = parts.findIndex((part) => part.isRestart);
    expect(namesOf(parts.slice(0, restart))).toEqual(["a"]);
    expect(namesOf(parts.slice(restart))).toEqual(["a", "b"]);
    expect(parts.slice(restart).findLast((part) => part.resourceVersion)?.resourceVersion).toBe("20");
  });

  it("restarts once for 25 pages of 500 whose token expires at page 13, and has the full set (P12)", async () => {
    const names = Array.from({ length: 25 * 500 }, (_, index) => `pod-${index}`);
    const pages = Array.from({ length: 12 }, (_, index) =>
      page(names.slice(index * 500, index * 500 + 500), "10", `t${index}`),
    );
    const transport = inMemory(...pages, gone("Expired"), page(names, "20"));
    const parts = await collect(pagedParts<Named>(new Client(transport), call()));
    const restarts = parts.flatMap((part, index) => (part.isRestart ? [index] : []));
    expect(restarts).toHaveLength(1);
    expect(namesOf(parts.slice(restarts[0]))).toEqual(names);
    expect(transport.sent).toHaveLength(14);
  });

  it("throws what expires on the first page, and what is only Gone on a later one (R17)", async () => {
    const first = inMemory(gone("Expired"));
    expect(await failure(collect(pagedParts(new Client(first), call())))).toMatchObject({
      reason: "Expired",
    });
    expect(first.sent).toHaveLength(1);
    const later = inMemory(page(["a"], "10", "t1"), gone("Gone"));
    expect(await failure(collect(pagedParts(new Client(later), call())))).toMatchObject({ reason: "Gone" });
    expect(later.sent).toHaveLength(2);
  });

  it("does not restart twice (R16)", async () => {
    const transport = inMemory(page(["a"], "10", "t1"), gone("Expired"), gone("Expired"));
    expect(await failure(collect(pagedParts(new Client(transport), call())))).toMatchObject({ status: 410 });
    expect(transport.sent).toHaveLength(3);
  });

  it("asks for 500 at once, and refuses page sizes that are none before any request (P30)", async () => {
    const transport = inMemory(page([], "1"));
    await collect(pagedParts(new Client(transport), call()));
    expect(queriesOf(transport)).toEqual([{ limit: "500" }]);
    for (const pageSize of [-1, 0, 1.5, Number.NaN]) {
      const invalid = { code: "INVALID_ARGUMENT" };
      expect(await failure(collect(pagedParts(new Client(transport), call(), { pageSize })))).toMatchObject(
        invalid,
      );
      expect(await failure(collect(listPages(new Client(transport), call(), { pageSize })))).toMatchObject(
        invalid,
      );
    }
    expect(transport.sent).toHaveLength(1);
  });

  it("ends for a server that repeats its token", async () => {
    const transport = inMemory(page(["a"], "1", "t"), page(["a"], "1", "t"));
    const error = await failure(collect(pagedParts(new Client(transport), call())));
    expect(error).toMatchObject({ code: "BAD_RESPONSE" });
  });
});

describe("listPages", () => {
  it("yields whole pages with their metadata", async () => {
    const transport = inMemory(page(["a", "b"], "10", "t1"), page(["c"], "10"));
    const pages = await collect(listPages<Named>(new Client(transport), call(), { pageSize: 2 }));
    expect(pages.map((one) => one.items.map((item) => item.metadata.name))).toEqual([["a", "b"], ["c"]]);
    expect(pages[0]).toMatchObject({ kind: "PodList", metadata: { resourceVersion: "10", continue: "t1" } });
  });

  it("asks for the next page only when it is wanted", async () => {
    const transport = inMemory(page(["a"], "10", "t1"), page(["b"], "10"));
    for await (const _ of listPages(new Client(transport), call())) break;
    expect(transport.sent).toHaveLength(1);
  });

  it("throws an expired token: what was handed out cannot be taken back (H31)", async () => {
    const transport = inMemory(page(["a"], "10", "t1"), gone("Expired"));
    expect(await failure(collect(listPages(new Client(transport), call())))).toMatchObject({
      reason: "Expired",
    });
  });
});
