import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { ConfigMap } from "../../src/kinds/index.ts";
import { Workshop } from "./harness.ts";
import { Widget, widget } from "./widget.ts";

describe("stopping a controller with threads", { timeout: 20_000 }, () => {
  it("lets what runs end within the grace, with its requests and writes (Q32)", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "wait" }));
    shop.run("end", { count: 1, build: (builder) => builder.timeouts({ graceMs: 30_000 }) });
    await shop.said("begins shop/a");
    shop.stop.abort();
    await new Promise(setImmediate);
    expect(shop.controller?.health().state).toBe("stopping");
    // The shared copies go on until the last reconcile has ended.
    shop.server.create(Widget, widget("release"));
    expect(await shop.ended).toBe("resolved");
    expect(shop.reports.all.map(({ key, outcome }) => [key, outcome])).toEqual([["shop/a", "success"]]);
    expect(shop.controller?.health().threads).toMatchObject({ ready: 0 });
  });

  it("aborts their signals after it, and what ends then was cancelled (Q32)", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "obey" }));
    shop.run("end", { count: 1 });
    await shop.said("begins shop/a");
    shop.stop.abort();
    expect(await shop.ended).toBe("resolved");
    expect(shop.reports.all[0]).toMatchObject({ key: "shop/a", wasCancelled: true });
    expect(shop.errors.all).toEqual([]);
  });

  it("ends a thread that is blocked, and no other comes after it", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "loop" }));
    shop.run("end", { count: 1, blockedAfterMs: 20 });
    await shop.said("begins shop/a");
    shop.stop.abort();
    expect(await shop.ended).toBe("resolved");
    expect(shop.reports.all[0]).toMatchObject({ key: "shop/a", wasCancelled: true });
    expect(shop.controller?.health().threads).toMatchObject({ ready: 0 });
    const threads = shop.lines.all.filter(({ message }) => message.startsWith("begins"));
    expect(threads).toHaveLength(1);
  });

  it("with a loss of leadership aborts them at once (Q48)", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "obey" }));
    shop.run("end", { count: 1, build: (builder) => builder.timeouts({ graceMs: 30_000 }) });
    await shop.said("begins shop/a");
    shop.stop.abort(new KubeError("LEADERSHIP_LOST", "the lease was not renewed"));
    expect(await shop.ended).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(shop.reports.all[0]).toMatchObject({ wasCancelled: true });
    expect(shop.reports.all[0]?.error?.cause).toMatchObject({ code: "LEADERSHIP_LOST" });
  });

  it("leaves nothing: no watch, no request, no write", async () => {
    await using shop = await Workshop.open();
    for (let i = 0; i < 10; i++) shop.server.create(Widget, widget(`w-${i}`, { act: "write" }));
    shop.run("ask");
    await shop.reports.until(3);
    shop.stop.abort();
    expect(await shop.ended).toBe("resolved");
    const requests = shop.requests.length;
    const maps = shop.server.list(ConfigMap).length;
    expect(shop.server.openWatches).toBe(0);
    shop.server.create(Widget, widget("late", { act: "write" }));
    await new Promise(setImmediate);
    expect([shop.requests.length, shop.server.list(ConfigMap).length]).toEqual([requests, maps]);
  });

  it("lets the process end by itself", async () => {
    const script = fileURLToPath(new URL("./ends-by-itself.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 20_000 });
    const { heldForMs, ...told } = JSON.parse(stdout);
    expect(told).toEqual({ outcomes: ["success"], running: [] });
    expect(heldForMs).toBeLessThan(2000);
  }, 30_000);
});
