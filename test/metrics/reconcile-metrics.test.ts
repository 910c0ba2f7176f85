import { channel } from "node:diagnostics_channel";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ReconcileRecord, reconcileChannel } from "../../src/base/reconcile-telemetry.ts";
import { collectMetrics } from "../../src/metrics/index.ts";
import { valuesOf } from "./exposition.ts";

let register: Registry;
let stop: () => void;
beforeEach(async () => {
  register = new Registry();
  stop = await collectMetrics({ register });
});
afterEach(() => stop());

const tell = (record: ReconcileRecord): void => channel(reconcileChannel).publish(record);
const started: ReconcileRecord = { type: "reconcile-started", controller: "widgets" };
const ended = {
  type: "reconcile-ended",
  controller: "widgets",
  outcome: "success",
  durationMs: 250,
  isTerminal: false,
  isTimeout: false,
  isPanic: false,
} as const;
const metric = (name: string): Promise<Record<string, number>> =>
  valuesOf(register, `controller_runtime_${name}`);

describe("metrics of a controller", () => {
  it("are there and 0 when it starts (Q35)", async () => {
    tell({ type: "controller-started", controller: "widgets", concurrency: 4 });
    expect(await metric("reconcile_total")).toEqual({
      "widgets,error": 0,
      "widgets,requeue_after": 0,
      "widgets,requeue": 0,
      "widgets,success": 0,
    });
    for (const name of [
      "reconcile_errors",
      "terminal_reconcile_errors",
      "reconcile_panics",
      "reconcile_timeouts",
    ]) {
      expect(await metric(`${name}_total`)).toEqual({ widgets: 0 });
    }
    expect(await metric("active_workers")).toEqual({ widgets: 0 });
    expect(await metric("max_concurrent_reconciles")).toEqual({ widgets: 4 });
  });

  it("count reconciles by their result, and add up their time (Q35)", async () => {
    tell({ type: "controller-started", controller: "widgets", concurrency: 1 });
    for (const outcome of ["success", "success", "requeue", "requeue_after", "error"] as const) {
      tell(started);
      tell({ ...ended, outcome });
    }
    tell({ ...ended, controller: "gadgets" });
    expect(await metric("reconcile_total")).toEqual({
      "widgets,error": 1,
      "widgets,requeue_after": 1,
      "widgets,requeue": 1,
      "widgets,success": 2,
      "gadgets,error": 0,
      "gadgets,requeue_after": 0,
      "gadgets,requeue": 0,
      "gadgets,success": 1,
    });
    expect(await metric("reconcile_errors_total")).toEqual({ widgets: 1, gadgets: 0 });
    expect(await metric("reconcile_time_seconds")).toEqual({
      widgets_sum: 1.25,
      widgets_count: 5,
      gadgets_sum: 0.25,
      gadgets_count: 1,
    });
  });

  it.each([
    ["isTerminal", "terminal_reconcile_errors_total"],
    ["isPanic", "reconcile_panics_total"],
    ["isTimeout", "reconcile_timeouts_total"],
  ])("count %s by itself (Q35)", async (what, name) => {
    tell({ ...ended, outcome: "error", [what]: true });
    const counts = await Promise.all(
      ["terminal_reconcile_errors_total", "reconcile_panics_total", "reconcile_timeouts_total"].map(
        async (one) => [one, (await metric(one)).widgets],
      ),
    );
    expect(counts.filter(([, count]) => count === 1)).toEqual([[name, 1]]);
    expect(await metric("reconcile_errors_total")).toEqual({ widgets: 1 });
  });

  it("tell how many workers are busy, never less than none (Q35)", async () => {
    // One that ran when this began to listen.
    tell(ended);
    expect(await metric("active_workers")).toEqual({ widgets: 0 });
    tell(started);
    tell(started);
    expect(await metric("active_workers")).toEqual({ widgets: 2 });
    tell(ended);
    expect(await metric("active_workers")).toEqual({ widgets: 1 });
    // A second start of the same name, after leadership came back, counts on.
    tell({ type: "controller-started", controller: "widgets", concurrency: 2 });
    tell(ended);
    expect(await metric("active_workers")).toEqual({ widgets: 0 });
    expect(await metric("reconcile_total")).toMatchObject({ "widgets,success": 3 });
  });
});
