import { channel } from "node:diagnostics_channel";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type InformerRecord, informerChannel } from "../../src/base/informer-telemetry.ts";
import { collectMetrics } from "../../src/metrics/index.ts";
import { valuesOf } from "./exposition.ts";

let register: Registry;
let stop: () => void;
beforeEach(async () => {
  vi.useFakeTimers();
  register = new Registry();
  stop = await collectMetrics({ register });
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

const informer = "pods in shop";
const tell = (record: Omit<InformerRecord, "informer">): void =>
  channel(informerChannel).publish({ informer, ...record });
const metric = (name: string): Promise<Record<string, number>> =>
  valuesOf(register, `kube_reflex_informer_${name}`);

describe("metrics of an informer", () => {
  it("count lists by their cause, watches, events, and failures by their code", async () => {
    tell({ type: "list-started", reason: "start" });
    tell({ type: "list-started", reason: "expired" });
    tell({ type: "list-started" });
    tell({ type: "watch-started" });
    tell({ type: "error", reason: "CONNECTION_FAILED" });
    tell({ type: "events", count: 3 });
    tell({ type: "events", count: 2 });
    expect(await metric("lists_total")).toEqual({
      [`${informer},start`]: 1,
      [`${informer},expired`]: 1,
      [`${informer},unknown`]: 1,
    });
    expect(await metric("watches_total")).toEqual({ [informer]: 1 });
    expect(await metric("errors_total")).toEqual({ [`${informer},CONNECTION_FAILED`]: 1 });
    expect(await metric("events_total")).toEqual({ [informer]: 5 });
  });

  it("tell how many objects are stored, how old the last event is, and how long it was silent before", async () => {
    tell({ type: "listed", size: 10 });
    await vi.advanceTimersByTimeAsync(4000);
    expect(await metric("objects")).toEqual({ [informer]: 10 });
    expect(await metric("last_event_age_seconds")).toEqual({ [informer]: 4 });
    tell({ type: "events", count: 1, size: 11, sinceProgressMs: 4000 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await metric("objects")).toEqual({ [informer]: 11 });
    expect(await metric("last_event_age_seconds")).toEqual({ [informer]: 0.5 });
    expect(await metric("event_gap_seconds")).toEqual({ [`${informer}_sum`]: 4, [`${informer}_count`]: 1 });
  });

  it("tell the state of its health: 1 for the one it is in, 0 for the others", async () => {
    tell({ type: "health", state: "syncing" });
    tell({ type: "health", state: "live" });
    const [live, others] = [`${informer},live`, { [`${informer},syncing`]: 0, [`${informer},failed`]: 0 }];
    expect(await metric("health")).toEqual({ ...others, [live]: 1, [`${informer},stale`]: 0 });
    tell({ type: "health", state: "stale" });
    expect(await metric("health")).toEqual({ ...others, [live]: 0, [`${informer},stale`]: 1 });
  });

  it("tell no size, no age and no health of one that was stopped: its end is no alarm", async () => {
    tell({ type: "listed", size: 10 });
    tell({ type: "health", state: "live" });
    tell({ type: "health", state: "stopped" });
    expect(await metric("objects")).toEqual({});
    expect(await metric("last_event_age_seconds")).toEqual({});
    expect(await metric("health")).toEqual({});
    tell({ type: "health", state: "live" });
    expect(await metric("health")).toMatchObject({ [`${informer},live`]: 1 });
  });
});
