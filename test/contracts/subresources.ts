import { beforeEach, describe, expect, it } from "vitest";
import { Pod, PodDisruptionBudget } from "../../src/kinds/index.ts";
import { RawWatch, word } from "./raw-watch.ts";
import type { Answer, Json, ServerUnderTest } from "./server-under-test.ts";
import { caller, collection, create, failure, merge, named } from "./status.ts";

const success = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };

function podOf(
  name: string,
  more: { spec?: object; labels?: Record<string, string>; names?: string[] } = {},
): Json {
  const containers = (more.names ?? ["c"]).map((container) => ({ name: container, image: "i" }));
  return { ...named(name, more.labels), spec: { containers, ...more.spec } };
}

/** What pods have beside a status: eviction, binding, logs and processes, without any kubelet. */
export function describeSubresources(server: () => ServerUnderTest): void {
  const call = caller(server);
  let namespace: string;
  let pods: string;

  beforeEach(async () => {
    namespace = await server().namespace();
    pods = collection(Pod, namespace);
  });

  describe("eviction", () => {
    const evict = (name: string, more: object = {}, query = ""): Promise<Answer> =>
      call("POST", `${pods}/${name}/eviction${query}`, {
        body: { kind: "Eviction", apiVersion: "policy/v1", metadata: { name, namespace }, ...more },
      });
    const setStatus = (of: string, name: string, status: object): Promise<Json> =>
      merge(server(), `${of}/${name}/status`, { status });
    const budget = async (name: string, status: object, spec: object = {}): Promise<void> => {
      const budgets = collection(PodDisruptionBudget, namespace);
      const selector = { matchLabels: { app: "web" } };
      await create(server(), budgets, { ...named(name), spec: { minAvailable: 1, selector, ...spec } });
      await setStatus(budgets, name, {
        ...{ observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
        disruptionsAllowed: 0,
        ...status,
      });
    };
    const running = async (name: string, ready = "True"): Promise<void> => {
      await create(server(), pods, podOf(name, { labels: { app: "web" } }));
      const conditions = [{ type: "Ready", status: ready }];
      await setStatus(pods, name, { phase: "Running", conditions });
    };
    const tooMany = (message: string, more: object = {}): Json =>
      failure(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
        causes: [{ reason: "DisruptionBudget", message }],
        ...more,
      });

    it("deletes a pod, telling its watchers why, and is 404 for one that is gone", async () => {
      const { metadata } = await create(server(), pods, podOf("a"));
      const { resourceVersion } = metadata;
      await using watch = await RawWatch.open(server(), pods, { resourceVersion });
      const { status, json } = await evict("a");
      expect([status, json]).toEqual([201, success]);
      const frames = await watch.take(3);
      expect(frames.map(word)).toEqual(["MODIFIED a", "MODIFIED a", "DELETED a"]);
      expect(frames[0]?.object.status.conditions).toEqual([
        {
          type: "DisruptionTarget",
          status: "True",
          lastProbeTime: null,
          lastTransitionTime: expect.any(String),
          reason: "EvictionByEvictionAPI",
          message: "Eviction API: evicting",
        },
      ]);
      const missing = failure(404, "NotFound", 'pods "a" not found', { name: "a", kind: "pods" });
      expect((await evict("a")).json).toEqual(missing);
    });

    it("follows the options of a deletion: dry run, grace, uid", async () => {
      await create(server(), pods, podOf("a", { spec: { nodeName: "n1" } }));
      expect((await evict("a", {}, "?dryRun=All")).json).toEqual(success);
      expect((await evict("a", { deleteOptions: { dryRun: ["All"] } })).json).toEqual(success);
      const { json: before } = await call("GET", `${pods}/a`);
      expect([before.metadata.deletionTimestamp, before.status.conditions]).toEqual([undefined, undefined]);
      const { uid } = before.metadata;
      const asked = { gracePeriodSeconds: 5, preconditions: { uid } };
      expect((await evict("a", { deleteOptions: asked })).json).toEqual(success);
      const { json: going } = await call("GET", `${pods}/a`);
      expect(going.metadata.deletionGracePeriodSeconds).toBe(5);
      expect((await evict("a")).json).toEqual(success);
      expect((await evict("a", { deleteOptions: { gracePeriodSeconds: 0 } })).json).toEqual(success);
      expect((await call("GET", `${pods}/a`)).status).toBe(404);
    });

    it("is refused by a budget that allows no disruption: 429, with the reason", async () => {
      await running("a");
      await budget("b", {});
      const needs = "The disruption budget b needs 1 healthy pods and has 1 currently";
      const refused = await evict("a");
      expect([refused.json, refused.headers["retry-after"]]).toEqual([tooMany(needs), undefined]);
      const budgets = collection(PodDisruptionBudget, namespace);
      await setStatus(budgets, "b", {
        conditions: [
          {
            type: "DisruptionAllowed",
            status: "False",
            reason: "SyncFailed",
            message: "found no controllers",
            lastTransitionTime: "2026-01-01T00:00:00Z",
          },
        ],
      });
      const failed =
        "The disruption budget b does not allow evicting pods currently because it failed sync: found no controllers";
      expect((await evict("a", {}, "?dryRun=All")).json).toEqual(tooMany(failed));
      await setStatus(budgets, "b", { observedGeneration: 0 });
      const pending = await evict("a");
      const processing = "The disruption budget b is still being processed by the server.";
      expect(pending.json).toEqual(tooMany(processing, { retryAfterSeconds: 10 }));
      expect(pending.headers["retry-after"]).toBe("10");
      expect((await call("GET", `${pods}/a`)).status).toBe(200);
    });

    it("uses up what a budget allows", async () => {
      await running("a");
      await budget("b", { disruptionsAllowed: 1, currentHealthy: 2 });
      const path = `${collection(PodDisruptionBudget, namespace)}/b`;
      expect((await evict("a", {}, "?dryRun=All")).json).toEqual(success);
      expect((await call("GET", path)).json.status.disruptionsAllowed).toBe(1);
      expect((await evict("a")).json).toEqual(success);
      const { status } = (await call("GET", path)).json;
      expect([status.disruptionsAllowed, status.disruptedPods]).toEqual([0, { a: expect.any(String) }]);
      expect(status.conditions).toEqual([
        {
          type: "DisruptionAllowed",
          status: "False",
          reason: "InsufficientPods",
          message: "",
          observedGeneration: 1,
          lastTransitionTime: expect.any(String),
        },
      ]);
    });

    it("asks no budget for pods that do not serve: pending, over, unready beside healthy ones", async () => {
      await budget("b", {});
      await create(server(), pods, podOf("pending", { labels: { app: "web" } }));
      await running("over");
      await setStatus(pods, "over", { phase: "Succeeded" });
      await running("unready", "False");
      await running("other");
      await merge(server(), `${pods}/other`, { metadata: { labels: { app: "other" } } });
      for (const name of ["pending", "over", "unready", "other"]) {
        expect((await evict(name)).json).toEqual(success);
      }
      const budgets = collection(PodDisruptionBudget, namespace);
      await setStatus(budgets, "b", { currentHealthy: 0 });
      await running("last", "False");
      const needs = "The disruption budget b needs 1 healthy pods and has 0 currently";
      expect((await evict("last")).json).toEqual(tooMany(needs));
      await merge(server(), `${budgets}/b`, { spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" } });
      expect((await evict("last")).json).toEqual(success);
    });

    it("is 500 for a pod with several budgets", async () => {
      await running("a");
      await budget("b", { disruptionsAllowed: 1 });
      await budget("c", { disruptionsAllowed: 1 }, { selector: {} });
      const message =
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
      expect((await evict("a")).json).toEqual(failure(500, "", message));
    });

    it("is 400 for an eviction of something else, 405 for other methods", async () => {
      await create(server(), pods, podOf("a"));
      const name = "name in URL does not match name in Eviction object";
      expect((await evict("a", { metadata: { name: "b" } })).json).toEqual(failure(400, "BadRequest", name));
      const where = "the namespace of the provided object does not match the namespace sent on the request";
      const metadata = { name: "a", namespace: "other" };
      expect((await evict("a", { metadata })).json).toEqual(failure(400, "BadRequest", where));
      expect((await evict("a", { kind: "Pod", apiVersion: "v1" })).status).toBe(400);
      expect((await call("GET", `${pods}/a/eviction`)).status).toBe(405);
      expect((await evict("a", { apiVersion: "policy/v1beta1" })).json).toEqual(success);
    });
  });

  describe("binding", () => {
    const bind = (name: string, more: object = {}, query = ""): Promise<Answer> =>
      call("POST", `${pods}/${name}/binding${query}`, {
        body: { metadata: { name }, target: { kind: "Node", name: "n1" }, ...more },
      });

    it("puts a pod on a node, once", async () => {
      await create(server(), pods, podOf("a"));
      expect((await bind("a", {}, "?dryRun=All")).json).toEqual(success);
      const metadata = { name: "a", annotations: { a: "b" }, labels: { c: "d" } };
      const { status, json } = await bind("a", { metadata });
      expect([status, json]).toEqual([201, success]);
      const { json: bound } = await call("GET", `${pods}/a`);
      expect(bound.spec.nodeName).toBe("n1");
      expect(bound.metadata).toMatchObject({ labels: { c: "d" }, annotations: { a: "b" }, generation: 1 });
      expect(bound.status.conditions).toEqual([
        {
          type: "PodScheduled",
          status: "True",
          lastProbeTime: null,
          lastTransitionTime: expect.any(String),
        },
      ]);
      const message =
        'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n1"';
      const details = { name: "a", kind: "pods/binding" };
      expect((await bind("a")).json).toEqual(failure(409, "Conflict", message, details));
    });

    it("is refused for pods that are missing or another, and without a node", async () => {
      const missing = failure(404, "NotFound", 'pods "a" not found', { name: "a", kind: "pods" });
      expect((await bind("a")).json).toEqual(missing);
      const { metadata } = await create(server(), pods, podOf("a"));
      const name = "name in URL does not match name in Binding object";
      expect((await bind("a", { metadata: {} })).json).toEqual(failure(400, "BadRequest", name));
      expect((await bind("a", { target: {} })).json).toEqual(failure(500, "", "target.name: Required value"));
      const kind = 'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"';
      expect((await bind("a", { target: { kind: "Pod", name: "n" } })).json).toEqual(failure(500, "", kind));
      const conflict = (await bind("a", { metadata: { name: "a", uid: "other" } })).json;
      expect([conflict.code, conflict.reason]).toEqual([409, "Conflict"]);
      expect(conflict.message).toContain(`UID in precondition: other, UID in object meta: ${metadata.uid}`);
      expect((await call("GET", `${pods}/a/binding`)).status).toBe(405);
    });
  });

  describe("logs and processes without a kubelet", () => {
    beforeEach(async () => {
      await create(server(), pods, podOf("a"));
      await create(
        server(),
        pods,
        podOf("two", { names: ["x", "y"], spec: { initContainers: [{ name: "i", image: "i" }] } }),
      );
      await create(server(), pods, podOf("placed", { spec: { nodeName: `none-${namespace}` } }));
    });

    it("gives nothing of a pod that is on no node", async () => {
      for (const query of ["", "?follow=true", "?previous=true", "?container=c&tailLines=1"]) {
        const { status, text } = await call("GET", `${pods}/a/log${query}`);
        expect([status, text]).toEqual([204, ""]);
      }
    });

    it.each(["log", "exec", "attach"])("asks which container, for %s", async (name) => {
      const query = name === "exec" ? "command=ls&stdout=true" : "stdout=true";
      const choose = "a container name must be specified for pod two, choose one of: [i x y]";
      const answer = await call("GET", `${pods}/two/${name}?${query}`);
      expect(answer.json).toEqual(failure(400, "BadRequest", choose));
      const other = await call("GET", `${pods}/two/${name}?${query}&container=z`);
      expect(other.json).toEqual(failure(400, "BadRequest", "container z is not valid for pod two"));
    });

    it.each(["log", "exec", "attach", "portforward"])("finds no host for %s", async (name) => {
      const query = "command=ls&stdout=true&ports=80";
      const ask = async (pod: string): Promise<Json> =>
        (await call("GET", `${pods}/${pod}/${name}?${query}`)).json;
      const missing = failure(404, "NotFound", 'pods "none" not found', { name: "none", kind: "pods" });
      expect(await ask("none")).toEqual(missing);
      const node = `none-${namespace}`;
      const details = { name: node, kind: "pods" };
      expect(await ask("placed")).toEqual(failure(404, "NotFound", `pods "${node}" not found`, details));
      if (name === "log") return;
      const unplaced = failure(400, "BadRequest", "pod a does not have a host assigned");
      expect(await ask("a")).toEqual(unplaced);
      expect((await call("PUT", `${pods}/a/${name}?${query}`, { body: {} })).status).toBe(405);
    });

    it("finds no address of a node without any", async () => {
      const node = `node-${namespace}`;
      await create(server(), "/api/v1/nodes", named(node));
      await create(server(), pods, podOf("there", { spec: { nodeName: node } }));
      const message = "no preferred addresses found; known addresses: []";
      for (const at of ["log", "exec?command=ls&stdout=true", "portforward?ports=80"]) {
        expect((await call("GET", `${pods}/there/${at}`)).json).toEqual(failure(500, "", message));
      }
      await call("DELETE", `/api/v1/nodes/${node}`);
    });

    it("checks the options of a log", async () => {
      const log = async (query: string): Promise<Json> => (await call("GET", `${pods}/a/log?${query}`)).json;
      const invalid = (text: string, ...causes: readonly object[]): Json =>
        failure(422, "Invalid", `PodLogOptions "a" is invalid: ${text}`, {
          name: "a",
          kind: "PodLogOptions",
          causes,
        });
      const cause = (field: string, message: string, reason = "FieldValueInvalid"): object => ({
        reason,
        message,
        field,
      });
      const least = "Invalid value: -1: must be greater than or equal to 0";
      const positive = "Invalid value: 0: must be greater than 0";
      expect(await log("tailLines=-1")).toEqual(invalid(`tailLines: ${least}`, cause("tailLines", least)));
      expect(await log("tailLines=-1&limitBytes=0&sinceSeconds=0")).toEqual(
        invalid(
          `[tailLines: ${least}, limitBytes: ${positive}, sinceSeconds: ${positive}]`,
          cause("tailLines", least),
          cause("limitBytes", positive),
          cause("sinceSeconds", positive),
        ),
      );
      const both = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified";
      expect(await log("sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z")).toEqual(
        invalid(`[]: ${both}`, cause("[]", both, "FieldValueForbidden")),
      );
      const number = 'strconv.ParseInt: parsing "abc": invalid syntax';
      expect(await log("tailLines=abc")).toEqual(failure(400, "BadRequest", number));
      const time = 'parsing time "hello" as "2006-01-02T15:04:05Z07:00": cannot parse "hello" as "2006"';
      expect(await log("sinceTime=hello")).toEqual(failure(400, "BadRequest", time));
      const text = await call("GET", `${pods}/a/log`, { headers: { accept: "text/plain" } });
      expect([text.status, text.json.reason]).toEqual([406, "NotAcceptable"]);
      const any = { headers: { accept: "text/plain, */*" } };
      expect((await call("GET", `${pods}/a/log`, any)).status).toBe(204);
    });
  });
}
