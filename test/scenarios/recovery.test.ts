import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import { errorFrame } from "./scripted-pods.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped } from "./witness.ts";

const current = useScript();

describe("P5: a reset in mid-stream", () => {
  it("P5: is followed by one stream and one delivery while the LIST after it takes 3 s", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    pods.create("doomed");
    const informer = script.follow();
    const first = await script.sync();
    first.send(pods.modify("web"));
    await settle();
    first.reset();
    pods.delete("doomed");
    pods.modify("web");
    (await script.next("watch", 2000)).send(errorFrame(410, "Expired")).end();
    const list = await script.next("list");
    await vi.advanceTimersByTimeAsync(3000);
    expect(api.openWatches).toBe(0);
    expect(api.openLists).toBe(1);
    list.answer(200, pods.list());
    const watch = await script.next("watch");
    watch.send(pods.modify("web"), pods.create("born"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(witness.lines).toEqual([
      "ADDED web 1001!",
      "ADDED doomed 1002!",
      "MODIFIED web 1003",
      "DELETED doomed 1002!",
      "MODIFIED web 1005",
      "MODIFIED web 1006",
      "ADDED born 1007",
    ]);
    witness.expectOrdered(pods);
    expectSame(informer, pods, witness);
    expect(api.lists).toHaveLength(2);
    expect(api.watches).toHaveLength(3);
    expect(api.openWatches).toBe(1);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });

  it.each(["between two frames", "inside a frame", "before the first frame"])(
    "P5: is recovered from once, by resuming, where it comes %s",
    async (where) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("web");
      const informer = script.follow();
      const first = await script.sync();
      if (where !== "before the first frame") first.send(pods.modify("web"));
      await settle();
      const known = pods.resourceVersion;
      const frame = pods.modify("web");
      if (where === "inside a frame") first.send(JSON.stringify(frame).slice(0, 80));
      await settle();
      first.reset();
      const again = await script.next("watch", 2000);
      expect(again.resourceVersion).toBe(known);
      again.send(frame, pods.modify("web"));
      await vi.advanceTimersByTimeAsync(60_000);
      witness.expectComplete(pods);
      expectSame(informer, pods, witness);
      expect(api.lists).toHaveLength(1);
      expect(api.watches).toHaveLength(2);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );

  it("P5: leaves nothing behind of a streaming list that it cuts before the marker", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("kept");
    pods.create("doomed");
    const informer = script.follow("streaming");
    const [kept = "", doomed = ""] = pods.stream();
    const first = (await script.next("watch")).send(kept, doomed);
    await settle();
    pods.delete("doomed");
    first.reset();
    api.always("list", (exchange) => exchange.answer(200, pods.list()));
    api.always("watch", (exchange) => exchange.send(...(exchange.isStreamingList ? pods.stream() : [])));
    await until(() => informer.health().state === "live", 5000);
    await settle();
    expect(witness.lines).toEqual(["ADDED kept 1001!"]);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });
});
