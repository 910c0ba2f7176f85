import { describe, expect, it, vi } from "vitest";
import { Workshop } from "./harness.ts";
import { Widget, widget } from "./widget.ts";

describe("a thread that crashes", { timeout: 20_000 }, () => {
  it.each([
    ["exit", "it exited with code 3"],
    ["uncaught", "an error was not caught in it (TypeError); see the cause"],
    ["rejection", "an error was not caught in it (TypeError); see the cause"],
    ["memory", "it ran out of memory"],
  ])("is replaced, and its key is tried again with its delay (Q28): %s", async (act, why) => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act }));
    shop.run("end", { count: 1, resourceLimits: { maxOldGenerationSizeMb: 40 } });
    const [failed, again] = await shop.reports.until(2);
    expect(failed?.error?.message).toBe(
      `Reconcile widgets.example.com shop/a: worker 1 ended meanwhile: ${why}`,
    );
    expect(again).toMatchObject({ attempt: 2, outcome: "success" });
    expect(shop.errors.all[0]).toMatchObject({
      code: "RECONCILE_FAILED",
      message: `Worker 1 of the controller widget, at shop/a: ${why}; another takes its place`,
    });
    expect(shop.lines.all.filter(({ level }) => level === "error").map(({ message }) => message)).toEqual(
      shop.errors.all.map(({ message }) => message),
    );
    const health = shop.controller?.health();
    expect(health?.threads).toMatchObject({ count: 1, ready: 1, crashes: 1, problems: [] });
    expect(health?.threads?.lastCrash).toBe(shop.errors.all[0]);
    expect(health).toMatchObject({ state: "running", isReady: true });
  });

  it("takes no other key with it but those that it was at, and no other thread", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "obey" }));
    shop.server.create(Widget, widget("b", { act: "obey" }));
    shop.run("end", { build: (builder) => builder.concurrency(4) });
    await shop.lines.until(2, ({ message }) => message.startsWith("begins"));
    shop.server.create(Widget, widget("c", { act: "exit" }));
    const [crash] = await shop.errors.until(1);
    const failed = await shop.reports.until(2);
    const [a] = await shop.said("begins shop/a");
    const [b] = await shop.said("begins shop/b");
    const [c] = await shop.said("begins shop/c");
    expect(a?.fields.worker).not.toBe(b?.fields.worker);
    const lost = [a, b, c].filter((line) => line?.fields.worker === c?.fields.worker);
    expect(crash?.message).toContain(`at ${lost.map((line) => line?.message.slice(7)).join(", ")}:`);
    expect(failed.map(({ key }) => key)).toEqual(lost.map((line) => line?.message.slice(7)));
    expect(shop.controller?.health().running.map(({ key }) => key)).toHaveLength(1);
  });

  it("is replaced more slowly each time it crashes in a row, visibly", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "exit", size: 3 }));
    using timers = vi.spyOn(globalThis, "setTimeout");
    shop.run("end", { count: 1 });
    await shop.lines.until(2, ({ message }) => message.includes("another takes its place"));
    expect(shop.controller?.health()).toMatchObject({
      state: "degraded",
      isReady: false,
      problems: ["worker 1 crashed 2 times in a row, and is not running"],
      threads: { ready: 0, crashes: 2 },
    });
    const reports = await shop.reports.until(4);
    expect(reports.map(({ outcome }) => outcome)).toEqual(["error", "error", "error", "success"]);
    expect(shop.controller?.health()).toMatchObject({ state: "running", threads: { crashes: 3 } });
    // At once, then after 200 ms, then after 400 ms, and up to as much again at random.
    const random = timers.mock.calls.flatMap(([, ms = 0]) => (Number.isInteger(ms) ? [] : [ms]));
    expect(random.filter((ms) => ms > 200)).toHaveLength(2);
    expect(random.some((ms) => ms > 200 && ms < 400)).toBe(true);
    expect(random.some((ms) => ms > 400 && ms < 800)).toBe(true);
  });
});

describe("a thread that does not listen", { timeout: 20_000 }, () => {
  it("is ended where it is blocked past the time limit of a reconcile, and replaced (Q31)", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "loop" }));
    shop.run("end", {
      count: 1,
      blockedAfterMs: 50,
      build: (builder) => builder.timeouts({ reconcileTimeoutMs: 100 }),
    });
    await shop.reports.until(1, ({ outcome }) => outcome === "success");
    const [failed] = shop.reports.all;
    expect(failed?.error?.message).toBe(
      "Reconcile widgets.example.com shop/a: worker 1 ended meanwhile: it was ended: " +
        "for 50 ms it did not hear that it was to give up shop/a, so it is blocked",
    );
    expect(shop.controller?.health().threads).toMatchObject({ crashes: 1, ready: 1 });
  });

  it("lives on where it has heard of the abort, whatever the reconciler makes of it (Q31)", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "wait" }));
    shop.run("end", {
      count: 1,
      blockedAfterMs: 300,
      build: (builder) => builder.concurrency(2).timeouts({ reconcileTimeoutMs: 2000 }),
    });
    const [line] = await shop.said("heard shop/a");
    expect(line?.fields.why).toBe("TIMEOUT");
    // Another key of the same thread, which takes longer than a thread that is blocked gets.
    shop.server.create(Widget, widget("b", { act: "rest", size: 700 }));
    await shop.reports.until(1, ({ key }) => key === "shop/b");
    expect(shop.controller?.health().threads).toMatchObject({ crashes: 0, ready: 1 });
    shop.server.create(Widget, widget("release"));
    const reports = await shop.reports.until(1, ({ key }) => key === "shop/a");
    // It has succeeded all the same.
    expect(reports[0]?.outcome).toBe("success");
  });
});
