import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { withFinalizers } from "../../src/controller/finalizer.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/test-api-server.ts";
import { inFakeTime, rejection, requestFor, scripted } from "./request.ts";

const first = "example.com/first";
const foreign = "other.org/keep";
const finalizers = [{ name: first, cleanup() {} }];

let server: TestApiServer;
let cluster: Cluster;

beforeEach(async () => {
  vi.useFakeTimers();
  server = await TestApiServer.start({ listen: false });
  cluster = await server.cluster();
});
afterEach(async () => {
  await server.stop();
  vi.useRealTimers();
});

const finalizersNow = (): string[] | undefined => server.get(ConfigMap, "default/a")?.metadata.finalizers;
const patches = (): number => server.requests.filter({ verb: "patch" }).length;
const reads = (): number => server.requests.filter({ verb: "get" }).length;

describe("patches of finalizers", () => {
  const add = async (): Promise<unknown> => {
    const object = server.create(ConfigMap, { metadata: { name: "a", namespace: "default" } });
    return inFakeTime(withFinalizers(ConfigMap, finalizers, () => {})(requestFor(cluster, object)));
  };

  it("are tried again on a conflict, with a pause between", async () => {
    server.failNext({ verb: "patch", status: 409, times: 4 });
    const began = Date.now();
    await add();
    expect(Date.now() - began).toBeGreaterThanOrEqual(40);
    expect(finalizersNow()).toEqual([first]);
    expect([patches(), reads()]).toEqual([5, 4]);
  });

  it("are given up after five attempts, for the controller to come back later (Q28)", async () => {
    server.failNext({ verb: "patch", status: 409, times: 5 });
    expect(await rejection(add())).toMatchObject({
      code: "API",
      status: 409,
      message: `Add the finalizers ${first} of configmaps \`default/a\`: somebody else wrote in between, in each of 5 attempts (409); see the cause`,
      cause: { status: 409 },
    });
    expect(patches()).toBe(5);
  });

  it("throw a 422 that no failed test explains: the object is as it was read", async () => {
    server.failNext({ verb: "patch", status: 422 });
    expect(await rejection(add())).toMatchObject({ code: "API", status: 422 });
    expect([patches(), reads()]).toEqual([1, 1]);
  });

  it.each([403, 500])("throw %i at once", async (status) => {
    server.failNext({ verb: "patch", status });
    expect(await rejection(add())).toMatchObject({ code: "API", status });
    expect(reads()).toBe(0);
  });

  it("do not take a kind that is not served for an object that is gone", async () => {
    const notServed = new ApiError("patch: not found", { status: 404, reason: "NotFound" });
    const mock = scripted<ConfigMap>({ patch: () => Promise.reject(notServed) });
    const reconcile = withFinalizers(ConfigMap, finalizers, () => {});
    const request = requestFor(mock, { metadata: { name: "a" } });
    expect(await rejection(inFakeTime(reconcile(request)))).toBe(notServed);
  });

  it("end with the signal while they wait for the next attempt", async () => {
    const stop = new AbortController();
    const conflict = new ApiError("patch: conflict", { status: 409, reason: "Conflict" });
    const mock = scripted<ConfigMap>({
      patch: () => {
        stop.abort();
        return Promise.reject(conflict);
      },
    });
    const reconcile = withFinalizers(ConfigMap, finalizers, () => {});
    const request = requestFor(mock, { metadata: { name: "a" } }, stop.signal);
    expect(await rejection(inFakeTime(reconcile(request)))).toMatchObject({ code: "ABORTED" });
  });

  it("tests uid and list in the patch, and the resourceVersion where there is no list", async () => {
    const patch = vi.fn(async (sent: unknown) => sent as ConfigMap);
    const reconcile = withFinalizers(ConfigMap, finalizers, () => {});
    const metadata = { name: "a", namespace: "default", uid: "u1", resourceVersion: "7" };
    await inFakeTime(reconcile(requestFor(scripted<ConfigMap>({ patch }), { metadata })));
    const withList = { ...metadata, finalizers: [foreign] };
    await inFakeTime(reconcile(requestFor(scripted<ConfigMap>({ patch }), { metadata: withList })));
    await inFakeTime(reconcile(requestFor(scripted<ConfigMap>({ patch }), { metadata: { name: "a" } })));
    const uid = { op: "test", path: "/metadata/uid", value: "u1" };
    const add = (value: string[]) => ({ op: "add", path: "/metadata/finalizers", value });
    expect(patch.mock.calls.map(([sent]) => sent)).toEqual([
      { json: [uid, { op: "test", path: "/metadata/resourceVersion", value: "7" }, add([first])] },
      {
        json: [uid, { op: "test", path: "/metadata/finalizers", value: [foreign] }, add([foreign, first])],
      },
      { json: [add([first])] },
    ]);
  });
});
