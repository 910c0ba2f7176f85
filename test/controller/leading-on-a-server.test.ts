import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { ControllerCluster } from "../../src/controller/cluster-port.ts";
import type { Controller } from "../../src/controller/controller.ts";
import { ConfigMap, Secret } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/test-api-server.ts";
import { pass } from "../informer/source.ts";
import { recordingLog } from "./harness.ts";

let server: TestApiServer;
let cluster: Cluster;

beforeEach(async () => {
  vi.useFakeTimers();
  server = await TestApiServer.start({ listen: false });
  cluster = await server.cluster();
  server.create(Secret, { metadata: { namespace: "default", name: "first" } });
});
afterEach(async () => {
  await server.stop();
  vi.useRealTimers();
});

const late: ConfigMap = { metadata: { namespace: "default", name: "late" } };
const settled = (run: Promise<void>): Promise<unknown> =>
  run.then(
    () => "resolved",
    (error: unknown) => error,
  );

describe("a controller that does not lead any more, on a server", () => {
  it.each(["waits for it", "has returned meanwhile"])(
    "does not repeat a write that the server asked to repeat, where its reconcile %s",
    async (how) => {
      let isLeader = true;
      let outcome: unknown;
      const controller = cluster.controller(Secret, { log: recordingLog() }).reconcile(async (request) => {
        const written = request.cluster.resources(ConfigMap).create(late);
        const told = written.then(
          () => "written",
          (error: unknown) => (KubeError.is(error) ? error.code : error),
        );
        void told.then((code) => {
          outcome = code;
        });
        if (how === "waits for it") await told;
      });
      server.failNext({ verb: "create", status: 429, retryAfterSeconds: 20 });
      const stop = new AbortController();
      const ended = settled(controller.run(stop.signal, { leadership: { isLeader: () => isLeader } }));
      await pass(1_000);
      // As of a process that was paused: nobody is told, and no timer of the election has fired.
      isLeader = false;
      await pass(60_000);
      expect([outcome, server.list(ConfigMap)]).toEqual(["LEADERSHIP_LOST", []]);
      expect(await ended).toMatchObject({ code: "LEADERSHIP_LOST" });
    },
  );

  it("does not repeat a write after its end", async () => {
    let outcome: unknown;
    const controller = cluster.controller(Secret, { log: recordingLog() }).reconcile(async (request) => {
      request.cluster
        .resources(ConfigMap)
        .create(late)
        .catch((error: unknown) => {
          outcome = error;
        });
    });
    server.failNext({ verb: "create", status: 503, retryAfterSeconds: 20 });
    const stop = new AbortController();
    const ended = settled(controller.run(stop.signal));
    await pass(1_000);
    stop.abort();
    expect(await ended).toBe("resolved");
    await pass(60_000);
    expect([outcome, server.list(ConfigMap)]).toEqual([expect.objectContaining({ code: "STOPPED" }), []]);
  });

  it("writes nothing by a cluster that somebody kept, ever again", async () => {
    let isLeader = true;
    let kept: ControllerCluster | undefined;
    const controller = cluster.controller(Secret, { log: recordingLog() }).reconcile((request) => {
      kept = request.cluster;
    });
    const stop = new AbortController();
    const ended = settled(controller.run(stop.signal, { leadership: { isLeader: () => isLeader } }));
    await pass(100);
    isLeader = false;
    const write = (): Promise<unknown> | undefined =>
      kept
        ?.resources(ConfigMap)
        .create(late)
        .catch((error: unknown) => error);
    expect(await write()).toMatchObject({ code: "LEADERSHIP_LOST" });
    await ended;
    // Another term is another controller's.
    isLeader = true;
    expect(await write()).toMatchObject({ code: "LEADERSHIP_LOST" });
    expect(server.list(ConfigMap)).toEqual([]);
  });
});

describe("a controller whose cluster is closed", () => {
  it.each(["starts", "runs"])(
    "while it %s ends with STOPPED: nothing would wake it any more",
    async (when) => {
      if (when === "starts") server.stallWatches();
      const keys: string[] = [];
      const controller = cluster
        .controller(Secret, { log: recordingLog() })
        .owns(ConfigMap)
        .reconcile(({ key }) => {
          keys.push(key);
          throw new Error("to be tried again for ever");
        });
      const ended = settled(controller.run(new AbortController().signal));
      await pass(100);
      await cluster.close();
      expect(await ended).toMatchObject({
        code: "STOPPED",
        message: "Run the controller secret: its cluster was closed",
      });
      const runs = keys.length;
      await pass(3_600_000);
      expect([controller.health().state, keys.length, vi.getTimerCount()]).toEqual(["stopped", runs, 0]);
    },
  );

  it("after it was told to end ends in peace, and before it was run with STOPPED", async () => {
    const make = (name: string): Controller<Secret> =>
      cluster.controller(Secret, { name, log: recordingLog() }).reconcile(() => {});
    const [running, idle] = [make("running"), make("idle")];
    const stop = new AbortController();
    const ended = settled(running.run(stop.signal));
    await pass(100);
    stop.abort();
    await cluster.close();
    expect(await ended).toBe("resolved");
    const late = new AbortController();
    expect(await settled(idle.run(late.signal))).toMatchObject({ code: "STOPPED" });
  });
});
