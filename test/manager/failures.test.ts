import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Manager } from "../../src/manager/manager.ts";
import { FakeRunnable, type Journal, pass, quiet, rejection, settle, useFakeTime } from "./fakes.ts";

useFakeTime();

const log = quiet;
const never = new AbortController().signal;

describe("a runnable that fails", () => {
  it("ends all others, and its error is what run rejects with (Q47)", async () => {
    const journal: Journal = [];
    const error = new Error("no more disk");
    const failing = new FakeRunnable("failing", journal);
    const logged = vi.fn();
    const manager = new Manager({ log: { ...log, error: logged } })
      .add(failing)
      .add(new FakeRunnable("other", journal, { endsAfterMs: 1_000 }));
    const run = rejection(manager.run(never));
    await manager.started();
    failing.fail(error);
    await settle();
    expect(journal).toContain("other is told");
    expect(manager.health()).toMatchObject({ state: "stopping", isLive: false, isReady: false });
    await pass(1_000);
    expect(await run).toBe(error);
    expect(journal.at(-1)).toBe("other ends");
    // What an error says may quote an object: the log has its class.
    expect(logged.mock.calls).toEqual([
      [{ failed: "failing", error: "Error" }, expect.stringContaining("something failed")],
    ]);
  });

  it("may throw at once, or throw what is no error", async () => {
    const thrown = { name: "bad", run: () => Promise.reject(undefined) };
    expect(await rejection(new Manager({ log }).add(thrown).run(never))).toBe(undefined);
    const atOnce = {
      name: "bad",
      run(): never {
        throw new RangeError("at once");
      },
    };
    expect(await rejection(new Manager({ log }).add(atOnce).run(never))).toBeInstanceOf(RangeError);
  });

  it("may throw what cannot even be looked at", async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const bad = {
      name: "bad",
      run(): never {
        throw proxy;
      },
    };
    const journal: Journal = [];
    const manager = new Manager({ log }).add(bad).add(new FakeRunnable("other", journal));
    expect(await rejection(manager.run(never))).toMatchObject({
      message: "What was thrown cannot be looked at",
    });
    expect(journal.at(-1)).toBe("other ends");
  });

  it("has the errors of those that failed after it in the cause, and keeps its code", async () => {
    const first = new KubeError("SYNC_TIMEOUT", "Start the controller of widgets: not synced");
    const second = new Error("secret text");
    const failing = new FakeRunnable("widgets");
    const manager = new Manager({ log }).add(new FakeRunnable("tidy", [], { endsWith: second })).add(failing);
    const run = rejection(manager.run(never));
    await manager.started();
    failing.fail(first);
    const error = await run;
    expect(error).toMatchObject({
      code: "SYNC_TIMEOUT",
      message: "Start the controller of widgets: not synced (then failed: tidy)",
      cause: { errors: [first, second] },
    });
  });

  it("is an AggregateError with its own as the first where it has no code", async () => {
    const first = new Error("no more disk");
    const second = new Error("nor memory");
    const failing = new FakeRunnable("a");
    const manager = new Manager({ log }).add(failing).add(new FakeRunnable("b", [], { endsWith: second }));
    const run = rejection(manager.run(never));
    await manager.started();
    failing.fail(first);
    const error = await run;
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({
      errors: [first, second],
      cause: first,
      message: "no more disk (then failed: b)",
    });
  });

  it("that threw no error is told of as such beside others", async () => {
    const failing = new FakeRunnable("a");
    const manager = new Manager({ log }).add(failing).add(new FakeRunnable("b", [], { endsWith: "secret" }));
    const run = rejection(manager.run(never));
    await manager.started();
    failing.fail("text");
    expect(await run).toMatchObject({
      errors: ["text", "secret"],
      message: "what is no error was thrown (then failed: b)",
    });
  });

  it("is no failure where its error only says that it was told to end", async () => {
    const stop = new AbortController();
    const aborted = new DOMException("This operation was aborted", "AbortError");
    const said = new KubeError("ABORTED", "Wait: aborted");
    const same = {
      name: "c",
      run: (signal: AbortSignal) =>
        new Promise<void>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    };
    const manager = new Manager({ log })
      .add(new FakeRunnable("a", [], { endsWith: aborted }))
      .add(new FakeRunnable("b", [], { endsWith: said }))
      .add(same);
    const run = manager.run(stop.signal);
    await manager.started();
    stop.abort(new Error("any reason"));
    await run;
    expect(manager.health().runnables.map(({ state }) => state)).toEqual(["ended", "ended", "ended"]);
  });

  it("rejects with what failed while it was ending, though its signal ended it", async () => {
    const stop = new AbortController();
    const error = new Error("could not flush");
    const manager = new Manager({ log }).add(new FakeRunnable("a", [], { endsWith: error }));
    const run = rejection(manager.run(stop.signal));
    await manager.started();
    stop.abort();
    expect(await run).toBe(error);
  });
});

describe("the end", () => {
  it("cancels what has not ended after the grace period, and waits for that to break off (Q47)", async () => {
    const journal: Journal = [];
    const stop = new AbortController();
    const slow = new FakeRunnable("slow", journal, { endsAfterMs: 60_000 });
    const manager = new Manager({ log, graceMs: 10_000 }).add(slow);
    const run = manager.run(stop.signal);
    await manager.started();
    stop.abort();
    await pass(9_999);
    expect(slow.signal?.aborted).toBe(true);
    expect(slow.context.cancelled?.aborted).toBe(false);
    await pass(1);
    expect(slow.context.cancelled?.reason).toMatchObject({ code: "TIMEOUT" });
    await run;
    expect(journal.at(-1)).toBe("slow ends");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with TIMEOUT naming what heeds nothing, with the first failure before it (Q47)", async () => {
    const stop = new AbortController();
    const options = { endsAfterMs: 60_000, heedsCancel: false };
    const manager = new Manager({ log, graceMs: 1_000 })
      .add(new FakeRunnable("deaf", [], options))
      .add(new FakeRunnable("fine"))
      .add(new FakeRunnable("dumb", [], options));
    const run = rejection(manager.run(stop.signal));
    await manager.started();
    stop.abort();
    await pass(6_999);
    expect(manager.health().state).toBe("stopping");
    await pass(1);
    const error = await run;
    expect(error).toMatchObject({ code: "TIMEOUT" });
    expect((error as Error).message).toMatch(
      /still running: dumb, deaf \(1000 ms after it was told to end, and/,
    );
    await pass(60_000);
  });

  it("tells what needs no leader only after all that does has ended: it may be what they write to (Q47)", async () => {
    const journal: Journal = [];
    const stop = new AbortController();
    const manager = new Manager({ log })
      .add(new FakeRunnable("recorder", journal, { needsLeader: false }))
      .add(new FakeRunnable("web", journal, { endsAfterMs: 1_000 }));
    const run = manager.run(stop.signal);
    await manager.started();
    journal.length = 0;
    stop.abort();
    await pass(1_000);
    await run;
    expect(journal).toEqual(["web is told", "web ends", "recorder is told", "recorder ends"]);
  });
});
