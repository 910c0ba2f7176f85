import type { ListenOptions } from "kube-reflex";
import { describe, expect, it, vi } from "vitest";
import { useScript } from "./script.ts";
import { settle, until } from "./time.ts";
import { expectSame, expectStopped } from "./witness.ts";

const current = useScript();

const objects = 100;
const events = 100_000;
const perChunk = 500;

/** One chunk after another of states of a few objects, made only as the client reads. */
function* storm(): Generator<Uint8Array, void, void> {
  const { pods } = current.script;
  for (let sent = 0; sent < events; sent += perChunk) {
    const frames = Array.from({ length: perChunk }, (_, index) => {
      return `${JSON.stringify(pods.modify(`pod-${(sent + index) % objects}`))}\n`;
    });
    yield Buffer.from(frames.join(""));
  }
}

interface Slow {
  readonly seen: Map<string, number[]>;
  calls: number;
  most: number;
  handle(pod: { metadata?: { name?: string; resourceVersion?: string } }): Promise<void>;
}

/** A handler that takes 50 ms. */
function slowHandler(): Slow {
  let running = 0;
  const slow: Slow = {
    seen: new Map(),
    calls: 0,
    most: 0,
    async handle({ metadata }) {
      const { name = "", resourceVersion } = metadata ?? {};
      running += 1;
      slow.calls += 1;
      slow.most = Math.max(slow.most, running);
      slow.seen.set(name, [...(slow.seen.get(name) ?? []), Number(resourceVersion)]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running -= 1;
    },
  };
  return slow;
}

function expectAscending(slow: Slow): void {
  for (const versions of slow.seen.values()) {
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  }
}

describe("P21: 100,000 events and a handler of 50 ms", () => {
  it.each([
    ["every-event, which coalesces above its high-water mark", { highWaterMark: 1000 }, 1000 + objects],
    // Beside them only the mark that everything initial has been queued.
    ["latest", { delivery: "latest" }, objects + 1],
  ] satisfies [string, ListenOptions, number][])(
    "P21: keeps the queue bounded, never two calls at once, the last state told (%s)",
    async (_name, options: ListenOptions, bound) => {
      const { script } = current;
      const { api, pods, witness } = script;
      for (let index = 0; index < objects; index += 1) pods.create(`pod-${index}`);
      const informer = script.follow();
      const slow = slowHandler();
      const listener = informer.listen({ added: slow.handle, modified: slow.handle }, options);
      let mostQueued = 0;
      informer.on("progress", () => {
        mostQueued = Math.max(mostQueued, listener.health().queued);
      });
      const watch = await script.sync();
      watch.sendLazily(storm());
      await until(() => informer.store.resourceVersion === "101100", 60_000);
      // Nobody else waits: the store and the other listener have had everything long before.
      expect(witness.seen).toHaveLength(objects + events);
      expect(mostQueued).toBeLessThanOrEqual(bound);
      expect(listener.health().overflowing).toBe(options.delivery === undefined);
      await until(
        () => listener.health().queued === 0 && listener.health().runningMs === undefined,
        120_000,
        5000,
      );
      expect(listener.health().overflowing).toBe(false);
      expect(slow.most).toBe(1);
      expect(slow.calls).toBeLessThanOrEqual(bound + 2 * objects + 10);
      expectAscending(slow);
      for (const { metadata } of pods.items) {
        expect(slow.seen.get(metadata.name)?.at(-1)).toBe(Number(metadata.resourceVersion));
      }
      expectSame(informer, pods);
      expect(api.mostOpen).toBe(1);
      await expectStopped(informer, api, witness);
    },
    30_000,
  );

  it("P21: pauses the socket where the listener asks for it: what is not read is not held", async () => {
    const { script } = current;
    const { api, pods } = script;
    for (let index = 0; index < objects; index += 1) pods.create(`pod-${index}`);
    const informer = script.follow();
    const slow = slowHandler();
    const listener = informer.listen(
      { added: slow.handle, modified: slow.handle },
      { overflow: "pause", highWaterMark: 200 },
    );
    const watch = await script.sync();
    watch.sendLazily(storm());
    await vi.advanceTimersByTimeAsync(0);
    await settle();
    expect(watch.taken).toBeLessThanOrEqual(2);
    expect(listener.health().queued).toBeLessThanOrEqual(200 + perChunk);
    await vi.advanceTimersByTimeAsync(60_000);
    // 1,200 calls' worth of time: three chunks and what is queued.
    expect(watch.taken).toBeLessThanOrEqual(5);
    expect(slow.calls).toBeGreaterThan(1000);
    expect(slow.most).toBe(1);
    for (const [index, versions] of [...slow.seen.values()].entries()) {
      // Every state, none left out.
      expect(versions.slice(1)).toEqual(versions.slice(1).map((_, state) => 1101 + index + state * objects));
    }
    await expectStopped(informer, api);
  }, 30_000);

  it("P21: ends the listener with OVERFLOW where it asks for that, and nobody else", async () => {
    const { script } = current;
    const { api, pods, witness } = script;
    pods.create("web");
    const errors: string[] = [];
    const informer = script.follow();
    informer.on("error", (error) => errors.push(error.code));
    const slow = slowHandler();
    const listener = informer.listen({ modified: slow.handle }, { overflow: "fail", highWaterMark: 10 });
    const watch = await script.sync();
    watch.send(...Array.from({ length: 50 }, () => pods.modify("web")));
    await vi.advanceTimersByTimeAsync(1000);
    expect(listener.isRemoved).toBe(true);
    expect(errors).toEqual(["OVERFLOW"]);
    expect(slow.calls).toBeLessThanOrEqual(1);
    witness.expectComplete(pods);
    await expectStopped(informer, api, witness);
  });
});
