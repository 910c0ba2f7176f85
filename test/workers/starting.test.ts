import { describe, expect, it } from "vitest";
import { Controller } from "../../src/controller/controller.ts";
import { type ControllerBuilder, controllerBuilder } from "../../src/controller/controller-builder.ts";
import type { ControllerHost } from "../../src/controller/host.ts";
import { moduleOf, Workshop } from "./harness.ts";
import { Widget, widget } from "./widget.ts";

const refused = (why: string): unknown =>
  expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(why) });

describe("workers()", { timeout: 20_000 }, () => {
  it.each([
    [0, "count"],
    [-1, "count"],
    [1.5, "count"],
    ["2", "count"],
    [1001, "count"],
    [Number.NaN, "count"],
  ])("refuses %s threads, before anything is started", async (count, why) => {
    await using shop = await Workshop.open();
    expect(() => shop.cluster.controller(Widget).workers(count as number, moduleOf("tell"))).toThrow(
      refused(why),
    );
    expect(shop.requests).toEqual([]);
  });

  it("refuses what is no address of a file, and options that are none", async () => {
    await using shop = await Workshop.open();
    const builder = shop.cluster.controller(Widget);
    const make =
      (...given: readonly unknown[]) =>
      () =>
        builder.workers(...(given as Parameters<ControllerBuilder<Widget>["workers"]>));
    const url = 'new URL("./reconcile.js", import.meta.url)';
    expect(make(2, "./reconcile.js")).toThrow(refused(url));
    expect(make(2, undefined)).toThrow(refused(url));
    expect(make(2, new URL("https://example.com/reconcile.js"))).toThrow(refused(url));
    expect(make(2, moduleOf("tell"), 5)).toThrow(refused("options"));
    expect(make(2, moduleOf("tell"), { blockedAfterMs: -1 })).toThrow(refused("blockedAfterMs"));
    expect(make(2, moduleOf("tell"), { maxSharedBytes: 0 })).toThrow(refused("maxSharedBytes"));
    expect(make(2, moduleOf("tell"), { resourceLimits: 5 })).toThrow(refused("resourceLimits"));
    // Threads that would never have anything to do.
    expect(() => builder.concurrency(3).workers(4, moduleOf("tell"))).toThrow(
      refused("at most the concurrency"),
    );
    // Nothing was made by any of them.
    expect(make(2, moduleOf("tell"))()).toBeInstanceOf(Controller);
  });

  it("needs a host that has threads", () => {
    const host = { follow: () => undefined, cluster: () => undefined } as unknown as ControllerHost;
    expect(() => controllerBuilder(host, Widget).workers(1, moduleOf("tell"))).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
  });

  it("and reconcile() are one or the other", async () => {
    await using shop = await Workshop.open();
    const taken = expect.objectContaining({ code: "ALREADY_STARTED" });
    const first = shop.cluster.controller(Widget);
    first.workers(1, moduleOf("tell"));
    expect(() => first.reconcile(() => {})).toThrow(taken);
    const second = shop.cluster.controller(Widget);
    second.reconcile(() => {});
    expect(() => second.workers(1, moduleOf("tell"))).toThrow(taken);
  });

  it("starts nothing before run, and nothing at all where it is stopped before", async () => {
    await using shop = await Workshop.open();
    const controller = shop.cluster.controller(Widget).workers(2, moduleOf("broken"));
    expect(controller.health()).toMatchObject({ state: "idle", threads: { count: 2, ready: 0, crashes: 0 } });
    await controller.stop();
    expect(shop.requests).toEqual([]);
  });
});

describe("run", { timeout: 20_000 }, () => {
  const failureOf = async (shop: Workshop, name: string, syncTimeoutMs = 60_000): Promise<unknown> => {
    shop.server.create(Widget, widget("a"));
    shop.run(name, { count: 2, build: (builder) => builder.timeouts({ syncTimeoutMs }) });
    const error = await shop.ended;
    expect(shop.server.openWatches).toBe(0);
    expect(shop.controller?.health()).toMatchObject({ state: "stopped", threads: { ready: 0, crashes: 0 } });
    return error;
  };
  const start = (name: string): string =>
    `Start the workers of the controller widget: ${moduleOf(name).href}: `;

  it.each([
    ["absent", expect.stringContaining("it cannot be loaded: Cannot find module")],
    ["broken", `${start("broken")}it cannot be loaded: it threw (TypeError); see the cause`],
    [
      "nothing",
      `${start("nothing")}it cannot be loaded: its default export must be the reconciler, and it has none`,
    ],
  ])("fails where the module cannot be used, and names it: %s", async (name, message) => {
    await using shop = await Workshop.open();
    const error = await failureOf(shop, name);
    expect(error).toMatchObject({ code: "RECONCILE_FAILED", message });
    expect(error).toMatchObject({ message: expect.stringContaining(start(name)) });
  });

  it("fails where the module is not loaded in time", async () => {
    await using shop = await Workshop.open();
    expect(await failureOf(shop, "slow", 300)).toMatchObject({
      code: "TIMEOUT",
      message: `${start("slow")}it is not loaded after 300 ms`,
    });
  });

  it("ends in peace where it is stopped while its threads start", async () => {
    await using shop = await Workshop.open();
    shop.run("slow");
    shop.stop.abort();
    expect(await shop.ended).toBe("resolved");
  });
});
