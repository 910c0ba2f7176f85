import { channel } from "node:diagnostics_channel";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Counter, type OpenMetricsContentType, Registry, register as standardRegister } from "prom-client";
import { afterEach, describe, expect, it, vi } from "vitest";
import { informerChannel } from "../../src/base/informer-telemetry.ts";
import { leaderElectionChannel } from "../../src/base/leader-election-telemetry.ts";
import { reconcileChannel } from "../../src/base/reconcile-telemetry.ts";
import { attemptChannel, lookupChannel, requestChannel } from "../../src/base/request-telemetry.ts";
import { workQueueChannel } from "../../src/base/work-queue-telemetry.ts";
import { collectMetrics } from "../../src/metrics/index.ts";
import { valuesOf } from "./exposition.ts";

const channels = [
  reconcileChannel,
  workQueueChannel,
  attemptChannel,
  requestChannel,
  lookupChannel,
  leaderElectionChannel,
  informerChannel,
];
const heard = (): boolean[] => channels.map((name) => channel(name).hasSubscribers);
const attempt = { method: "GET", host: "k", route: "/", isStream: false, code: "200", attempt: 1 };
const publishAttempt = (): void => channel(attemptChannel).publish({ ...attempt, durationMs: 1 });

const stops: (() => void)[] = [];
async function collect(register: Registry): Promise<() => void> {
  const stop = await collectMetrics({ register });
  stops.push(stop);
  return stop;
}
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.doUnmock("prom-client");
  vi.resetModules();
});

/** What a program without types may hand in. */
// biome-ignore lint/suspicious/noExplicitAny: that is what it is for
const untyped = (value: unknown): any => value;

describe("collecting metrics", () => {
  it("listens to nothing before it is asked to, and after it is stopped (H30)", async () => {
    expect(heard()).toEqual(channels.map(() => false));
    const register = new Registry();
    const stop = await collect(register);
    expect(heard()).toEqual(channels.map(() => true));
    stop();
    stop();
    expect(heard()).toEqual(channels.map(() => false));
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it("fills two registries at once, each until it is stopped", async () => {
    const [first, second] = [new Registry(), new Registry()];
    await collect(first);
    publishAttempt();
    const stopSecond = await collect(second);
    publishAttempt();
    const values = (register: Registry): Promise<Record<string, number>> =>
      valuesOf(register, "rest_client_requests_total");
    expect([await values(first), await values(second)]).toEqual([{ "200,GET,k": 2 }, { "200,GET,k": 1 }]);
    stopSecond();
    publishAttempt();
    expect([await values(first), await values(second)]).toEqual([{ "200,GET,k": 3 }, {}]);
  });

  it("registers on prom-client's own registry where it is given none", async () => {
    const stop = await collectMetrics();
    expect(standardRegister.getSingleMetric("workqueue_depth")).toBeDefined();
    stop();
    expect(standardRegister.getSingleMetric("workqueue_depth")).toBeUndefined();
  });

  it("speaks OpenMetrics where the registry does", async () => {
    const register = new Registry<OpenMetricsContentType>();
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    stops.push(await collectMetrics({ register }));
    publishAttempt();
    expect(await register.metrics()).toContain(
      'rest_client_requests_total{code="200",method="GET",host="k"} 1\n',
    );
  });

  it("refuses a registry that has one of its names, and leaves it as it is", async () => {
    const register = new Registry();
    const own = new Counter({ name: "rest_client_requests_total", help: "mine", registers: [register] });
    await expect(collectMetrics({ register })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message:
        "Collect metrics: the registry has a metric of the name rest_client_requests_total already; " +
        "stop what collects there, or give another Registry",
    });
    expect(register.getMetricsAsArray()).toEqual([own]);
    expect(heard()).toEqual(channels.map(() => false));
    const twice = new Registry();
    await collect(twice);
    await expect(collectMetrics({ register: twice })).rejects.toThrow(
      /_reconcile_total already and 31 more;/,
    );
  });

  it("takes out of the registry what is its own, and nothing else", async () => {
    const register = new Registry();
    const stop = await collect(register);
    register.clear();
    const own = new Counter({ name: "workqueue_adds_total", help: "mine", registers: [register] });
    stop();
    expect(register.getMetricsAsArray()).toEqual([own]);
  });

  it.each([
    ["options", "options"],
    ["register", { register: "prometheus" }],
    ["register", { register: { registerMetric() {} } }],
  ])("refuses wrong %s", async (name, options) => {
    await expect(collectMetrics(untyped(options))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`Expected \`${name}\``),
    });
  });

  it("says what to install where prom-client is missing", async () => {
    vi.resetModules();
    vi.doMock("prom-client", () => {
      throw new Error("Cannot find package 'prom-client'");
    });
    // Loaded all the same: only collecting needs the package.
    const { collectMetrics: collectAnew } = await import("../../src/metrics/index.ts");
    await expect(collectAnew()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/^Collect metrics: .*npm install prom-client$/),
      cause: expect.anything(),
    });
  });

  it("loads no optional package before it is used", () => {
    const folder = fileURLToPath(new URL("../../src/metrics/", import.meta.url));
    for (const file of readdirSync(folder)) {
      const text = readFileSync(folder + file, "utf8");
      expect(text).not.toMatch(/^(import|export) (?!type\b)[^;]*from "(prom-client|@opentelemetry)/m);
    }
  });

  it("survives records that are none of this version's", async () => {
    const register = new Registry();
    await collect(register);
    for (const name of channels) {
      for (const message of [undefined, "text", {}, { type: "unheard-of", queue: 5, controller: null }]) {
        channel(name).publish(message);
      }
    }
    // These pass for records, and break only when they are counted.
    channel(workQueueChannel).publish({ type: "added", queue: "q", depth: 1 });
    channel(workQueueChannel).publish({
      type: "done",
      queue: "q",
      workedMs: "long",
      depthByPriority: new Map(),
    });
    channel(informerChannel).publish({ type: "events", informer: "i", count: "many" });
    channel(attemptChannel).publish({ ...attempt, code: "404" });
    expect(await valuesOf(register, "rest_client_requests_total")).toEqual({ "404,GET,k": 1 });
  });
});
