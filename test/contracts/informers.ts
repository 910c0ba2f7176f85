import { beforeEach, describe, expect, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { ResourceHandle } from "../../src/cluster/resource-handle.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import type { ReflectorProgress } from "../../src/reflector/progress.ts";
import { defineKind } from "../../src/resource/kind.ts";
import { backoff } from "./client.ts";
import { Cuts, Recording, StalePages, TooLate } from "./interceptors.ts";
import { Journal } from "./journal.ts";
import { type ServerUnderTest, Widget } from "./server-under-test.ts";

/** The informer, on either server: following, sharing, resuming, relisting, ending. */
export function describeInformers(server: () => ServerUnderTest): void {
  describe("an informer", () => {
    let namespace: string;
    /** Writes, beside the informer's own cluster. */
    let written: ResourceHandle<ConfigMap>;

    const create = (name: string, labels: Record<string, string> = {}): Promise<ConfigMap> =>
      written.create({ metadata: { name, labels } });
    const change = (name: string, k: string): Promise<ConfigMap> =>
      written.withName(name).patch({ merge: { data: { k } } });
    const relabel = (name: string, labels: Record<string, string | null>): Promise<ConfigMap> =>
      written.withName(name).patch({ merge: { metadata: { labels } } });
    const followed = (cluster: Cluster): ResourceHandle<ConfigMap> =>
      cluster.resources(ConfigMap).inNamespace(namespace);

    beforeEach(async () => {
      namespace = await server().namespace();
      written = (await server().connect()).resources(ConfigMap).inNamespace(namespace);
    });

    it("follows creations, changes and deletions, the store ahead of its handlers (I1, I2, I6, I7)", async () => {
      await create("a");
      await using informer = followed(await server().connect()).informer();
      const journal = new Journal().follow(informer);
      informer.on("MODIFIED", (object, previous) => {
        expect(informer.store.get(`${namespace}/${object.metadata?.name}`)?.data).toEqual(object.data);
        journal.add(`${previous.data?.k ?? "nothing"} became ${object.data?.k}`);
      });
      await informer.synced();
      expect(informer.health().state).toBe("live");
      await create("b");
      await change("a", "v");
      await change("a", "w");
      const { metadata } = await written.withName("b").get();
      await written.withName("b").delete();
      await create("last");
      await journal.until("ADDED last");
      expect(journal.lines).toEqual([
        "ADDED a initial",
        "ADDED b",
        "MODIFIED a",
        "nothing became v",
        "MODIFIED a",
        "v became w",
        "DELETED b",
        "ADDED last",
      ]);
      expect(
        informer.store
          .list()
          .map((object) => object.metadata?.name)
          .toSorted(),
      ).toEqual(["a", "last"]);
      expect(informer.health()).toMatchObject({ state: "live", lastError: undefined });
      expect(Number(informer.health().resourceVersion)).toBeGreaterThan(Number(metadata?.resourceVersion));
    });

    it("keeps its indices, and loses what is relabelled out of its selector (S9, T8)", async () => {
      await create("a", { app: "web", tier: "front" });
      await create("b", { app: "web", tier: "back" });
      await create("c", { app: "db" });
      await using informer = followed(await server().connect())
        .withLabel("app", "web")
        .informer({ indexers: { tier: ({ metadata }) => [metadata?.labels?.tier ?? ""] } });
      const journal = new Journal().follow(informer);
      await informer.synced();
      const tier = (value: string): unknown =>
        informer.store.byIndex("tier", value).map(({ metadata }) => metadata?.name);
      expect([tier("front"), tier("back")]).toEqual([["a"], ["b"]]);
      await relabel("b", { tier: "front" });
      await relabel("a", { app: "db" });
      await relabel("c", { app: "web", tier: "back" });
      await journal.until("ADDED c");
      expect(journal.lines.slice(2)).toEqual(["MODIFIED b", "DELETED a", "ADDED c"]);
      expect([tier("front"), tier("back")]).toEqual([["b"], ["c"]]);
    });

    it("replays to a late listener without gap or repetition (P24, I8)", async () => {
      await create("a");
      await create("b");
      await using informer = followed(await server().connect()).informer();
      const early = new Journal().follow(informer);
      await informer.synced();
      await change("a", "v");
      await early.until("MODIFIED a");
      const late = new Journal();
      const listener = informer.listen({
        added: ({ metadata }, { initial }) => late.add(`ADDED ${metadata?.name}${initial ? " initial" : ""}`),
        modified: ({ metadata, data }) => late.add(`MODIFIED ${metadata?.name} ${data?.k}`),
      });
      await listener.synced();
      expect(late.take().toSorted()).toEqual(["ADDED a initial", "ADDED b initial"]);
      await create("c");
      await change("b", "w");
      await late.until("MODIFIED b w");
      expect(late.lines).toEqual(["ADDED c", "MODIFIED b w"]);
      expect(early.lines.filter((line) => line.startsWith("ADDED a"))).toHaveLength(1);
    });

    it("needs one watch for any number of listeners and leases (P23, R43, R46)", async () => {
      const recording = new Recording();
      const cluster = await server().connect({ interceptors: [recording.interceptor] });
      await create("a");
      const informers = Array.from({ length: 5 }, () => followed(cluster).informer());
      const journals = informers.map((informer) => new Journal().follow(informer));
      const parts: ReflectorProgress[] = [];
      informers[0]?.on("progress", (progress) => parts.push(progress));
      await Promise.all(informers.map((informer) => informer.synced()));
      await create("b");
      await Promise.all(journals.map((journal) => journal.until("ADDED b")));
      for (const journal of journals) expect(journal.lines).toEqual(["ADDED a initial", "ADDED b"]);
      expect(recording.verbs).toEqual(["watch"]);
      expect(recording.requests[0]?.query).toMatchObject({
        sendInitialEvents: "true",
        resourceVersionMatch: "NotOlderThan",
        allowWatchBookmarks: "true",
      });
      expect(parts.find(({ type }) => type === "listed")).toMatchObject({ items: 1, isStreaming: true });
      for (const informer of informers) await informer.stop();
    });

    it("lists page by page and watches from there, where it shall not stream (R15, R21)", async () => {
      for (const name of ["a", "b", "c"]) await create(name);
      const recording = new Recording();
      const cluster = await server().connect({ interceptors: [recording.interceptor] });
      await using informer = followed(cluster).informer({ streamingList: "off" });
      const journal = new Journal().follow(informer);
      await informer.synced();
      await create("d");
      await journal.until("ADDED d");
      expect(journal.take()).toEqual(["ADDED a initial", "ADDED b initial", "ADDED c initial", "ADDED d"]);
      expect(recording.verbs).toEqual(["list", "watch"]);
      expect(recording.requests[0]?.query).toMatchObject({ limit: "500" });
      expect(recording.requests[1]?.query).toMatchObject({
        allowWatchBookmarks: "true",
        resourceVersion: expect.stringMatching(/^[1-9]\d*$/),
      });
      expect(Number(recording.requests[1]?.query.timeoutSeconds)).toBeGreaterThanOrEqual(300);
    });

    it("lists everything in one piece when a continue token expires on the way (P12, R16)", async () => {
      const names = ["a", "b", "c", "d", "e"];
      for (const name of names) await create(name);
      const stale = new StalePages(2);
      const cluster = await server().connect({ interceptors: [stale.interceptor] });
      await using informer = followed(cluster).informer({ streamingList: "off" });
      await informer.synced();
      const stored = informer.store.list().map(({ metadata }) => metadata?.name);
      expect(stored.toSorted()).toEqual(names);
      const shapes = stale.lists.map((query) => ["limit", "continue"].filter((name) => name in query));
      expect(shapes).toEqual([["limit"], ["limit", "continue"], []]);
      expect(informer.health().lastError).toBeUndefined();
    });

    it.each(["auto", "off"] as const)(
      "resumes where its connection broke: nothing lost or repeated, no list (P5, R22; %s)",
      async (streamingList) => {
        const recording = new Recording();
        const cuts = new Cuts({ everyChunks: 3, times: 3 });
        const interceptors = [recording.interceptor, cuts.interceptor];
        const cluster = await server().connect({ interceptors });
        await using informer = followed(cluster).informer({ streamingList, backoff });
        const journal = new Journal().follow(informer);
        await informer.synced();
        const before = recording.verbs.filter((verb) => verb === "list").length;
        const expected: string[] = [];
        for (let i = 0; i < 9; i++) {
          await create(`n${i}`);
          await journal.until(`ADDED n${i}`);
          expected.push(`ADDED n${i}`);
          if (i % 3 !== 0) continue;
          await written.withName(`n${i}`).delete();
          expected.push(`DELETED n${i}`);
        }
        await create("last");
        await journal.until("ADDED last");
        expect(journal.lines).toEqual([...expected, "ADDED last"]);
        expect(cuts.made).toBeGreaterThan(0);
        expect(recording.verbs.filter((verb) => verb === "list")).toHaveLength(before);
        expect(recording.requests.filter(({ query }) => "sendInitialEvents" in query)).toHaveLength(
          streamingList === "auto" ? 1 : 0,
        );
      },
    );

    it("relists once when its history is gone, and tells what that changed (P6, P8, K3, K4, I6)", async () => {
      for (const name of ["gone", "kept", "changed", "recreated"]) await create(name);
      const cuts = new Cuts();
      const late = new TooLate();
      const interceptors = [cuts.interceptor, late.interceptor];
      await using informer = followed(await server().connect({ interceptors })).informer({ backoff });
      const progress: string[] = [];
      informer.on("progress", (part) => {
        if (part.type === "list-started") progress.push(part.reason);
      });
      const journal = new Journal().follow(informer);
      await informer.synced();
      await journal.until("ADDED recreated initial");
      journal.take();
      cuts.now();
      await late.held;
      await written.withName("gone").delete();
      await change("changed", "v");
      await written.withName("recreated").delete();
      await create("recreated");
      await create("new");
      late.letGo();
      await journal.until("ADDED new");
      await create("after");
      await journal.until("ADDED after");
      const lines = journal.take();
      expect(lines.at(-1)).toBe("ADDED after");
      expect(lines.toSorted()).toEqual([
        "ADDED after",
        "ADDED new",
        "ADDED recreated",
        "DELETED gone unknown",
        "DELETED recreated unknown",
        "MODIFIED changed",
      ]);
      expect(lines.indexOf("DELETED recreated unknown")).toBeLessThan(lines.indexOf("ADDED recreated"));
      expect(progress).toEqual(["initial", "expired"]);
      const now = (await written.list()).items.map(({ metadata }) => metadata?.name);
      expect(
        informer.store
          .list()
          .map(({ metadata }) => metadata?.name)
          .toSorted(),
      ).toEqual(now.toSorted());
    });

    it("rejects synced() at once where it may not list, and says so in its health (P26, I41)", async () => {
      for (const [status, connect] of [
        [403, server().forbidden],
        [401, server().unauthorized],
      ] as const) {
        await using informer = followed(await connect()).informer();
        await expect(informer.synced()).rejects.toMatchObject({ code: "API", status });
        expect(informer.health()).toMatchObject({ state: "failed", lastError: { status } });
      }
    });

    it("rejects synced() at once where nothing serves its kind (P26, H20)", async () => {
      const { group, version, scope } = Widget;
      const Gadget = defineKind()({ group, version, scope, kind: "Gadget", plural: "gadgets" });
      const cluster = await server().connect();
      await using informer = cluster.resources(Gadget).inNamespace(namespace).informer();
      await expect(informer.synced()).rejects.toMatchObject({ code: "API", status: 404 });
    });

    it("follows an extension kind, with fields it does not know (P36)", async () => {
      const cluster = await server().connect();
      const widgets = cluster.resources(Widget).inNamespace(namespace);
      await using informer = widgets.informer();
      const journal = new Journal().follow(informer);
      await informer.synced();
      const spec = { size: 1, ...{ newer: [null] } };
      await widgets.create({ metadata: { name: "w" }, spec });
      await widgets.withName("w").status.patch({ merge: { status: { ready: true } } });
      await journal.until("MODIFIED w");
      expect(informer.store.get(`${namespace}/w`)).toMatchObject({ spec, status: { ready: true } });
    });

    it("requests nothing before it is started, and tells nothing after it was stopped (P22, P25)", async () => {
      const recording = new Recording();
      const cluster = await server().connect({ interceptors: [recording.interceptor] });
      const informer = followed(cluster).informer();
      const journal = new Journal().follow(informer);
      await create("a");
      expect(recording.verbs).toEqual([]);
      await informer.synced();
      await journal.until("ADDED a initial");
      await informer.stop();
      await using other = followed(await server().connect()).informer();
      const control = new Journal().follow(other);
      await other.synced();
      await create("b");
      await control.until("ADDED b");
      expect(journal.lines).toEqual(["ADDED a initial"]);
      expect(() => informer.start()).toThrow(expect.objectContaining({ code: "STOPPED" }));
    });
  });
}
