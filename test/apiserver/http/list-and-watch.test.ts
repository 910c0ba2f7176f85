import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  configMaps,
  type Front,
  fronts,
  inMemory,
  type Json,
  named,
  overHttp,
  pods,
  widget,
  widgets,
} from "./fronts.ts";

/** The lines of a watch as they come. */
async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Json, void, void> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line);
  }
}

interface OpenWatch {
  readonly status: number;
  readonly events: AsyncGenerator<Json, void, void>;
  readonly abort: AbortController;
}

async function watch(front: Front, path: string): Promise<OpenWatch> {
  const abort = new AbortController();
  const { signal } = abort;
  if (front.server.transport !== undefined && !hasUrl(front)) {
    const request = { method: "GET", path, headers: {}, isStream: true, signal } as const;
    const { status, body } = await front.server.transport(request);
    return { status, events: eventsOf(body), abort };
  }
  const response = await fetch(front.server.url + path, { signal });
  return { status: response.status, events: eventsOf(response.body ?? new Blob([]).stream()), abort };
}

function hasUrl(front: Front): boolean {
  try {
    return front.server.url !== "";
  } catch {
    return false;
  }
}

async function take(events: AsyncGenerator<Json, void, void>, count: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const { value, done } = await events.next();
    if (done) break;
    seen.push(`${value.type} ${value.object.metadata?.name ?? value.object.code ?? ""}`.trim());
  }
  return seen;
}

const names = (json: Json): string[] => json.items.map((item: Json) => item.metadata.name);

