import { beforeEach, describe, expect, it } from "vitest";
import { ConfigMap, Pod } from "../../src/kinds/index.ts";
import { type Frame, RawWatch, word } from "./raw-watch.ts";
import { type Json, type ServerUnderTest, Widget } from "./server-under-test.ts";
import { caller, collection, create, merge, named } from "./status.ts";

const bookmarks = { allowWatchBookmarks: "true" };

/** What watches tell, in which order, to whom, and how they end. */
export function describeWatchEvents(server: () => ServerUnderTest): void {
  describe("what a watch tells", () => {
    const call = caller(server);
    let namespace: string;
    let configMaps: string;
    let start: string;

    const watch = (query: Readonly<Record<string, string>> = {}): Promise<RawWatch> =>
      RawWatch.open(server(), configMaps, { resourceVersion: start, ...query });
    const label = (name: string, x: string | null): Promise<Json> =>
      merge(server(), `${configMaps}/${name}`, { metadata: { labels: { x } } });

    beforeEach(async () => {
      namespace = await server().namespace();
      configMaps = collection(ConfigMap, namespace);
      start = (await call("GET", configMaps)).json.metadata.resourceVersion;
    });

    it("tells every change with the state it made, in order (T8, I2)", async () => {
      await using events = await watch();
      const created = await create(server(), configMaps, named("a"));
      const changed = await merge(server(), `${configMaps}/a`, { data: { k: "v" } });
      const other = await create(server(), configMaps, named("b"));
      expect(await events.take(3)).toEqual([
        { type: "ADDED", object: created },
        { type: "MODIFIED", object: changed },
        { type: "ADDED", object: other },
      ]);
    });

    it("tells a deletion with the last state and the deletion's own resourceVersion (I6, T20)", async () => {
      const created = await create(server(), configMaps, named("a", { x: "1" }));
      await using events = await watch({ resourceVersion: created.metadata.resourceVersion });
      await call("DELETE", `${configMaps}/a`);
      const next = await create(server(), configMaps, named("b"));
      const [deleted] = await events.take(2);
      const { resourceVersion } = deleted?.object.metadata ?? {};
      const metadata = { ...created.metadata, resourceVersion };
      expect(deleted).toEqual({ type: "DELETED", object: { ...created, metadata } });
      expect(revision(deleted)).toBeGreaterThan(Number(created.metadata.resourceVersion));
      expect(revision(deleted)).toBeLessThan(Number(next.metadata.resourceVersion));
    });

    it("tells a recreation as DELETED, then ADDED with another uid (P6)", async () => {
      const created = await create(server(), configMaps, named("a"));
      await call("DELETE", `${configMaps}/a`);
      await create(server(), configMaps, named("a"));
      await using events = await watch({ resourceVersion: created.metadata.resourceVersion });
      const frames = await events.take(2);
      expect(frames.map(word)).toEqual(["DELETED a", "ADDED a"]);
      expect(frames[0]?.object.metadata.uid).toBe(created.metadata.uid);
      expect(frames[1]?.object.metadata.uid).not.toBe(created.metadata.uid);
    });

    it("tells the marking, then the removal, of what has finalizers (T16)", async () => {
      const finalizers = ["example.com/f"];
      const created = await create(server(), configMaps, { metadata: { name: "a", finalizers } });
      await using events = await watch({ resourceVersion: created.metadata.resourceVersion });
      await call("DELETE", `${configMaps}/a`);
      const last = await merge(server(), `${configMaps}/a`, { metadata: { finalizers: null } });
      const frames = await events.take(2);
      expect(frames.map(word)).toEqual(["MODIFIED a", "DELETED a"]);
      expect(frames[0]?.object.metadata).toMatchObject({ finalizers });
      // The last state stored, not the one that the deletion was made from.
      expect(frames[1]?.object.metadata).toMatchObject({ finalizers });
      expect(frames[1]?.object.metadata.deletionTimestamp).toBe(last.metadata.deletionTimestamp);
      expect(revision(frames[1])).toBeGreaterThan(revision(frames[0]));
    });

    it("tells entering a selector as ADDED, leaving it as DELETED with the state before (T8)", async () => {
      await using events = await watch({ labelSelector: "x=1" });
      await create(server(), configMaps, named("a", { x: "2" }));
      const entered = await label("a", "1");
      const inside = await merge(server(), `${configMaps}/a`, { data: { k: "v" } });
      const left = await label("a", null);
      await merge(server(), `${configMaps}/a`, { data: { k: "outside" } });
      const back = await label("a", "1");
      await call("DELETE", `${configMaps}/a`);
      const frames = await events.take(5);
      expect(frames.map(word)).toEqual(["ADDED a", "MODIFIED a", "DELETED a", "ADDED a", "DELETED a"]);
      expect(frames[0]?.object).toEqual(entered);
      expect(frames[2]?.object.metadata.labels).toEqual({ x: "1" });
      expect(frames[2]?.object.data).toEqual(inside.data);
      expect(frames[2]?.object.metadata.resourceVersion).toBe(left.metadata.resourceVersion);
      expect(frames[3]?.object).toEqual(back);
    });

    it("finds transitions in what is replayed too (T8, R22)", async () => {
      const created = await create(server(), configMaps, named("a", { x: "1" }));
      await label("a", "2");
      await label("a", "1");
      const { resourceVersion } = created.metadata;
      await using events = await watch({ resourceVersion, labelSelector: "x=1" });
      expect((await events.take(2)).map(word)).toEqual(["DELETED a", "ADDED a"]);
    });

    it("follows fields as it follows labels: a pod's node and phase (T8, T19)", async () => {
      const pods = collection(Pod, namespace);
      const spec = { containers: [{ name: "c", image: "i" }], nodeName: "n1" };
      const query = { resourceVersion: start, fieldSelector: "spec.nodeName=n1,status.phase=Running" };
      await using events = await RawWatch.open(server(), pods, query);
      const phase = (to: string): Promise<Json> =>
        merge(server(), `${pods}/p/status`, { status: { phase: to } });
      await create(server(), pods, { ...named("p"), spec });
      await phase("Running");
      await phase("Succeeded");
      expect((await events.take(2)).map(word)).toEqual(["ADDED p", "DELETED p"]);
    });

    it("follows one object by its name (T8)", async () => {
      await using events = await watch({ fieldSelector: "metadata.name=b" });
      for (const name of ["a", "b", "c"]) await create(server(), configMaps, named(name));
      await call("DELETE", `${configMaps}/b`);
      expect((await events.take(2)).map(word)).toEqual(["ADDED b", "DELETED b"]);
    });

    it("tells all watchers the same, of one namespace and of all (T4)", async () => {
      const query = { resourceVersion: start, labelSelector: `of=${namespace}` };
      await using one = await watch(query);
      await using same = await watch(query);
      await using all = await RawWatch.open(server(), "/api/v1/configmaps", query);
      await create(server(), configMaps, named("a", { of: namespace }));
      await merge(server(), `${configMaps}/a`, { data: { k: "v" } });
      await call("DELETE", `${configMaps}/a`);
      const frames = await one.take(3);
      expect(frames.map(word)).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
      expect(await same.take(3)).toEqual(frames);
      expect(await all.take(3)).toEqual(frames);
    });

    it("tells a late watcher what an early one heard, from any resourceVersion on (R22, T5)", async () => {
      await using early = await watch();
      for (const name of ["a", "b"]) await create(server(), configMaps, named(name));
      await call("DELETE", `${configMaps}/a`);
      await merge(server(), `${configMaps}/b`, { data: { k: "v" } });
      const frames = await early.take(4);
      for (const [index, frame] of frames.entries()) {
        if (index === frames.length - 1) break;
        await using late = await watch({ resourceVersion: String(revision(frame)) });
        expect(await late.take(3 - index)).toEqual(frames.slice(index + 1));
      }
    });

    it("tells changes of an extension kind and of its status (T15)", async () => {
      const widgets = collection(Widget, namespace);
      await using events = await RawWatch.open(server(), widgets, { resourceVersion: start });
      const kind = { apiVersion: `${Widget.group}/v1`, kind: "Widget" };
      const created = await create(server(), widgets, { ...kind, ...named("w"), spec: { newer: null } });
      const ready = await merge(server(), `${widgets}/w/status`, { status: { ready: true } });
      expect(await events.take(2)).toEqual([
        { type: "ADDED", object: created },
        { type: "MODIFIED", object: ready },
      ]);
    });

    it("ends cleanly after timeoutSeconds (T10, R22)", async () => {
      await using events = await watch({ timeoutSeconds: "1" });
      await create(server(), configMaps, named("a"));
      expect((await events.rest()).map(word)).toEqual(["ADDED a"]);
    });

    it("bookmarks what it has seen shortly before that end, unless it told of nothing newer (R35, T10)", async () => {
      await using quiet = await watch({ ...bookmarks, timeoutSeconds: "4" });
      await using short = await watch({ ...bookmarks, timeoutSeconds: "2" });
      await using state = await RawWatch.open(server(), configMaps, { ...bookmarks, timeoutSeconds: "4" });
      const [bookmark, ...more] = await quiet.rest();
      expect(more).toEqual([]);
      // What others write moves it on; on a server where nobody does there is nothing to tell.
      if (bookmark !== undefined) {
        expect(bookmark.object).toEqual({
          kind: "ConfigMap",
          apiVersion: "v1",
          metadata: { resourceVersion: String(revision(bookmark)) },
        });
        expect(revision(bookmark)).toBeGreaterThan(Number(start));
      }
      expect((await short.rest()).map(word)).toEqual([]);
      expect((await state.rest()).map(word)).toContain("END");
    }, 20_000);

    it("is over at once with a negative timeoutSeconds", async () => {
      // From its own state on: what was there before may or may not be told in the instant that the watch has.
      const { metadata } = await create(server(), configMaps, named("a"));
      const { resourceVersion } = metadata;
      await using events = await watch({ resourceVersion, timeoutSeconds: "-5" });
      expect(await events.rest()).toEqual([]);
    });
  });
}

function revision(frame: Frame | undefined): number {
  return Number(frame?.object.metadata.resourceVersion);
}
