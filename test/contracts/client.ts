import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { BackoffOptions } from "../../src/base/backoff.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { ResourceHandle } from "../../src/cluster/resource-handle.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { Cuts } from "./interceptors.ts";
import { Journal } from "./journal.ts";
import { type ServerUnderTest, Widget } from "./server-under-test.ts";

/** Short, as there are cuts on purpose. */
export const backoff: BackoffOptions = { initialMs: 20, maxMs: 100 };

/** The library's own client, on either server: verbs, pages, errors, watches. */
export function describeClient(server: () => ServerUnderTest): void {
  describe("the client", () => {
    let cluster: Cluster;
    let configMaps: ResourceHandle<ConfigMap>;
    let namespace: string;

    beforeEach(async () => {
      namespace = await server().namespace();
      cluster = await server().connect();
      configMaps = cluster.resources(ConfigMap).inNamespace(namespace);
    });

    it("reaches the server by its kubeconfig (P32)", async () => {
      const folder = await mkdtemp(join(tmpdir(), "kube-reflex-contracts-"));
      try {
        const kubeconfig = join(folder, "config");
        await writeFile(kubeconfig, server().kubeconfig);
        await using connected = await Cluster.connect({ kubeconfig });
        await configMaps.create({ metadata: { name: "a" } });
        const { items } = await connected.resources(ConfigMap).inNamespace(namespace).list();
        expect(items.map(({ metadata }) => metadata?.name)).toEqual(["a"]);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it("creates, reads, replaces, patches and deletes an object", async () => {
      const created = await configMaps.create({ metadata: { name: "a" }, data: { k: "v" } });
      expect(await configMaps.withName("a").get()).toEqual(created);
      const replaced = await configMaps.withName("a").replace({ ...created, data: { k: "w" } });
      expect(replaced.data).toEqual({ k: "w" });
      const merged = await configMaps.withName("a").patch({ merge: { data: { m: "1" } } });
      expect(merged.data).toEqual({ k: "w", m: "1" });
      const patched = await configMaps.withName("a").patch({ json: [{ op: "remove", path: "/data/m" }] });
      expect(patched.data).toEqual({ k: "w" });
      expect(await configMaps.withName("a").delete()).toMatchObject({ kind: "Status", status: "Success" });
      await expect(configMaps.withName("a").get()).rejects.toMatchObject({
        code: "API",
        status: 404,
        reason: "NotFound",
        details: { name: "a", kind: "configmaps" },
      });
    });

    it("rejects with status, reason and details of what the server refused (P31)", async () => {
      const created = await configMaps.create({ metadata: { name: "a" } });
      await configMaps.withName("a").patch({ merge: { data: { k: "v" } } });
      const stale = configMaps.withName("a").replace({ ...created, data: { k: "w" } });
      await expect(stale).rejects.toMatchObject({ status: 409, reason: "Conflict" });
      const again = configMaps.create({ metadata: { name: "a" } });
      await expect(again).rejects.toMatchObject({ status: 409, reason: "AlreadyExists" });
      const invalid = configMaps.create({ metadata: { name: "Bad_Name" } });
      await expect(invalid).rejects.toMatchObject({
        status: 422,
        details: { causes: [{ reason: "FieldValueInvalid", field: "metadata.name" }] },
      });
      const preconditions = { uid: "11111111-1111-1111-1111-111111111111" };
      const other = configMaps.withName("a").delete({ preconditions });
      await expect(other).rejects.toMatchObject({ status: 409, reason: "Conflict" });
      const expired = configMaps.list({ resourceVersion: "1", resourceVersionMatch: "Exact" });
      await expect(expired).rejects.toMatchObject({ status: 410, reason: "Expired" });
    });

    it("rejects where nobody, or nobody with rights, asks: 401 and 403 (P26, P31)", async () => {
      const read = async (as: Cluster): Promise<unknown> =>
        as.resources(ConfigMap).inNamespace(namespace).list();
      await expect(read(await server().unauthorized())).rejects.toMatchObject({
        status: 401,
        reason: "Unauthorized",
      });
      await expect(read(await server().forbidden())).rejects.toMatchObject({
        status: 403,
        reason: "Forbidden",
      });
    });

    it("refuses names that reach elsewhere before any request (P30)", async () => {
      for (const name of ["", ".", "..", "a/b", "a%2fb"]) {
        expect(() => configMaps.withName(name)).toThrow(
          expect.objectContaining({ code: "INVALID_ARGUMENT" }),
        );
      }
      await configMaps.create({ metadata: { name: "a" } });
      // @ts-expect-error: a collection has no delete
      await expect(configMaps.delete()).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      expect((await configMaps.list()).items).toHaveLength(1);
    });

    it("preserves what it does not know of an object: read, modify, replace (P36)", async () => {
      const widgets = cluster.resources(Widget).inNamespace(namespace);
      const newer = { deep: [{ a: null, b: "x" }] };
      const sent: Widget = { metadata: { name: "w" }, spec: { size: 1, ...{ newer } } };
      await widgets.create(sent);
      const read = await widgets.withName("w").get();
      await widgets.withName("w").replace({ ...read, spec: { ...read.spec, size: 2 } });
      expect((await widgets.withName("w").get()).spec).toEqual({ size: 2, newer });
      const ready = await widgets.withName("w").status.patch({ merge: { status: { ready: true } } });
      expect([ready.spec, ready.status]).toEqual([{ size: 2, newer }, { ready: true }]);
    });

    it("lists over all pages what one page would show (R15, P12)", async () => {
      const created = Array.from({ length: 7 }, (_, i) => `n${i}`);
      for (const name of created) await configMaps.create({ metadata: { name } });
      const whole = await configMaps.list();
      const paged = await configMaps.list({ pageSize: 3 });
      expect(paged).toEqual(whole);
      expect(paged.items.map(({ metadata }) => metadata?.name)).toEqual(created);
      const sizes: number[] = [];
      for await (const { items } of configMaps.pages({ pageSize: 3 })) sizes.push(items.length);
      expect(sizes).toEqual([3, 3, 1]);
      const seen: unknown[] = [];
      for await (const item of configMaps.items({ pageSize: 2 })) seen.push(item.metadata?.name);
      expect(seen).toEqual(created);
    });

    it("lists more objects than one page has, in one request or in several (R15, P16)", async () => {
      const created = Array.from({ length: 520 }, (_, i) => `n${String(i).padStart(3, "0")}`);
      await Promise.all(created.map((name) => configMaps.create({ metadata: { name } })));
      for (const pageSize of [500, 1000]) {
        const { items } = await configMaps.list({ pageSize });
        expect(items.map(({ metadata }) => metadata?.name)).toEqual(created);
      }
    }, 30_000);

    it("deletes what a handle selects, and nothing else", async () => {
      for (const [name, app] of [
        ["a", "web"],
        ["b", "web"],
        ["c", "db"],
      ] as const) {
        await configMaps.create({ metadata: { name, labels: { app } } });
      }
      await configMaps.withLabel("app", "web").deleteAll();
      expect((await configMaps.list()).items.map(({ metadata }) => metadata?.name)).toEqual(["c"]);
    });

    it("follows changes through cut connections: nothing lost, nothing repeated (P5, R22)", async () => {
      const cuts = new Cuts({ everyChunks: 2, times: 3 });
      const cut = await server().connect({ interceptors: [cuts.interceptor] });
      const { metadata } = await configMaps.list();
      const events = cut
        .resources(ConfigMap)
        .inNamespace(namespace)
        .watch({ resourceVersion: metadata.resourceVersion ?? "", backoff });
      const journal = new Journal();
      const all = (async () => {
        for await (const { type, object } of events) {
          journal.add(`${type} ${object.metadata?.name}`);
          if (object.metadata?.name === "last") break;
        }
      })();
      const expected: string[] = [];
      for (let i = 0; i < 12; i++) {
        await configMaps.create({ metadata: { name: `n${i}` } });
        expected.push(`ADDED n${i}`);
        if (i % 3 !== 0) continue;
        await journal.until(`ADDED n${i}`);
        await configMaps.withName(`n${i}`).delete();
        expected.push(`DELETED n${i}`);
      }
      await configMaps.create({ metadata: { name: "last" } });
      await all;
      expect(journal.lines).toEqual([...expected, "ADDED last"]);
      expect(cuts.made).toBeGreaterThan(0);
    });

    it("ends a watch whose history is gone with WATCH_EXPIRED (K3, R27)", async () => {
      const events = configMaps.watch({ resourceVersion: "1" });
      const errors: string[] = [];
      events.on("ERROR", ({ code }) => errors.push(code)).on("ADDED", () => errors.push("ADDED"));
      await expect(events.closed).rejects.toMatchObject({ code: "WATCH_EXPIRED" });
      expect(errors).toEqual(["WATCH_EXPIRED"]);
    });

    it("streams existing objects first where no resourceVersion is given (R12)", async () => {
      await configMaps.create({ metadata: { name: "a" } });
      const seen: string[] = [];
      for await (const { type, object } of configMaps.watch()) {
        seen.push(`${type} ${object.metadata?.name}`);
        if (type !== "ADDED") break;
        await configMaps.withName("a").patch({ merge: { data: { k: "v" } } });
      }
      expect(seen).toEqual(["ADDED a", "MODIFIED a"]);
    });
  });
}
