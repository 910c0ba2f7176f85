import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { Watch } from "../../src/watch/watch.ts";
import { change } from "./frames.ts";

const gone = (): ApiError => new ApiError("watch pods: 410 Expired", { status: 410, reason: "Expired" });

/** Fails the first connections, then expires. */
function failing(times: number): () => AsyncGenerator<never> {
  let left = times;
  // biome-ignore lint/correctness/useYield: it fails before it has anything to yield
  return async function* () {
    throw left-- > 0 ? new KubeError("CONNECTION_FAILED", "watch pods: refused") : gone();
  };
}

describe("errors of a watch that nobody listens for", () => {
  let warn: MockInstance<typeof process.emitWarning>;
  const warned = (): unknown[] => warn.mock.calls.map(([error]) => KubeError.is(error) && error.code);

  beforeEach(() => {
    vi.useFakeTimers();
    warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  });
  afterEach(() => {
    warn.mockRestore();
    vi.useRealTimers();
  });

  it("become process warnings: what recurs once, what ends it too, a handler's each time (P20)", async () => {
    const watch = new Watch({ open: failing(5), resourceVersion: "1" }).start();
    await vi.advanceTimersByTimeAsync(300_000);
    await expect(watch.closed).rejects.toMatchObject({ code: "WATCH_EXPIRED" });
    expect(warned()).toEqual(["CONNECTION_FAILED", "WATCH_EXPIRED"]);
    warn.mockClear();
    const changes = [[change("ADDED", "a", "2"), change("ADDED", "b", "3")]];
    const throwing = new Watch({ open: changes, resourceVersion: "1" }).on("ADDED", () => {
      throw new Error("no");
    });
    await throwing.closed;
    expect(warned()).toEqual(["HANDLER_FAILED", "HANDLER_FAILED"]);
  });

  it("are no warnings where somebody listens, nor what a loop is thrown (K8)", async () => {
    const heard: string[] = [];
    const watch = new Watch({ open: failing(2), resourceVersion: "1" });
    watch.on("ERROR", ({ code }) => heard.push(code)).start();
    await vi.advanceTimersByTimeAsync(300_000);
    await expect(watch.closed).rejects.toMatchObject({ code: "WATCH_EXPIRED" });
    expect(heard).toEqual(["CONNECTION_FAILED", "CONNECTION_FAILED", "WATCH_EXPIRED"]);
    const loop = async (): Promise<void> => {
      for await (const _ of new Watch({ open: failing(0), resourceVersion: "1" }));
    };
    await expect(loop()).rejects.toMatchObject({ code: "WATCH_EXPIRED" });
    expect(warned()).toEqual([]);
  });
});
