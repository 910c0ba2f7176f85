import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import type { Exchange } from "./scripted-api.ts";
import type { ScriptedPods } from "./scripted-pods.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped } from "./witness.ts";

const current = useScript();

/** How a server answers that does not know `sendInitialEvents`. */
const answers: Record<string, (exchange: Exchange, pods: ScriptedPods) => unknown> = {
  "sends nothing at all": (exchange) => exchange.open(),
  "holds even the headers back": () => {},
  "sends what exists, as a plain watch, and no marker": (exchange, pods) =>
    exchange.send(...pods.stream().slice(0, -1)),
};

describe("P17: a server that ignores sendInitialEvents", () => {
  it.each(Object.keys(answers))(
    "P17: is given 10 s to send the marker, then listed page by page, where it %s",
    async (kind) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("web");
      pods.create("doomed");
      const why: string[] = [];
      const informer = script.follow("streaming");
      informer.on("progress", (progress) => {
        if (progress.type === "streaming-unsupported") why.push(progress.why);
      });
      const synced = informer.synced({ timeoutMs: 30_000 });
      const streaming = await script.next("watch");
      expect(streaming.isStreamingList).toBe(true);
      answers[kind]?.(streaming, pods);
      await settle();
      pods.delete("doomed");
      await vi.advanceTimersByTimeAsync(9900);
      expect(api.lists).toHaveLength(0);
      expect(witness.lines).toEqual([]);
      await until(() => api.lists.length === 1, 200, 10);
      expect(streaming.isOpen).toBe(false);
      const watch = await script.sync();
      await synced;
      expect(watch.isStreamingList).toBe(false);
      expect(watch.resourceVersion).toBe(pods.resourceVersion);
      expect(why).toEqual(["no event for 10000 ms before the marker"]);
      expect(witness.lines).toEqual(["ADDED web 1001!"]);
      expectSame(informer, pods, witness);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );

  it("P17: is left after 5 minutes, where it sends changes for ever, but no marker", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow("streaming");
    const streaming = (await script.next("watch")).send(...pods.stream().slice(0, -1));
    for (let second = 0; second < 295; second += 5) {
      await vi.advanceTimersByTimeAsync(5000);
      streaming.send(pods.modify("web"));
    }
    expect(api.lists).toHaveLength(0);
    await until(() => api.lists.length === 1, 10_000);
    await script.sync();
    expect(witness.lines).toEqual([`ADDED web ${pods.resourceVersion}!`]);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it("P17: is left at once, where its first bookmark is a plain one", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow("streaming");
    const at = Date.now();
    (await script.next("watch")).send(...pods.stream().slice(0, -1), pods.bookmark());
    await script.sync();
    expect(Date.now()).toBe(at);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it("P17: is remembered: the next relist is a paged one at once, and an hour later it is asked again", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow("streaming");
    (await script.next("watch")).open();
    const watch = await script.sync("paged", 11_000);
    await vi.advanceTimersByTimeAsync(60_000);
    watch.answer(200, { type: "ERROR", object: { kind: "Status", status: "Failure", code: 410 } });
    const again = await script.sync();
    expect(api.watches.filter(({ isStreamingList }) => isStreamingList)).toHaveLength(1);
    let open = again;
    while (Date.now() - (api.exchanges[0]?.at ?? 0) < 3_700_000) {
      await vi.advanceTimersByTimeAsync(240_000);
      open.end();
      open = (await script.next("watch")).open();
    }
    open.send({ type: "ERROR", object: { kind: "Status", status: "Failure", code: 410 } }).end();
    await script.sync("streaming");
    await settle();
    expect(api.watches.filter(({ isStreamingList }) => isStreamingList)).toHaveLength(2);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });
});
