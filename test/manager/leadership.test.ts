import { describe, expect, it, vi } from "vitest";
import { onAbort } from "../../src/base/abort.ts";
import { KubeError } from "../../src/base/errors.ts";
import { Manager } from "../../src/manager/manager.ts";
import {
  FakeElector,
  FakeRunnable,
  type Journal,
  pass,
  quiet,
  rejection,
  settle,
  useFakeTime,
} from "./fakes.ts";

useFakeTime();

function managed(): { journal: Journal; elector: FakeElector; manager: Manager } {
  const journal: Journal = [];
  const elector = new FakeElector(journal);
  return { journal, elector, manager: new Manager({ leaderElector: elector, log: quiet }) };
}

describe("an election", () => {
  it("begins after what needs no leader and what warms up; the rest waits for it (Q33, Q46)", async () => {
    const { journal, elector, manager } = managed();
    const stop = new AbortController();
    manager
      .add(new FakeRunnable("elected", journal))
      .add(new FakeRunnable("warm", journal, { warmsUp: true }))
      .add(new FakeRunnable("always", journal, { needsLeader: false }));
    const run = manager.run(stop.signal);
    await manager.started();
    expect(journal).toEqual(["always starts", "warm starts", "election begins"]);
    expect(manager.health()).toMatchObject({
      isReady: true,
      isLeader: false,
      runnables: [{ state: "waiting" }, { state: "running" }, { state: "running" }],
    });
    journal.length = 0;
    elector.elect();
    await settle();
    expect(journal.sort()).toEqual(
      ["elected", "elected starts", "elected is elected", "warm is elected"].sort(),
    );
    expect(manager.health()).toMatchObject({ isReady: true, isLeader: true });
    stop.abort();
    await run;
  });

  it("gives its leadership to those who need it, and to nobody else", async () => {
    const { journal, elector, manager } = managed();
    const stop = new AbortController();
    const needs = new FakeRunnable("needs", journal);
    const always = new FakeRunnable("always", journal, { needsLeader: false });
    const run = manager.add(needs).add(always).run(stop.signal);
    await manager.started();
    elector.elect();
    await settle();
    expect(needs.context.leadership).toBe(elector);
    expect(always.context.leadership).toBe(undefined);
    expect(always.context.elected).toBe(undefined);
    expect(always.context.cancelled).toBeInstanceOf(AbortSignal);
    stop.abort();
    await run;
  });

  it("is held until everything has ended, in reverse order, then the lease is released (Q47)", async () => {
    const { journal, elector, manager } = managed();
    const stop = new AbortController();
    manager
      .add(new FakeRunnable("always", journal, { needsLeader: false }))
      .add(new FakeRunnable("a", journal, { endsAfterMs: 2_000 }))
      .add(new FakeRunnable("b", journal, { endsAfterMs: 1_000 }));
    const run = manager.run(stop.signal);
    await manager.started();
    elector.elect();
    await settle();
    journal.length = 0;
    stop.abort();
    await pass(1_999);
    expect(journal).toEqual(["b is told", "a is told", "b ends"]);
    expect(elector.isLeader()).toBe(true);
    await pass(1);
    await run;
    expect(journal.slice(3)).toEqual(["a ends", "always is told", "always ends", "lease released"]);
  });

  it("that is lost cancels everything at once, and run rejects with LEADERSHIP_LOST (Q48)", async () => {
    const { journal, elector, manager } = managed();
    const needs = new FakeRunnable("needs", journal, { endsAfterMs: 60_000 });
    const always = new FakeRunnable("always", journal, { needsLeader: false });
    const run = rejection(manager.add(needs).add(always).run(new AbortController().signal));
    await manager.started();
    elector.elect();
    await settle();
    const lost = new KubeError("LEADERSHIP_LOST", "Renew the lease: too late");
    elector.lose(lost);
    await settle();
    // No time has passed.
    expect(await run).toBe(lost);
    expect(needs.signal?.reason).toBe(lost);
    expect(needs.context.cancelled?.reason).toBe(lost);
    expect(always.signal?.reason).toBe(lost);
    expect(manager.health().state).toBe("stopped");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("that a controller finds lost before the elector does is lost for all (Q48)", async () => {
    const { journal, elector, manager } = managed();
    const finder = new FakeRunnable("finder", journal);
    const other = new FakeRunnable("other", journal, { endsAfterMs: 60_000 });
    // Another error of the same meaning is no second failure.
    const third = new FakeRunnable("third", journal, {
      endsWith: new KubeError("LEADERSHIP_LOST", "Its own"),
    });
    const run = rejection(manager.add(finder).add(other).add(third).run(new AbortController().signal));
    await manager.started();
    elector.elect();
    await settle();
    const lost = new KubeError("LEADERSHIP_LOST", "Write: the lease has expired");
    finder.fail(lost);
    expect(await run).toBe(lost);
    expect(other.context.cancelled?.aborted).toBe(true);
  });

  it("that is lost names what does not break off, in the cause (Q48)", async () => {
    const { elector, manager } = managed();
    const deaf = new FakeRunnable("deaf", [], { endsAfterMs: 60_000, heedsCancel: false });
    const run = rejection(manager.add(deaf).run(new AbortController().signal));
    await manager.started();
    elector.elect();
    await settle();
    elector.lose();
    await pass(6_000);
    expect(await run).toMatchObject({
      code: "LEADERSHIP_LOST",
      cause: { errors: [{ code: "LEADERSHIP_LOST" }, { code: "TIMEOUT" }] },
    });
    await pass(60_000);
  });

  it("that fails otherwise ends everything with that error; one that merely ends is lost", async () => {
    const failed = managed();
    const foreign = new KubeError("OWNED_BY_ANOTHER", "Take the lease: it is used by something else");
    const warm = new FakeRunnable("warm", [], { warmsUp: true });
    const run = rejection(failed.manager.add(warm).run(new AbortController().signal));
    await failed.manager.started();
    failed.elector.lose(foreign);
    expect(await run).toBe(foreign);
    expect(warm.signal?.reason).toMatchObject({ code: "LEADERSHIP_LOST", cause: foreign });

    const ended = managed();
    const other = rejection(ended.manager.run(new AbortController().signal));
    await ended.manager.started();
    ended.elector.finish();
    expect(await other).toMatchObject({ code: "LEADERSHIP_LOST" });
  });

  it("is held as long as anything goes on that did not end in time (Q47)", async () => {
    const { journal, elector, manager } = managed();
    const stop = new AbortController();
    const deaf = new FakeRunnable("deaf", journal, { endsAfterMs: 60_000, heedsCancel: false });
    const run = rejection(manager.add(deaf).run(stop.signal));
    await manager.started();
    elector.elect();
    await settle();
    stop.abort();
    await pass(36_000);
    expect(await run).toMatchObject({ code: "TIMEOUT" });
    expect(elector.isLeader()).toBe(true);
    await pass(24_000);
    expect(journal.slice(-2)).toEqual(["deaf ends", "lease released"]);
  });

  it("is held, too, where a runnable could not end all that is its own (Q47)", async () => {
    const { journal, elector, manager } = managed();
    const stop = new AbortController();
    const error = new KubeError("TIMEOUT", "Stop the controller of widgets: still running: shop/web");
    const run = rejection(manager.add(new FakeRunnable("a", journal, { endsWith: error })).run(stop.signal));
    await manager.started();
    elector.elect();
    await settle();
    stop.abort();
    expect(await run).toBe(error);
    await pass(60_000);
    expect(journal).not.toContain("lease released");
  });

  it("that is won just as it ends starts nothing", async () => {
    const journal: Journal = [];
    const stop = new AbortController();
    const leaderElector = {
      isLeader: () => true,
      run: (signal: AbortSignal, lead: () => Promise<void>) =>
        new Promise<void>((resolve) => onAbort(signal, () => resolve(lead()))),
    };
    const manager = new Manager({ leaderElector, log: quiet }).add(new FakeRunnable("a", journal));
    const run = manager.run(stop.signal);
    await manager.started();
    stop.abort();
    await run;
    await settle();
    expect(journal).toEqual([]);
  });

  it("whose lease cannot be given back, once all has ended, is no failure", async () => {
    const stop = new AbortController();
    const leaderElector = {
      isLeader: () => true,
      run: async (_signal: AbortSignal, lead: () => Promise<void>) => {
        await lead();
        throw new KubeError("CONNECTION_FAILED", "Give the lease back: no answer");
      },
    };
    const manager = new Manager({ leaderElector, log: quiet }).add(new FakeRunnable("a"));
    const run = manager.run(stop.signal);
    await manager.started();
    stop.abort();
    await run;
  });

  it("that was never won ends in peace, and what waited for it never starts", async () => {
    const { journal, elector, manager } = managed();
    const stop = new AbortController();
    const run = manager.add(new FakeRunnable("a", journal)).run(stop.signal);
    await manager.started();
    stop.abort();
    await run;
    elector.elect();
    await settle();
    expect(journal).toEqual(["election begins", "elected"]);
  });

  it("that is won later than a runnable was added starts it then, and one added after at once", async () => {
    const { journal, elector, manager } = managed();
    const stop = new AbortController();
    const run = manager.run(stop.signal);
    await manager.started();
    manager.add(new FakeRunnable("early", journal));
    await settle();
    expect(journal).toEqual(["election begins"]);
    elector.elect();
    await settle();
    manager.add(new FakeRunnable("late", journal));
    await settle();
    expect(journal.filter((line) => line.endsWith("starts"))).toEqual(["early starts", "late starts"]);
    stop.abort();
    await run;
  });

  it("that is lost while it ends cuts the grace period short (Q48)", async () => {
    const { elector, manager } = managed();
    const stop = new AbortController();
    const slow = new FakeRunnable("slow", [], { endsAfterMs: 20_000 });
    const run = rejection(manager.add(slow).run(stop.signal));
    await manager.started();
    elector.elect();
    await settle();
    stop.abort();
    await pass(1_000);
    elector.lose();
    await settle();
    expect(await run).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(vi.getTimerCount()).toBe(0);
  });
});