describe.each(fronts)("list and watch %s", (_name, start) => {
  let front: Front;
  const post = async (path: string, body: object): Promise<Json> =>
    (await front.call("POST", path, body)).json;

  beforeEach(async () => {
    front = await start();
  });
  afterEach(() => front[Symbol.asyncDispose]());

  it("lists at one resourceVersion, items of built-in kinds without saying what they are", async () => {
    const first = await post(configMaps, named("a"));
    const made = await post(widgets, widget("w"));
    const { json } = await front.call("GET", configMaps);
    expect(json).toEqual({
      kind: "ConfigMapList",
      apiVersion: "v1",
      metadata: { resourceVersion: made.metadata.resourceVersion },
      items: [{ metadata: first.metadata }],
    });
    expect((await front.call("GET", widgets)).json.items[0]).toMatchObject({ kind: "Widget" });
  });

  it("selects by labels and by fields, in lists of one namespace and of all (beats T8 and T19)", async () => {
    await post("/api/v1/namespaces", named("shop"));
    await post(pods, { metadata: { name: "a", labels: { app: "web" } }, spec: { nodeName: "n1" } });
    await post(pods, { metadata: { name: "b", labels: { app: "db" } }, spec: { hostNetwork: true } });
    await post("/api/v1/namespaces/shop/pods", { metadata: { name: "c", labels: { app: "web" } } });
    const list = async (query: string, path = "/api/v1/pods"): Promise<string[]> =>
      names((await front.call("GET", `${path}?${query}`)).json);
    expect(await list("labelSelector=app%3Dweb")).toEqual(["a", "c"]);
    expect(await list("labelSelector=app%20in%20(web,db)", pods)).toEqual(["a", "b"]);
    expect(await list("fieldSelector=spec.nodeName%3Dn1")).toEqual(["a"]);
    expect(await list("fieldSelector=spec.host%3Dn1")).toEqual(["a"]);
    expect(await list("fieldSelector=spec.nodeName%3D,metadata.namespace%3Dshop")).toEqual(["c"]);
    expect(await list("fieldSelector=status.phase!%3DPending")).toEqual([]);
    expect(await list("fieldSelector=spec.hostNetwork%3Dfalse")).toEqual(["a", "c"]);
    expect(await list("fieldSelector=spec.restartPolicy%3DAlways,metadata.name%3Db")).toEqual(["b"]);
  });

  it("pages with continue and remainingItemCount", async () => {
    for (const name of ["a", "b", "c"]) await post(configMaps, named(name));
    const { json: first } = await front.call("GET", `${configMaps}?limit=2`);
    expect([names(first), first.metadata.remainingItemCount]).toEqual([["a", "b"], 1]);
    const token = encodeURIComponent(first.metadata.continue);
    const { json: second } = await front.call("GET", `${configMaps}?limit=2&continue=${token}`);
    expect(names(second)).toEqual(["c"]);
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
  });

  it("watches from a list's resourceVersion without a gap: ADDED, MODIFIED, DELETED (beats T5 and T6)", async () => {
    const { json } = await front.call("GET", configMaps);
    await post(configMaps, named("a"));
    const from = `${configMaps}?watch=1&resourceVersion=${json.metadata.resourceVersion}`;
    const { status, events, abort } = await watch(front, from);
    expect(status).toBe(200);
    expect(await take(events, 1)).toEqual(["ADDED a"]);
    await front.call("PUT", `${configMaps}/a`, named("a", { data: { k: "1" } }));
    const removed = await front.call("DELETE", `${configMaps}/a`);
    expect(removed.status).toBe(200);
    expect(await take(events, 2)).toEqual(["MODIFIED a", "DELETED a"]);
    abort.abort();
  });

  it("gives a DELETED object the deletion's own resourceVersion (beats T20)", async () => {
    const { metadata } = await post(configMaps, named("a"));
    const { events, abort } = await watch(
      front,
      `${configMaps}?watch=true&resourceVersion=${metadata.resourceVersion}`,
    );
    await front.call("DELETE", `${configMaps}/a`);
    const { value } = await events.next();
    expect(value).toMatchObject({ type: "DELETED", object: { metadata: { name: "a" } } });
    expect(Number(value.object.metadata.resourceVersion)).toBeGreaterThan(Number(metadata.resourceVersion));
    abort.abort();
  });

  it("tells a watch with a selector of objects that enter and leave it (beats T8 and T20)", async () => {
    const { json } = await front.call("GET", pods);
    const query = `watch=1&labelSelector=app%3Dweb&resourceVersion=${json.metadata.resourceVersion}`;
    const { events, abort } = await watch(front, `${pods}?${query}`);
    const labelled = (app: string): object => ({ metadata: { name: "a", labels: { app } } });
    await post(pods, labelled("db"));
    await front.call("PUT", `${pods}/a`, labelled("web"));
    await front.call("PUT", `${pods}/a`, labelled("db"));
    expect(await take(events, 2)).toEqual(["ADDED a", "DELETED a"]);
    abort.abort();
  });

  it("marks a Pod before it goes, as a kube-apiserver does, so that a watch sees both", async () => {
    const { metadata } = await post(pods, named("p"));
    const { events, abort } = await watch(
      front,
      `${pods}?watch=1&resourceVersion=${metadata.resourceVersion}`,
    );
    await front.call("DELETE", `${pods}/p`);
    expect(await take(events, 2)).toEqual(["MODIFIED p", "DELETED p"]);
    abort.abort();
  });

  it("streams the initial state and marks its end (beats T10)", async () => {
    await post(configMaps, named("a"));
    const query =
      "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=60";
    const { events, abort } = await watch(front, `${configMaps}?${query}`);
    expect(await take(events, 1)).toEqual(["ADDED a"]);
    const { value } = await events.next();
    expect(value).toMatchObject({
      type: "BOOKMARK",
      object: { kind: "ConfigMap", metadata: { annotations: { "k8s.io/initial-events-end": "true" } } },
    });
    abort.abort();
  });

  it("tells an expired resourceVersion with 410: in a watch's stream, as the status of a page", async () => {
    for (const name of ["a", "b"]) await post(configMaps, named(name));
    const { json } = await front.call("GET", `${configMaps}?limit=1`);
    front.server.expire();
    const { status, events } = await watch(front, `${configMaps}?watch=1&resourceVersion=1`);
    expect(status).toBe(200);
    expect(await take(events, 2)).toEqual(["ERROR 410"]);
    const token = encodeURIComponent(json.metadata.continue);
    const page = await front.call("GET", `${configMaps}?limit=1&continue=${token}`);
    expect(page.json).toMatchObject({ code: 410, reason: "Expired" });
    expect(page.json.metadata.continue).toMatch(/./);
    front.server.expire({ refuseBy: "status" });
    const refused = await front.call("GET", `${configMaps}?watch=1&resourceVersion=1`);
    expect(refused.json).toMatchObject({ code: 410, reason: "Expired" });
  });

  it("refuses parameters that exclude one another with 422", async () => {
    const { json } = await front.call("GET", `${configMaps}?sendInitialEvents=true`);
    expect(json).toMatchObject({ code: 422, details: { kind: "ListOptions", group: "meta.k8s.io" } });
  });

  it("describes itself: groups, versions, resources, version, health", async () => {
    const get = async (path: string): Promise<Json> => (await front.call("GET", path)).json;
    expect(await get("/api")).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    const groups = (await get("/apis")).groups.map(({ name }: Json) => name);
    expect(groups).toEqual(expect.arrayContaining(["apps", "batch", "example.com"]));
    expect(await get("/apis/apps")).toMatchObject({
      kind: "APIGroup",
      name: "apps",
      preferredVersion: { groupVersion: "apps/v1", version: "v1" },
    });
    const apps = await get("/apis/apps/v1");
    expect(apps).toMatchObject({ kind: "APIResourceList", groupVersion: "apps/v1" });
    const offered = apps.resources.map(({ name }: Json) => name);
    expect(offered).toEqual(
      expect.arrayContaining(["deployments", "deployments/status", "deployments/scale"]),
    );
    expect((await get("/api/v1")).resources.find(({ name }: Json) => name === "pods")).toMatchObject({
      kind: "Pod",
      namespaced: true,
      shortNames: ["po"],
      verbs: expect.arrayContaining(["watch"]),
    });
    expect(await get("/version")).toMatchObject({ major: "1" });
    expect((await get("/")).paths).toEqual(expect.arrayContaining(["/api/v1", "/apis/apps/v1", "/version"]));
    for (const path of ["/healthz", "/livez", "/readyz"]) {
      expect((await front.call("GET", path)).text).toBe("ok");
    }
  });
});

