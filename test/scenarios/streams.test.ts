import { Pod } from "kube-reflex/kinds";
import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import { errorFrame, status } from "./scripted-pods.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped } from "./witness.ts";

const current = useScript();

describe("a list and a watch", () => {
  it("P1: never runs a watch beside a list whose body is held open, and loses nothing that happens meanwhile", async () => {
    const { api, pods, witness } = current.script;
    pods.create("kept");
    pods.create("doomed");
    const informer = current.script.follow();
    const list = await api.next("list");
    const body = pods.list();
    const listed = pods.resourceVersion;
    list.send(body.slice(0, -1));
    await settle();
    const missed = [pods.create("born"), pods.delete("doomed")];
    await vi.advanceTimersByTimeAsync(5000);
    expect(api.watches).toHaveLength(0);
    expect(() => informer.store.list()).toThrow(/await informer.synced/);
    list.send(body.slice(-1)).end();
    const watch = await api.next("watch");
    expect(watch.resourceVersion).toBe(listed);
    watch.send(...missed);
    await settle();
    expect(witness.lines).toEqual([
      "ADDED kept 1001!",
      "ADDED doomed 1002!",
      "ADDED born 1003",
      "DELETED doomed 1004",
    ]);
    expectSame(informer, pods, witness);
    expect(informer.health().resourceVersion).toBe("1004");
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it("P1: replaces at one resourceVersion when a relist's body is held open: no false DELETED, no false ADDED", async () => {
    const { api, pods, witness } = current.script;
    pods.create("kept");
    pods.create("doomed");
    const informer = current.script.follow();
    (await api.next("list")).answer(200, pods.list());
    const first = await api.next("watch");
    first.send(errorFrame(410, "Expired")).end();
    const list = await api.next("list");
    const body = pods.list();
    const listed = pods.resourceVersion;
    list.send(body.slice(0, 90));
    const missed = [pods.create("born"), pods.delete("doomed")];
    await settle();
    expect(api.openWatches).toBe(0);
    expect(informer.store.keys().sort()).toEqual(["a/doomed", "a/kept"]);
    list.send(body.slice(90)).end();
    const watch = await api.next("watch");
    expect(watch.resourceVersion).toBe(listed);
    expect(witness.lines).toEqual(["ADDED kept 1001!", "ADDED doomed 1002!"]);
    watch.send(...missed);
    await settle();
    expect(witness.lines.slice(2)).toEqual(["ADDED born 1003", "DELETED doomed 1004"]);
    witness.expectComplete(pods);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it("P1: shows nothing of a streaming list before its marker", async () => {
    const { api, pods, witness } = current.script;
    pods.create("kept");
    pods.create("doomed");
    const informer = current.script.follow("streaming");
    const watch = await api.next("watch");
    expect(watch.isStreamingList).toBe(true);
    const [kept = "", doomed = ""] = pods.stream();
    watch.send(kept, doomed);
    await settle();
    watch.send(pods.create("born"), pods.delete("doomed"));
    await settle();
    expect(witness.lines).toEqual([]);
    watch.send(...pods.stream().slice(-1));
    await settle();
    expect(witness.lines).toEqual(["ADDED kept 1001!", "ADDED born 1003!"]);
    expectSame(informer, pods, witness);
    expect(api.exchanges).toHaveLength(1);
    await expectStopped(informer, api, witness);
  });
});

describe("the order of events", () => {
  it("P2: handles one object's states in order, never two at once, however slow the handler is", async () => {
    const { api, pods, witness } = current.script;
    const informer = current.script.cluster
      .resources(Pod)
      .inNamespace("a")
      .informer({ streamingList: "off" });
    let running = 0;
    let most = 0;
    const finished: string[] = [];
    const slow = async (name: string | undefined): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      finished.push(name ?? "");
      running -= 1;
    };
    informer
      .on("ADDED", (pod) => slow(`ADDED ${pod.metadata?.resourceVersion}`))
      .on("MODIFIED", (pod) => slow(`MODIFIED ${pod.metadata?.resourceVersion}`))
      .on("DELETED", (pod) => slow(`DELETED ${pod.metadata?.resourceVersion}`));
    informer.listen(witness.handlers);
    informer.start();
    (await api.next("list")).answer(200, pods.list());
    const watch = await api.next("watch");
    watch.send(pods.create("web"));
    watch.send(pods.modify("web"));
    watch.send(pods.modify("web"), pods.delete("web"));
    await settle();
    // The other listener does not wait for the slow one.
    witness.expectComplete(pods);
    expect(informer.store.has("a/web")).toBe(false);
    await until(() => finished.length === 4, 5000);
    expect(finished).toEqual(["ADDED 1001", "MODIFIED 1002", "MODIFIED 1003", "DELETED 1004"]);
    expect(most).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it.each(["paged", "streaming"] as const)(
    "P6: tells DELETED(old, finalStateUnknown), then ADDED(new), of a name taken anew while disconnected (%s list)",
    async (style) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("web");
      const informer = script.follow(style);
      const watch = await script.sync(style);
      pods.delete("web");
      pods.create("web");
      watch.reset();
      (await script.next("watch", 2000)).answer(410, status(410, "Expired"));
      await script.sync(style);
      await settle();
      expect(witness.seen.map(({ type, uid, mark }) => `${type} ${uid} ${mark}`)).toEqual([
        "ADDED uid-1 true",
        "DELETED uid-1 true",
        "ADDED uid-2 false",
      ]);
      expectSame(informer, pods, witness);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );

  it("P6: tells the same when the watch itself brings the new object without the old one's deletion", async () => {
    const { api, pods, witness } = current.script;
    pods.create("web");
    const informer = current.script.follow();
    (await api.next("list")).answer(200, pods.list());
    pods.delete("web");
    (await api.next("watch")).send(pods.create("web"));
    await settle();
    expect(witness.lines).toEqual(["ADDED web 1001!", "DELETED web 1001!", "ADDED web 1003"]);
    expectSame(informer, pods, witness);
    await expectStopped(informer, api, witness);
  });

  it("P10: gives neither an ERROR nor a BOOKMARK to handlers; the bookmark moves the resourceVersion, the error is visible", async () => {
    const { api, pods, witness } = current.script;
    const errors: string[] = [];
    pods.create("web");
    const informer = current.script.follow();
    informer.on("error", (error) => errors.push(`${error.code}: ${error.message}`));
    (await api.next("list")).answer(200, pods.list());
    const watch = await api.next("watch");
    pods.create("elsewhere");
    pods.delete("elsewhere");
    watch.send(pods.bookmark());
    await settle();
    expect(informer.health().resourceVersion).toBe("1003");
    const failure = {
      kind: "Status",
      status: "Failure",
      code: 500,
      reason: "InternalError",
      message: "etcd sneezed",
    };
    watch.send({ type: "ERROR", object: failure }).end();
    await settle();
    expect(errors).toEqual([expect.stringMatching(/^API: .*etcd sneezed/)]);
    expect(informer.health().lastError).toMatchObject({ code: "API", status: 500, reason: "InternalError" });
    expect(witness.lines).toEqual(["ADDED web 1001!"]);
    await until(() => api.watches.length === 2, 2000);
    expect(api.watches[1]?.resourceVersion).toBe("1003");
    api.watches[1]?.send(pods.modify("web"));
    await settle();
    expect(witness.lines).toEqual(["ADDED web 1001!", "MODIFIED web 1004"]);
    expect(informer.health().lastError).toBeUndefined();
    expect(api.lists).toHaveLength(1);
    await expectStopped(informer, api, witness);
  });

  it.each(["paged", "streaming"] as const)(
    "P11: tells MODIFIED of what a relist shows with a lower resourceVersion, as after a restored etcd (%s list)",
    async (style) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.restore(9000);
      pods.create("web", { state: "lost" });
      pods.create("same");
      const informer = script.follow(style);
      const watch = await script.sync(style);
      await settle();
      pods.restore(500);
      pods.modify("web", { state: "restored" });
      watch.send(errorFrame(410, "Expired")).end();
      await script.sync(style);
      await settle();
      expect(witness.lines).toEqual(["ADDED web 9001!", "ADDED same 9002!", "MODIFIED web 501"]);
      expect(informer.store.get("a/web")?.metadata?.labels).toEqual({ state: "restored" });
      expect(informer.health().resourceVersion).toBe("501");
      expectSame(informer, pods, witness);
      expect(api.openWatches).toBe(1);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );
});
