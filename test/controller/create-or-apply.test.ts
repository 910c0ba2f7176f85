import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { createOrApply, createOrUpdate } from "../../src/controller/create-or-apply.ts";
import { ClusterRole, ConfigMap, Deployment, Namespace } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/test-api-server.ts";
import { inFakeTime, rejection } from "./request.ts";

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

const options = { fieldManager: "shop" };
const settings = (data: Record<string, string>): ConfigMap => ({ metadata: { name: "settings" }, data });
const asked = (): (string | undefined)[] => [...server.requests].map(({ info }) => info?.verb);
const stored = (): ConfigMap | undefined => server.get(ConfigMap, "default/settings");

describe("createOrApply", () => {
  it("says created, updated and unchanged, and gives the object (Q45)", async () => {
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const created = await createOrApply(configMaps, settings({ a: "1" }), options);
    expect(created).toEqual({ outcome: "created", object: stored() });
    const unchanged = await createOrApply(configMaps, settings({ a: "1" }), options);
    expect(unchanged).toEqual({ outcome: "unchanged", object: created.object });
    const updated = await createOrApply(configMaps, settings({ a: "2" }), options);
    expect(updated).toMatchObject({ outcome: "updated", object: { data: { a: "2" } } });
    expect(asked()).toEqual(["get", "patch", "get", "patch", "get", "patch"]);
  });

  it("takes the handle of the one object as well, and the object's namespace for a collection of all", async () => {
    const one = cluster.resources(ConfigMap).inNamespace("default").withName("settings");
    expect(await createOrApply(one, settings({ a: "1" }), options)).toMatchObject({ outcome: "created" });
    const placed = { ...settings({ a: "1" }), metadata: { name: "settings", namespace: "default" } };
    const again = await createOrApply(cluster.resources(ConfigMap), placed, options);
    expect(again).toMatchObject({ outcome: "unchanged" });
  });

  it("reads nothing where it is told what is there (S23)", async () => {
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const wanted = settings({ a: "1" });
    const first = await createOrApply(configMaps, wanted, { ...options, current: undefined });
    const second = await createOrApply(configMaps, wanted, { ...options, current: first.object });
    expect([first.outcome, second.outcome]).toEqual(["created", "unchanged"]);
    expect(asked()).toEqual(["patch", "patch"]);
  });

  it("says created where the object that was there has been made anew (Q45)", async () => {
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const { object } = await createOrApply(configMaps, settings({ a: "1" }), options);
    server.delete(ConfigMap, object);
    const anew = await createOrApply(configMaps, settings({ a: "1" }), { ...options, current: object });
    expect(anew.outcome).toBe("created");
  });

  it("leaves fields to other managers, and takes them over by force", async () => {
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    await configMaps.apply(settings({ a: "1" }), { fieldManager: "ops" });
    const error = await rejection(createOrApply(configMaps, settings({ a: "2" }), options));
    expect(error).toMatchObject({ code: "API", status: 409 });
    const forced = await createOrApply(configMaps, settings({ a: "2" }), { ...options, force: true });
    expect(forced).toMatchObject({ outcome: "updated", object: { data: { a: "2" } } });
  });

  it("makes its owner the controller, in the owner's namespace (Q45)", async () => {
    const owner = {
      object: server.create(ConfigMap, { metadata: { name: "o", namespace: "default" } }),
      kind: ConfigMap,
    };
    const { object } = await createOrApply(cluster.resources(ConfigMap), settings({}), { ...options, owner });
    expect(object.metadata).toMatchObject({
      namespace: "default",
      ownerReferences: [{ kind: "ConfigMap", name: "o", uid: owner.object.metadata.uid, controller: true }],
    });
    const again = await createOrApply(cluster.resources(ConfigMap), settings({}), { ...options, owner });
    expect(again.outcome).toBe("unchanged");
  });

  it("lets owners without a namespace own objects in any, and objects without one (Q45)", async () => {
    const owner = { object: server.create(Namespace, { metadata: { name: "team" } }), kind: Namespace };
    const role = { metadata: { name: "team" }, rules: [] };
    const applied = await createOrApply(cluster.resources(ClusterRole), role, { ...options, owner });
    expect(applied.object.metadata.ownerReferences).toMatchObject([{ name: "team" }]);
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const { object } = await createOrApply(configMaps, settings({}), { ...options, owner });
    expect(object.metadata.namespace).toBe("default");
  });

  it("writes nothing where another controller has the object, or its owner is elsewhere (Q45)", async () => {
    const owners = ["one", "two"].map((name) => ({
      object: server.create(ConfigMap, { metadata: { name, namespace: "default" } }),
      kind: ConfigMap,
    }));
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    await createOrApply(configMaps, settings({ a: "1" }), { ...options, owner: owners[0] });
    const taken = createOrApply(configMaps, settings({ a: "2" }), {
      ...options,
      force: true,
      owner: owners[1],
    });
    expect(await rejection(taken)).toMatchObject({ code: "OWNED_BY_ANOTHER" });
    const elsewhere = { metadata: { name: "x", namespace: "kube-system" } };
    const misplaced = createOrApply(cluster.resources(ConfigMap), elsewhere, {
      ...options,
      owner: owners[0],
    });
    expect(await rejection(misplaced)).toMatchObject({ code: "INVALID_ARGUMENT" });
    const unplaceable = createOrApply(
      cluster.resources(ClusterRole),
      { metadata: { name: "r" } },
      {
        ...options,
        owner: owners[0],
      },
    );
    expect(await rejection(unplaceable)).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(stored()?.data).toEqual({ a: "1" });
    expect(server.requests.filter({ verb: "patch" })).toHaveLength(1);
  });

  it("ends with its signal", async () => {
    const signal = AbortSignal.abort();
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const error = await rejection(createOrApply(configMaps, settings({}), { ...options, signal }));
    expect(error).toMatchObject({ code: "ABORTED" });
  });

  it.each([
    ["object", undefined, options],
    ["object.metadata.name", { metadata: {} }, options],
    ["object.metadata.name", {}, options],
    ["options", settings({}), "shop"],
    ["owner", settings({}), { ...options, owner: "o" }],
    ["owner.object", settings({}), { ...options, owner: {} }],
    ["ownerKind", settings({}), { ...options, owner: { object: {} } }],
    ["owner.metadata.name", settings({}), { ...options, owner: { object: {}, kind: ConfigMap } }],
  ])("refuses a bad %s before any request", async (name, object, given) => {
    const configMaps = cluster.resources(ConfigMap).inNamespace("default");
    const error = await rejection(createOrApply(configMaps, object as never, given as never));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${name}\``),
    });
    expect(asked()).toEqual([]);
  });
});