describe("a watch's end", () => {
  afterEach(() => void vi.useRealTimers());

  it("comes after timeoutSeconds, or 30 to 60 minutes when none is named, by fake timers", async () => {
    vi.useFakeTimers();
    await using front = await inMemory();
    const ended = async (query: string): Promise<() => boolean> => {
      const { events } = await watch(front, `${configMaps}?watch=1${query}`);
      let isEnded = false;
      void take(events, 1).then(() => {
        isEnded = true;
      });
      return () => isEnded;
    };
    const short = await ended("&timeoutSeconds=5");
    const long = await ended("");
    await vi.advanceTimersByTimeAsync(4_999);
    expect(short()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect([short(), long()]).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(29 * 60_000);
    expect(long()).toBe(false);
    await vi.advanceTimersByTimeAsync(31 * 60_000 + 1000);
    expect([long(), front.server.openWatches]).toEqual([true, 0]);
  });

  it("throws ABORTED to the reader of an aborted request, in memory", async () => {
    await using front = await inMemory();
    const { events, abort } = await watch(front, `${configMaps}?watch=1`);
    const next = events.next();
    abort.abort();
    await expect(next).rejects.toMatchObject({ code: "ABORTED" });
    expect(front.server.openWatches).toBe(0);
  });

  it("frees the watcher when an HTTP client goes (beats T8)", async () => {
    await using front = await overHttp();
    const { abort } = await watch(front, `${configMaps}?watch=1`);
    expect(front.server.openWatches).toBe(1);
    abort.abort();
    await vi.waitUntil(() => front.server.openWatches === 0);
  });
});
