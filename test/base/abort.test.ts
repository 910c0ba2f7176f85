import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { abortError, delay, onAbort } from "../../src/base/abort.ts";
import { KubeError } from "../../src/base/errors.ts";

describe("the error of an aborted wait", () => {
  it("names the step and keeps the caller's reason as its cause", () => {
    const reason = new Error("shutting down");
    const error = abortError(AbortSignal.abort(reason), "list pods");
    expect(error).toMatchObject({ code: "ABORTED", message: "list pods: aborted by the caller's signal" });
    expect(error.cause).toBe(reason);
  });

  it("is the reason itself where that is a KubeError", () => {
    const reason = new KubeError("STOPPED", "stopped");
    expect(abortError(AbortSignal.abort(reason), "list pods")).toBe(reason);
  });
});

describe("listening for an abort", () => {
  it("calls once, at the abort", () => {
    const controller = new AbortController();
    const listener = vi.fn();
    onAbort(controller.signal, listener);
    expect(listener).not.toHaveBeenCalled();
    controller.abort();
    controller.abort();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("calls at once where the signal is aborted already", () => {
    const listener = vi.fn();
    onAbort(AbortSignal.abort(), listener)();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("stops when told to, leaving no listener behind", () => {
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const listener = vi.fn();
    onAbort(controller.signal, listener)();
    controller.abort();
    expect(listener).not.toHaveBeenCalled();
    expect(removed).toHaveBeenCalledTimes(1);
  });

  it("does nothing without a signal", () => {
    const listener = vi.fn();
    onAbort(undefined, listener)();
    expect(listener).not.toHaveBeenCalled();
  });
});

describe("a delay", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("resolves to true after its time and removes its listener", async () => {
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const waiting = delay(1000, controller.signal);
    await vi.advanceTimersByTimeAsync(1000);
    await expect(waiting).resolves.toBe(true);
    expect(removed).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("resolves to false at an abort and clears its timer", async () => {
    const controller = new AbortController();
    const waiting = delay(1000, controller.signal);
    controller.abort();
    await expect(waiting).resolves.toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("resolves to false where the signal is aborted already", async () => {
    await expect(delay(1000, AbortSignal.abort())).resolves.toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits the whole of a time longer than one timer can", async () => {
    const monthMs = 30 * 24 * 3_600_000;
    const settled = vi.fn();
    const waiting = delay(monthMs).then(settled);
    await vi.advanceTimersByTimeAsync(monthMs - 1);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(settled).toHaveBeenCalledWith(true);
  });

  it("can be aborted in the second timer of a long time", async () => {
    const controller = new AbortController();
    const waiting = delay(2 ** 31 + 5000, controller.signal);
    await vi.advanceTimersByTimeAsync(2 ** 31);
    controller.abort();
    await expect(waiting).resolves.toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