describe("createOrUpdate", () => {
  const configMaps = () => cluster.resources(ConfigMap).inNamespace("default");

  it("creates what is not there, under the name that was asked for (Q45)", async () => {
    const mutate = vi.fn(() => ({ metadata: {}, data: { a: "1" } }));
    const written = await createOrUpdate(configMaps(), "settings", mutate, options);
    expect(mutate.mock.calls).toEqual([[undefined]]);
    expect(written).toEqual({ outcome: "created", object: stored() });
    expect(stored()).toMatchObject({
      data: { a: "1" },
      metadata: { managedFields: [{ manager: "shop", operation: "Update" }] },
    });
  });

  it("updates what mutate changes in place, or returns (Q45)", async () => {
    server.create(ConfigMap, { metadata: { name: "settings", namespace: "default" }, data: { a: "1" } });
    const inPlace = await createOrUpdate(configMaps(), "settings", (existing) => {
      if (existing !== undefined) existing.data = { ...existing.data, b: "2" };
    });
    expect(inPlace).toEqual({ outcome: "updated", object: stored() });
    const returned = await createOrUpdate(configMaps(), "settings", async () => settings({ c: "3" }));
    expect(returned).toMatchObject({ outcome: "updated", object: { data: { c: "3" } } });
  });

  it("writes nothing where nothing changed, however it is written down (Q45)", async () => {
    server.create(ConfigMap, {
      metadata: { name: "settings", namespace: "default" },
      data: { a: "1", b: "2" },
    });
    const same = await createOrUpdate(configMaps(), "settings", () => {});
    expect(same).toEqual({ outcome: "unchanged", object: stored() });
    const reordered = await createOrUpdate(configMaps(), "settings", (existing) => {
      const { data, ...rest } = existing ?? settings({});
      return { data: { b: data?.b ?? "", a: data?.a ?? "" }, binaryData: undefined, ...rest } as ConfigMap;
    });
    expect(reordered.outcome).toBe("unchanged");
    expect(asked()).toEqual(["get", "get"]);
  });

  it("says unchanged where the server finds no difference either (Q45)", async () => {
    server.create(ConfigMap, { metadata: { name: "settings", namespace: "default" }, data: { a: "1" } });
    const first = await createOrUpdate(configMaps(), "settings", () => settings({ a: "1" }));
    const second = await createOrUpdate(configMaps(), "settings", () => settings({ a: "1" }));
    expect([first, second].map(({ outcome }) => outcome).at(-1)).toBe("unchanged");
    expect(second.object).toEqual(stored());
  });

  it.each([
    ["name", { metadata: { name: "other" } }],
    ["namespace", { metadata: { name: "settings", namespace: "kube-system" } }],
  ])("refuses that mutate changes the %s (Q45)", async (field, changed) => {
    server.create(ConfigMap, { metadata: { name: "settings", namespace: "default" } });
    const error = await rejection(createOrUpdate(configMaps(), "settings", () => changed));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`metadata.${field}`),
    });
    expect(asked()).toEqual(["get"]);
  });

  it("refuses another name of an object that is not there, and what is no object", async () => {
    const renamed = createOrUpdate(configMaps(), "settings", () => ({ metadata: { name: "other" } }));
    expect(await rejection(renamed)).toMatchObject({ code: "INVALID_ARGUMENT" });
    for (const made of [undefined, "secret text", []]) {
      const error = await rejection(createOrUpdate(configMaps(), "settings", () => made as never));
      expect(error).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("what mutate returns"),
      });
      expect(String(error)).not.toContain("secret");
    }
  });

  it("reads and mutates anew where somebody wrote in between", async () => {
    server.create(ConfigMap, { metadata: { name: "settings", namespace: "default" }, data: { a: "1" } });
    let others = 0;
    const written = await inFakeTime(
      createOrUpdate(configMaps(), "settings", (existing) => {
        others += 1;
        if (others <= 2) {
          server.update(ConfigMap, {
            metadata: { name: "settings", namespace: "default" },
            data: { other: String(others) },
          });
        }
        if (existing !== undefined) existing.data = { ...existing.data, mine: "1" };
      }),
    );
    expect(written).toMatchObject({ outcome: "updated", object: { data: { other: "2", mine: "1" } } });
    expect(others).toBe(3);
  });

  it("writes only over the state that was read, also an object that mutate made itself", async () => {
    server.create(ConfigMap, { metadata: { name: "settings", namespace: "default" }, data: { a: "1" } });
    const mutate = vi.fn((existing: ConfigMap | undefined) => {
      const { a } = existing?.data ?? {};
      if (a === "1") {
        server.update(ConfigMap, { metadata: { name: "settings", namespace: "default" }, data: { a: "2" } });
      }
      return settings({ seen: a ?? "" });
    });
    const written = await inFakeTime(createOrUpdate(configMaps(), "settings", mutate));
    expect(written.object.data).toEqual({ seen: "2" });
    expect(mutate).toHaveBeenCalledTimes(2);
  });

  it("updates where somebody was faster in creating it", async () => {
    const written = await inFakeTime(
      createOrUpdate(configMaps(), "settings", (existing) => {
        if (existing === undefined) {
          server.create(ConfigMap, {
            metadata: { name: "settings", namespace: "default" },
            data: { b: "2" },
          });
        }
        return { ...(existing ?? settings({})), data: { ...existing?.data, a: "1" } };
      }),
    );
    expect(written).toMatchObject({ outcome: "updated", object: { data: { a: "1", b: "2" } } });
  });

  it("creates where the object was deleted in between", async () => {
    server.create(ConfigMap, { metadata: { name: "settings", namespace: "default" }, data: { a: "1" } });
    const conflict = new ApiError("replace: conflict", { status: 409, reason: "Conflict" });
    const collection = configMaps();
    const replace = vi.fn(async () => {
      server.delete(ConfigMap, "default/settings");
      throw conflict;
    });
    const port = {
      withName: (name: string) => collection.withName(name),
      create: (object: ConfigMap) => collection.create(object),
      replace,
    };
    const written = await inFakeTime(createOrUpdate(port, "settings", () => settings({ a: "2" })));
    expect(written.outcome).toBe("created");
  });

  it("gives up after five attempts, and throws other refusals at once", async () => {
    server.create(ConfigMap, { metadata: { name: "settings", namespace: "default" } });
    server.failNext({ verb: "update", status: 409, times: 5 });
    const mutate = (): ConfigMap => settings({ a: "1" });
    const tired = await rejection(inFakeTime(createOrUpdate(configMaps(), "settings", mutate)));
    expect(tired).toMatchObject({
      status: 409,
      message: expect.stringMatching(
        /^Create or update `settings`: somebody else wrote in between, in each of 5/,
      ),
      cause: { status: 409 },
    });
    expect(server.requests.filter({ verb: "update" })).toHaveLength(5);
    server.failNext({ verb: "update", status: 403 });
    expect(await rejection(createOrUpdate(configMaps(), "settings", mutate))).toMatchObject({ status: 403 });
    server.failNext({ verb: "get", status: 500 });
    expect(await rejection(createOrUpdate(configMaps(), "settings", mutate))).toMatchObject({ status: 500 });
  });

  it("throws what mutate throws, and ends with its signal between attempts", async () => {
    const failure = new Error("no");
    const failing = createOrUpdate(configMaps(), "settings", () => {
      throw failure;
    });
    expect(await rejection(failing)).toBe(failure);
    const stop = new AbortController();
    const port = {
      withName: () => ({ find: async () => undefined }),
      create: async (): Promise<ConfigMap> => {
        stop.abort();
        throw new ApiError("create: already exists", { status: 409, reason: "AlreadyExists" });
      },
      replace: () => Promise.reject(failure),
    };
    const waiting = createOrUpdate(port, "settings", () => settings({}), { signal: stop.signal });
    expect(await rejection(waiting)).toMatchObject({ code: "ABORTED" });
  });

  it("does not write a status that has a path of its own", async () => {
    const deployments = cluster.resources(Deployment).inNamespace("default");
    const template = { spec: { containers: [{ name: "web", image: "web:1" }] } };
    const made: Deployment = {
      metadata: { name: "web" },
      spec: { selector: { matchLabels: {} }, template },
      status: { replicas: 9 },
    };
    const { object } = await createOrUpdate(deployments, "web", () => made);
    expect(object.status?.replicas).toBeUndefined();
    const same = await createOrUpdate(deployments, "web", (existing) => ({ ...(existing ?? made), ...{} }));
    expect(same.outcome).toBe("unchanged");
  });

  it.each([undefined, null, {}, "configmaps"])("refuses what is no handle: %j", async (nothing) => {
    const handle = nothing as never;
    const object = { metadata: { name: "settings", namespace: "shops" } };
    for (const [argument, call] of [
      ["handle", createOrApply(handle, object)],
      ["collection.withName", createOrUpdate(handle, "settings", () => object)],
    ] as const) {
      expect(await rejection(call)).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining(`\`${argument}\``),
      });
    }
  });

  it.each([
    ["name", "", () => {}, {}],
    ["mutate", "settings", undefined, {}],
    ["options", "settings", () => {}, "shop"],
  ])("refuses a bad %s before any request", async (what, name, mutate, given) => {
    const error = await rejection(createOrUpdate(configMaps(), name, mutate as never, given as never));
    expect(error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`\`${what}\``),
    });
    expect(asked()).toEqual([]);
  });
});
