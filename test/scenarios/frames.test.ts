import { describe, expect, it } from "vitest";
import { useScript } from "./script.ts";
import { settle } from "./time.ts";
import { expectSame, expectStopped } from "./witness.ts";

const current = useScript();

const line = (frame: object): string => `${JSON.stringify(frame)}\n`;

/** Frames that cannot be read, each made from a good one. */
const broken: Record<string, (frame: object) => string> = {
  "cut short": (frame) => `${line(frame).slice(0, 70)}\n`,
  "cut inside a name": (frame) => `${line(frame).slice(0, line(frame).indexOf("metadata") + 4)}\n`,
  "with a stray byte": (frame) => line(frame).replace('"object":', '"object"?'),
  "with a missing comma": (frame) => line(frame).replace('","object"', '" "object"'),
  "that is no JSON": () => "upstream connect error or disconnect/reset before headers\n",
};

describe("P13: a frame that cannot be read", () => {
  it.each(Object.keys(broken))(
    "P13: resumes from the last good resourceVersion after a frame %s, then a good one: nothing lost",
    async (kind) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("web");
      pods.create("other");
      const informer = script.follow();
      const watch = await script.sync();
      watch.send(pods.modify("web"));
      await settle();
      const lost = pods.modify("web");
      const good = pods.modify("other");
      const spoil = broken[kind] ?? line;
      watch.send(spoil(lost), good);
      const again = await script.next("watch", 2000);
      expect(again.resourceVersion).toBe("1003");
      expect(watch.isOpen).toBe(false);
      expect(witness.lines).toEqual(["ADDED web 1001!", "ADDED other 1002!", "MODIFIED web 1003"]);
      expect(informer.health().lastError?.code).toBe("FRAME_CORRUPT");
      again.send(lost, good);
      await settle();
      expect(witness.lines.slice(3)).toEqual(["MODIFIED web 1004", "MODIFIED other 1005"]);
      witness.expectComplete(pods);
      expectSame(informer, pods, witness);
      expect(api.lists).toHaveLength(1);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
  );

  it("P13: resumes the same when the frame is truncated by the connection's end", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    const watch = await script.sync();
    const frame = pods.modify("web");
    watch.send(line(frame).slice(0, 60)).end();
    const again = await script.next("watch", 2000);
    expect(again.resourceVersion).toBe("1001");
    again.send(frame);
    await settle();
    witness.expectComplete(pods);
    expectSame(informer, pods, witness);
    expect(api.lists).toHaveLength(1);
    await expectStopped(informer, api, witness);
  });

  it("P13: lists again, after a delay, when the same frame is broken twice", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    const watch = await script.sync();
    const spoilt = `${line(pods.modify("web")).slice(0, 70)}\n`;
    watch.send(spoilt).end();
    (await script.next("watch", 2000)).send(spoilt).end();
    await script.sync("paged", 5000);
    await settle();
    expect(witness.lines).toEqual(["ADDED web 1001!", "MODIFIED web 1002"]);
    witness.expectComplete(pods);
    expectSame(informer, pods, witness);
    expect(api.mostOpen).toBe(1);
    await expectStopped(informer, api, witness);
  });
});

describe("P14: raw U+2028 and U+2029 inside a string", () => {
  const text = "before\u2028between\u2029after";

  it.each(["paged", "streaming"] as const)(
    "P14: delivers the object from a %s list and from the watch, also when a chunk ends inside the character",
    async (style) => {
      const { script } = current;
      const { api, pods, witness } = script;
      pods.create("listed", { text });
      const informer = script.follow(style);
      const watch = await script.sync(style);
      const bytes = Buffer.from(line(pods.create("watched", { text })));
      const inside = bytes.indexOf("\u2028") + 1;
      watch.send(bytes.subarray(0, inside));
      await settle();
      watch.send(bytes.subarray(inside));
      watch.send(pods.create("whole", { text }));
      await settle();
      expect(witness.lines).toEqual(["ADDED listed 1001!", "ADDED watched 1002", "ADDED whole 1003"]);
      expect(informer.store.get("a/watched")?.metadata?.labels).toEqual({ text });
      expect(bytes.includes("\u2028")).toBe(true);
      expectSame(informer, pods, witness);
      expect(api.watches).toHaveLength(1);
      await expectStopped(informer, api, witness);
    },
  );
});

describe("P18: a last frame without a newline", () => {
  it("P18: delivers it when the server closes the connection right after it, and resumes after it", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    const watch = await script.sync();
    watch.send(pods.modify("web"), line(pods.modify("web")).trimEnd()).end();
    const again = await script.next("watch", 2000);
    expect(again.resourceVersion).toBe("1003");
    witness.expectComplete(pods);
    expectSame(informer, pods, witness);
    expect(api.lists).toHaveLength(1);
    await expectStopped(informer, api, witness);
  });

  it.each([" ", "\r", "\t"])("P18: delivers it when only %j follows it before the close", async (blank) => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    const watch = await script.sync();
    watch.send(pods.modify("web"));
    await settle();
    watch.send(line(pods.modify("web")).trimEnd() + blank).end();
    expect((await script.next("watch", 2000)).resourceVersion).toBe("1003");
    witness.expectComplete(pods);
    expect(informer.health().lastError).toBeUndefined();
    await expectStopped(informer, api, witness);
  });

  it("P18: delivers it when it came in two chunks", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    const watch = await script.sync();
    const frame = line(pods.modify("web")).trimEnd();
    watch.send(frame.slice(0, 40));
    await settle();
    watch.send(frame.slice(40)).end();
    expect((await script.next("watch", 2000)).resourceVersion).toBe("1002");
    witness.expectComplete(pods);
    await expectStopped(informer, api, witness);
  });

  it("P18: delivers it at once, without a newline and without an end", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow();
    const watch = await script.sync();
    watch.send(line(pods.modify("web")).trimEnd());
    await settle();
    witness.expectComplete(pods);
    expect(watch.isOpen).toBe(true);
    await expectStopped(informer, api, witness);
  });

  it("P18: takes a streaming list whose marker has no newline", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const informer = script.follow("streaming");
    const frames = pods.stream().map(line).join("").trimEnd();
    (await script.next("watch")).send(frames);
    await settle();
    expect(witness.lines).toEqual(["ADDED web 1001!"]);
    expect(informer.health().state).toBe("live");
    await expectStopped(informer, api, witness);
  });
});
