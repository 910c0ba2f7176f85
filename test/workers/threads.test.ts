import { threadId } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { type Line, Workshop } from "./harness.ts";
import { Widget, widget } from "./widget.ts";

describe("a controller's worker threads", { timeout: 20_000 }, () => {
  it("call the reconciler with what it gets in this thread", async () => {
    await using shop = await Workshop.open();
    const made = shop.server.create(Widget, widget("a", { size: 3 }));
    shop.run("tell", { count: 1 });
    const [line] = await shop.said("reconciled shop/a");
    expect(line?.level).toBe("info");
    expect(line?.fields).toMatchObject({
      namespace: "shop",
      name: "a",
      object: made,
      attempt: 1,
      reason: { type: "ADDED", source: "widgets.example.com", object: "shop/a", initial: true },
      isAborted: false,
      // The controller's own fields, and the thread's number.
      controller: "widget",
      controllerKind: "Widget",
      Widget: { namespace: "shop", name: "a" },
      reconcileID: expect.any(String),
      worker: 1,
    });
    expect(line?.fields.threadId).not.toBe(threadId);
    shop.server.delete(Widget, made);
    const lines = await shop.said("reconciled shop/a", 2);
    expect(lines[1]?.fields).toMatchObject({ object: undefined, reason: { type: "DELETED" } });
  });

  it("load a module that knows nothing of the library", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { size: 3 }));
    shop.run("plain", { count: 1 });
    expect((await shop.said("plain"))[0]?.fields).toMatchObject({ size: 3 });
  });

  it("share the keys among them", async () => {
    await using shop = await Workshop.open();
    for (let i = 0; i < 40; i++) shop.server.create(Widget, widget(`w-${i}`));
    shop.run("tell");
    await shop.reports.until(40);
    const lines: Line[] = shop.lines.all.filter(({ message }) => message.startsWith("reconciled"));
    expect(new Set(lines.map(({ fields }) => fields.worker))).toEqual(new Set([1, 2]));
    expect(new Set(lines.map(({ fields }) => fields.threadId)).size).toBe(2);
  });

  it("give back what is to be done next: a due time (Q28)", async () => {
    await using shop = await Workshop.open();
    shop.server.create(Widget, widget("a", { act: "requeue", size: 1 }));
    shop.run("tell", { count: 1 });
    const [, line] = await shop.said("reconciled shop/a", 2);
    expect(line?.fields).toMatchObject({ reason: { type: "REQUEUE" }, attempt: 1 });
    const reports = await shop.reports.until(2);
    expect(reports.map(({ outcome }) => outcome).sort()).toEqual(["requeue_after", "success"]);
  });
});
