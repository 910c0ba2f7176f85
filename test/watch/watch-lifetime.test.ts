import { afterEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { Watch, type WatchHandlers } from "../../src/watch/watch.ts";
import { bookmark, change } from "./frames.ts";
import { ScriptedServer } from "./scripted-watch.ts";

const life = [
  [change("ADDED", "a", "1"), change("MODIFIED", "a", "2")],
  [bookmark("3"), change("DELETED", "a", "4")],
];
const coded = (code: string): unknown => expect.objectContaining({ code });

afterEach(() => {
  vi.useRealTimers();
});

describe("Watch used wrongly", () => {
  it("refuses both styles at once, and each twice", () => {
    const both = new Watch({ open: life }).on("ADDED", () => {});
    expect(() => both[Symbol.asyncIterator]()).toThrow(coded("ALREADY_STARTED"));
    const iterated = new Watch({ open: life });
    iterated[Symbol.asyncIterator]();
    expect(() => iterated[Symbol.asyncIterator]()).toThrow(coded("ALREADY_STARTED"));
    expect(() => iterated.on("ADDED", () => {})).toThrow(coded("ALREADY_STARTED"));
    expect(() => iterated.start()).toThrow(coded("ALREADY_STARTED"));
    const started = new Watch({ open: life }).on("ADDED", () => {}).start();
    expect(() => started.start()).toThrow(coded("ALREADY_STARTED"));
  });

  it("refuses use after stop", async () => {
    const watch = new Watch({ open: life });
    await watch.stop();
    expect(() => watch.on("ADDED", () => {})).toThrow(coded("STOPPED"));
    expect(() => watch.start()).toThrow(coded("STOPPED"));
    expect(() => watch[Symbol.asyncIterator]()).toThrow(coded("STOPPED"));
  });

  it.each([undefined, null, "print", {}])("refuses the handler %j", (handler) => {
    const watch = new Watch({ open: life });
    const on = Reflect.get(watch, "on");
    expect(() => Reflect.apply(on, watch, ["ADDED", handler])).toThrow(coded("INVALID_ARGUMENT"));
  });

  it("refuses an event that there is not", () => {
    const watch = new Watch({ open: life });
    const on = Reflect.get(watch, "on");
    expect(() => Reflect.apply(on, watch, ["added", () => {}])).toThrow(coded("INVALID_ARGUMENT"));
  });

  it.each([
    { open: undefined },
    { open: null },
    { open: life, resourceVersion: 5 },
    { open: life, minTimeoutSeconds: 0 },
    { open: life, backoff: { initialMs: -1 } },
  ])("refuses the options %j", (options) => {
    expect(() => Reflect.construct(Watch, [options])).toThrow(coded("INVALID_ARGUMENT"));
  });
});

describe("Watch, stopped", () => {
  it("opens nothing when it is stopped or aborted before it started (R36)", async () => {
    const open = vi.fn(() => life);
    const aborted = new Watch({ open, signal: AbortSignal.abort() }).on("ADDED", () => {});
    await aborted.closed;
    const stopped = new Watch({ open }).on("ADDED", () => {});
    await stopped.stop();
    await stopped.closed;
    await Promise.resolve();
    expect(open).not.toHaveBeenCalled();
  });

  it("ends at the signal's abort, with nothing after it (R36)", async () => {
    const controller = new AbortController();
    const server = new ScriptedServer([{ batches: life }], { batches: life });
    const events: string[] = [];
    const watch = new Watch({ open: server.open, signal: controller.signal });
    const handlers: (keyof WatchHandlers<KubeObject>)[] = [
      "ADDED",
      "MODIFIED",
      "BOOKMARK",
      "ERROR",
      "reconnect",
    ];
    for (const type of handlers) {
      watch.on(type, () => {
        events.push(type);
        if (type === "MODIFIED") controller.abort();
      });
    }
    await watch.closed;
    await vi.waitFor(() => expect(server.closes).toBe(1));
    expect([events, server.requests.length]).toEqual([["ADDED", "MODIFIED"], 1]);
  });

  it("leaves no timer when it is stopped during a back-off (R36)", async () => {
    vi.useFakeTimers();
    const server = new ScriptedServer([], {
      error: new KubeError("CONNECTION_FAILED", "refused"),
      isRefused: true,
    });
    const watch = new Watch({ open: server.open, resourceVersion: "5" });
    await new Promise((resolve) => watch.on("reconnect", resolve).start());
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(1);
    await watch.stop();
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(server.requests).toHaveLength(1);
  });

  it("is disposed of by `await using`", async () => {
    const server = new ScriptedServer([]);
    let closed: Promise<void>;
    {
      await using watch = new Watch({ open: server.open }).start();
      closed = watch.closed;
    }
    await closed;
    expect(server.requests[0]?.signal.aborted).toBe(true);
  });

  it("may be stopped by its own handler, and calls no other after it", async () => {
    const watch = new Watch({ open: new ScriptedServer([{ batches: life }]).open });
    const seen = vi.fn(() => {
      void watch.stop();
    });
    await watch.on("ADDED", seen).on("ADDED", seen).on("MODIFIED", seen).closed;
    expect(seen).toHaveBeenCalledTimes(1);
  });
});
