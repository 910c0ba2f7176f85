import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { isPanic, isTerminal } from "../../src/controller/outcome.ts";
import { Workshop } from "./harness.ts";
import { Widget, widget } from "./widget.ts";

/** What the first reconcile of a widget failed with, after all of its attempts. */
async function failureOf(act: string, attempts: number): Promise<{ error: KubeError; shop: Workshop }> {
  const shop = await Workshop.open();
  shop.server.create(Widget, widget("a", { act }));
  shop.run("fail", { count: 1 });
  const [report] = await shop.reports.until(attempts);
  if (report?.error === undefined) throw new Error("it did not fail");
  return { error: report.error, shop };
}

describe("what a reconciler throws in a thread", { timeout: 20_000 }, () => {
  it("is tried again with the key's delay, as in this thread (Q28)", async () => {
    const { error, shop } = await failureOf("type-error", 2);
    await using _ = shop;
    expect(shop.reports.all.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, "error"],
      [2, "success"],
    ]);
    // Named by its class alone; the text is in the cause.
    expect(error.message).toBe("Reconcile widgets.example.com shop/a: it threw (TypeError); see the cause");
    expect(error.cause).toMatchObject({ name: "TypeError", message: "hunter2 is not a function" });
    expect((error.cause as Error).cause).toMatchObject({ name: "RangeError", message: "deep" });
    expect((error.cause as Error).stack).toContain("reconcilers/fail.ts");
    expect(isPanic(error.cause)).toBe(true);
  });

  it("is a conflict that callers can branch on: status, reason, details", async () => {
    const { error, shop } = await failureOf("conflict", 2);
    await using _ = shop;
    const { cause } = error;
    expect(ApiError.is(cause) && cause instanceof ApiError).toBe(true);
    expect(cause).toMatchObject({
      name: "ApiError",
      code: "API",
      status: 409,
      reason: "Conflict",
      details: { name: "a", kind: "widgets" },
    });
    expect(error.message).toContain((cause as ApiError).message);
    expect(isPanic(cause)).toBe(false);
  });

  it("is not tried again where it is terminal, also as a cause (Q29)", async () => {
    const { error, shop } = await failureOf("terminal", 1);
    await using _ = shop;
    expect(isTerminal(error.cause)).toBe(true);
    expect(shop.controller?.health()).toMatchObject({ failingKeys: 0, queued: 0 });
    // The next event begins anew.
    shop.server.update(Widget, widget("a", { act: "none" }));
    expect((await shop.reports.until(2))[1]).toMatchObject({ attempt: 1, outcome: "success" });
  });

  it("keeps the code of a KubeError", async () => {
    const { error, shop } = await failureOf("kube", 2);
    await using _ = shop;
    expect(KubeError.is(error.cause)).toBe(true);
    expect(error.cause).toMatchObject({ code: "OWNED_BY_ANOTHER" });
    expect(error.message).toContain("owned by another");
  });

  it.each(["members", "object"])("leaves behind what may hold a Secret: %s", async (act) => {
    const { error, shop } = await failureOf(act, 2);
    await using _ = shop;
    const told = [error, error.cause, ...shop.lines.all.map(({ fields }) => fields.err)];
    const all = told.map((one) =>
      JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(one ?? {}))),
    );
    expect(all.join()).not.toContain("hunter2");
    if (act === "members") expect(error.cause).toMatchObject({ message: "refused", code: "E_SHOP" });
  });

  it("may be a text", async () => {
    const { error, shop } = await failureOf("text", 2);
    await using _ = shop;
    expect(error.cause).toBe("hunter2");
    expect(error.message).not.toContain("hunter2");
  });

  it.each([
    ["result", "`requeueAfter`; did you mean `requeueAfterMs`?"],
    ["function", "a function"],
  ])("and what it may not return is a mistake: %s", async (act, got) => {
    const { error, shop } = await failureOf(act, 2);
    await using _ = shop;
    expect(error).toMatchObject({
      code: "RECONCILE_FAILED",
      message: `Reconcile widgets.example.com shop/a: it may return nothing, or { requeueAfterMs, priority }, and returned ${got}`,
    });
  });
});
