import { describe, expect, it, vi } from "vitest";
import { Manager } from "../../src/manager/manager.ts";
import { FakeRunnable, type Journal, quiet, rejection, settle, useFakeTime } from "./fakes.ts";

useFakeTime();

const log = quiet;
const registry = { contentType: "text/plain", metrics: (): Promise<string> => Promise.resolve("") };

describe("a manager", () => {
  it("starts all that it was given, in order, and ends all when its signal aborts (Q46, Q47)", async () => {
    const journal: Journal = [];
    const stop = new AbortController();
    const manager = new Manager({ log })
      .add(new FakeRunnable("a", journal))
      .add(new FakeRunnable("b", journal, { needsLeader: false }))
      .add(new FakeRunnable("c", journal));
    expect(manager.health()).toMatchObject({ state: "idle", isReady: false, isLeader: undefined });
    const run = manager.run(stop.signal);
    await manager.started();
    // What needs no leader comes first, though nobody is elected here.
    expect(journal).toEqual(["b starts", "a starts", "c starts"]);
    expect(manager.health()).toMatchObject({ state: "running", isReady: true, isLive: true });
    stop.abort();
    await run;
    expect(journal.slice(3).sort()).toEqual([
      "a ends",
      "a is told",
      "b ends",
      "b is told",
      "c ends",
      "c is told",
    ]);
    expect(manager.health()).toMatchObject({ state: "stopped", isReady: false });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("runs once: a second run is ALREADY_STARTED, also after the end", async () => {
    const stop = new AbortController();
    const manager = new Manager({ log });
    const run = manager.run(stop.signal);
    const again = expect.objectContaining({ code: "ALREADY_STARTED" });
    expect(await rejection(manager.run(stop.signal))).toEqual(again);
    stop.abort();
    await run;
    expect(await rejection(manager.run(stop.signal))).toEqual(again);
  });

  it("starts nothing for a signal that has aborted", async () => {
    const journal: Journal = [];
    const manager = new Manager({ log, health: { port: 0, host: "127.0.0.1" } });
    await manager.add(new FakeRunnable("a", journal)).run(AbortSignal.abort());
    expect(journal).toEqual([]);
  });

  it("refuses a name that is taken, and what is no runnable (Q34)", () => {
    const manager = new Manager({ log }).add(new FakeRunnable("web"));
    const refused = (runnable: unknown, message: string): void =>
      expect(() => manager.add(runnable as FakeRunnable)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
      );
    refused(
      new FakeRunnable("web"),
      "`runnable.name` to be a name that no other runnable of this manager has",
    );
    refused(undefined, "`runnable` to be an object");
    refused({ name: "", run: async () => {} }, "`runnable.name` to be a name");
    refused({ name: "x" }, "`runnable.run` to be a function");
    refused({ name: "x", run: async () => {}, health: true }, "`runnable.health` to be a function");
    refused(
      { name: "x", run: async () => {}, needsLeader: "no" },
      "`runnable.needsLeader` to be true or false",
    );
    refused({ name: "x", run: async () => {}, warmsUp: 1 }, "`runnable.warmsUp` to be true or false");
  });

  it("starts at once what is added while it runs, and refuses it once it stops", async () => {
    const journal: Journal = [];
    const stop = new AbortController();
    const manager = new Manager({ log });
    const run = manager.run(stop.signal);
    await manager.started();
    manager.add(new FakeRunnable("late", journal));
    expect(journal).toEqual(["late starts"]);
    stop.abort();
    await run;
    expect(journal).toEqual(["late starts", "late is told", "late ends"]);
    expect(() => manager.add(new FakeRunnable("later"))).toThrow(
      expect.objectContaining({ code: "STOPPED" }),
    );
  });

  it("goes on when a runnable ends by itself, and is ready then", async () => {
    const stop = new AbortController();
    const job = new FakeRunnable("job", [], { health: () => ({ isReady: false }) });
    const manager = new Manager({ log }).add(job).add(new FakeRunnable("web"));
    const run = manager.run(stop.signal);
    await manager.started();
    expect(manager.health().isReady).toBe(false);
    job.finish();
    await settle();
    expect(manager.health()).toMatchObject({
      state: "running",
      isReady: true,
      runnables: [
        { name: "job", state: "ended" },
        { name: "web", state: "running" },
      ],
    });
    stop.abort();
    await run;
  });

  it.each([
    [{ graceMs: -1 }, "`graceMs` to be a duration"],
    [{ leaderElector: {} }, "`leaderElector.run` to be a function"],
    [{ leaderElector: "lease" }, "`leaderElector` to be an object"],
    [{ health: { port: "8081" } }, "`health.port` to be a whole number from 0 to 65535"],
    [{ health: { port: 65_536 } }, "`health.port`"],
    [{ health: { port: 0, host: 1 } }, "`health.host` to be a string"],
    [{ metrics: {} }, "`metrics.registry` to be an object"],
    [{ metrics: { registry: {} } }, "`metrics.registry.metrics` to be a function"],
    [{ metrics: { registry } }, "`metrics.port` to be given where there is no `health`"],
    [
      { health: { port: 0 }, metrics: { registry, host: "127.0.0.1" } },
      "`metrics.host` to be left out where `metrics.port` is",
    ],
    [{ log: {} }, "`log.debug` to be a function"],
    // Passed over, every replica would act.
    [{ leaderElection: {} }, "there is no option `leaderElection`; did you mean `leaderElector`?"],
    [{ cluster: {} }, "there is no option `cluster`; there are leaderElector, health, metrics, graceMs, log"],
  ])("refuses the options %o", (options, message) => {
    expect(() => new Manager(options as object)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("refuses to run without a signal, as what could never be ended", async () => {
    const manager = new Manager({ log });
    const run = manager.run as (signal?: unknown) => Promise<void>;
    expect(await rejection(run.call(manager))).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await rejection(run.call(manager, new AbortController()))).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});
