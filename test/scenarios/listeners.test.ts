import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import { errorFrame } from "./scripted-pods.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped, Witness } from "./witness.ts";

const current = useScript();

describe("P20: a handler that fails", () => {
  it.each(["throws", "rejects"])(
    "P20: reports one that %s, and everyone goes on: others, itself, and the informer after a relist",
    async (how) => {
      const { script } = current;
      const { api, pods, witness } = script;
      const errors: string[] = [];
      let calls = 0;
      pods.create("web");
      const informer = script.follow();
      informer.on("error", (error) => errors.push(error.code));
      const fail = () => {
        calls += 1;
        const error = new Error("the handler's own");
        if (how === "throws") throw error;
        return Promise.reject(error);
      };
      const failing = { added: fail, modified: fail, deleted: fail };
      const listener = informer.listen(failing, { name: "audit" });
      const watch = await script.sync();
      watch.send(pods.modify("web"));
      await settle();
      watch.send(errorFrame(410, "Expired")).end();
      pods.modify("web");
      (await script.sync()).send(pods.delete("web"));
      await vi.advanceTimersByTimeAsync(60_000);
      expect(calls).toBe(4);
      expect(errors.filter((code) => code === "HANDLER_FAILED")).toHaveLength(4);
      witness.expectComplete(pods);
      expect(witness.lines).toHaveLength(4);
      expect(informer.health()).toMatchObject({ state: "live", lists: 2 });
      expect(listener.health()).toMatchObject({ name: "audit", failures: 4, queued: 0 });
      expect(listener.health().lastError?.cause).toMatchObject({ message: "the handler's own" });
      // A handler's failure is no reason to list.
      expect(api.lists).toHaveLength(2);
      await expectStopped(informer, api, witness);
      expect(script.rejections).toEqual([]);
    },
  );

  it("P20: calls it again with growing delays where that is asked for, the object's next state waiting", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    const calls: { at: number; version: string | undefined }[] = [];
    const informer = script.follow();
    const flaky = (pod: Pod): void => {
      calls.push({ at: Date.now(), version: pod.metadata?.resourceVersion });
      if (calls.length < 4) throw new Error("not yet");
    };
    const retry = { attempts: 5, initialMs: 100, jitter: 0 };
    informer.on("error", () => {});
    informer.listen({ added: flaky, modified: flaky }, { retry });
    const watch = await script.sync();
    watch.send(pods.create("web"), pods.modify("web"));
    await until(() => calls.length === 5, 5000, 10);
    expect(calls.map(({ version }) => version)).toEqual(["1001", "1001", "1001", "1001", "1002"]);
    const [first = { at: 0 }] = calls;
    expect(calls.map(({ at }) => at - first.at)).toEqual([0, 100, 300, 700, 700]);
    witness.expectComplete(pods);
    await expectStopped(informer, api, witness);
  });

  it("P20: lets others go on past one that never settles, and names it in health", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    const informer = script.follow();
    let aborted = false;
    informer.listen(
      {
        added: (_pod, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => {
              aborted = true;
              resolve(undefined);
            });
          }),
      },
      { name: "stuck" },
    );
    const watch = await script.sync();
    watch.send(pods.create("web"));
    await vi.advanceTimersByTimeAsync(90_000);
    watch.send(pods.create("api"), pods.modify("web"));
    await settle();
    witness.expectComplete(pods);
    expectSame(informer, pods, witness);
    const stuck = informer.health().listeners.find(({ name }) => name === "stuck");
    expect(stuck).toMatchObject({ runningMs: 90_000, queued: 2, failures: 0 });
    expect(informer.health().state).toBe("live");
    await expectStopped(informer, api, witness);
    expect(aborted).toBe(true);
  });

  it("P20: names one that ignores its signal when stop() gives up waiting for it", async () => {
    const { script } = current;
    const { api, pods } = script;
    const informer = script.follow();
    informer.listen({ added: () => new Promise(() => {}) }, { name: "deaf" });
    const watch = await script.sync();
    watch.send(pods.create("web"));
    await settle();
    const stopped = informer.stop({ graceMs: 5000 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await stopped).toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("deaf") });
    expect(api.openLists + api.openWatches).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("P23: five listeners on one kind", () => {
  it("P23: share one list and one watch, whether by listen, on, or an informer of their own", async () => {
    const { script } = current;
    const { api, pods } = script;
    pods.create("web");
    const witnesses = Array.from({ length: 5 }, () => new Witness());
    const informers = witnesses.map((witness) => {
      const informer = script.cluster.resources(Pod).inNamespace("a").informer({ streamingList: "off" });
      informer.listen(witness.handlers);
      return informer;
    });
    const ons: string[] = [];
    informers[0]?.on("ADDED", (pod) => ons.push(pod.metadata?.name ?? ""));
    for (const informer of informers) void informer.synced();
    const watch = await script.sync();
    watch.send(pods.create("api"), pods.modify("web"));
    await settle();
    for (const witness of witnesses) witness.expectComplete(pods);
    expect(ons).toEqual(["web", "api"]);
    expect(api.lists).toHaveLength(1);
    expect(api.watches).toHaveLength(1);
    for (const informer of informers.slice(1)) await informer.stop();
    expect(watch.isOpen).toBe(true);
    watch.send(pods.modify("api"));
    await settle();
    expect(witnesses.map(({ seen }) => seen.length)).toEqual([4, 3, 3, 3, 3]);
    await informers[0]?.stop();
    expect(watch.isOpen).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("P23: share one list and one watch on the embedded server", async () => {
    await using server = await TestApiServer.start({ listen: false });
    const cluster = await server.cluster();
    const informer = cluster.resources(Pod).informer();
    const witnesses = Array.from({ length: 5 }, () => new Witness());
    for (const { handlers } of witnesses) informer.listen(handlers);
    await informer.synced();
    server.create(Pod, { metadata: { name: "web", namespace: "default" }, spec: { containers: [] } });
    await settle();
    for (const { seen } of witnesses) expect(seen).toHaveLength(1);
    expect(server.requests.filter({ resource: "pods" })).toHaveLength(1);
    expect(server.openWatches).toBe(1);
    await cluster.close();
  });
});

describe("P24: a listener added late", () => {
  it("P24: is shown what is stored, then every change, without gap or duplicate, wherever it joins", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("gone");
    for (let index = 0; index < 20; index += 1) pods.create(`pod-${index}`);
    const informer = script.follow();
    const late: { from: string; told: Witness }[] = [];
    const join = (): void => {
      const told = new Witness();
      late.push({ from: informer.store.resourceVersion, told });
      informer.listen(told.handlers);
    };
    // Others join from inside a handler: in the middle of a chunk's events.
    informer.listen({ modified: (pod) => void (pod.metadata?.name === "pod-3" && join()) });
    const watch = await script.sync();
    await settle();
    join();
    const frames = [
      pods.delete("gone"),
      ...Array.from({ length: 20 }, (_, index) => pods.modify(`pod-${index}`)),
      pods.create("born"),
      pods.delete("pod-7"),
    ];
    watch.send(...frames.slice(0, 5));
    join();
    await settle();
    watch.send(...frames.slice(5));
    await settle();
    join();
    watch.send(pods.modify("pod-1"));
    await settle();
    expect(late.length).toBe(4);
    for (const { told } of late) {
      told.expectOrdered(pods);
      expectSame(informer, pods, told);
      // From the state it was shown first, it was told each later one.
      for (const [uid, states] of pods.history) {
        const versions = told.seen.filter((seen) => seen.uid === uid).map((seen) => seen.resourceVersion);
        if (versions.length === 0) continue;
        const all = states.map((state) => state.split(" ")[1]);
        expect(versions).toEqual(all.slice(all.indexOf(versions[0])));
      }
      const shown = told.seen.filter(({ mark, type }) => mark && type === "ADDED").length;
      expect(shown).toBeGreaterThanOrEqual(20);
    }
    witness.expectComplete(pods);
    expect(api.exchanges).toHaveLength(2);
    await expectStopped(informer, api, witness);
  });
});
