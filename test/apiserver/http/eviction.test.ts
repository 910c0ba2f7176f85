import { describe, expect, it } from "vitest";
import { Pod, PodDisruptionBudget } from "../../../src/kinds/index.ts";
import type { TestApiServer } from "../../../src/testing/index.ts";
import { type Answer, type Front, fronts, type Json, pods } from "./fronts.ts";

const namespace = "default";

function running(server: TestApiServer, name: string, labels: Record<string, string>): void {
  const spec = { containers: [{ name: "c", image: "i" }] };
  const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  server.create(Pod, { metadata: { name, namespace, labels }, spec, status });
}

function budget(server: TestApiServer, spec: Json, status: Json = {}): void {
  const whole = { ...{ observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } };
  const metadata = { name: "b", namespace };
  server.create(PodDisruptionBudget, {
    metadata,
    spec,
    status: { disruptionsAllowed: 0, ...whole, ...status },
  });
}

const evict = (front: Front, name: string, more: object = {}): Promise<Answer> =>
  front.call("POST", `${pods}/${name}/eviction`, { metadata: { name, namespace }, ...more });

// What takes a real kube-apiserver ten seconds of retries, or cannot be brought about there.
describe.each(fronts)("eviction %s", (_name, start) => {
  it("holds to preconditions: 409 for another uid or resourceVersion", async () => {
    await using front = await start();
    running(front.server, "a", {});
    const { uid, resourceVersion } = front.server.get(Pod, "a")?.metadata ?? {};
    const with_ = (preconditions: object): Promise<Answer> =>
      evict(front, "a", { deleteOptions: { preconditions } });
    const { json } = await with_({ uid: "other" });
    const why = `the UID in the precondition (other) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    expect(json).toMatchObject({
      code: 409,
      reason: "Conflict",
      message: `Operation cannot be fulfilled on Pod "a": ${why}`,
      details: { name: "a", kind: "Pod" },
    });
    expect((await with_({ resourceVersion: "1" })).status).toBe(409);
    expect((await with_({ uid, resourceVersion })).status).toBe(201);
    expect(front.server.get(Pod, "a")).toBeUndefined();
  });

  it.each([
    [{ matchExpressions: [{ key: "app", operator: "In", values: ["web", "db"] }] }, 429],
    [{ matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] }, 201],
    [{ matchExpressions: [{ key: "app", operator: "Exists" }], matchLabels: { app: "web" } }, 429],
    [{ matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, 201],
    [{}, 429],
    [undefined, 201],
  ])("asks the budget with the selector %j: %i", async (selector, status) => {
    await using front = await start();
    running(front.server, "a", { app: "web" });
    budget(front.server, { minAvailable: 1, selector });
    expect((await evict(front, "a")).status).toBe(status);
  });

  it("is forbidden by a budget that is overdrawn or has too much to confirm", async () => {
    await using front = await start();
    running(front.server, "a", { app: "web" });
    const selector = { matchLabels: { app: "web" } };
    budget(front.server, { selector }, { disruptionsAllowed: -1 });
    const { json } = await evict(front, "a");
    expect([json.code, json.message]).toEqual([
      403,
      'poddisruptionbudget.policy "b" is forbidden: pdb disruptions allowed is negative',
    ]);
    front.server.delete(PodDisruptionBudget, "b");
    const names = Array.from({ length: 2001 }, (_, i) => [`p${i}`, "2026-01-01T00:00:00Z"]);
    budget(front.server, { selector }, { disruptionsAllowed: 1, disruptedPods: Object.fromEntries(names) });
    expect((await evict(front, "a")).json).toMatchObject({ code: 403, reason: "Forbidden" });
    expect(front.server.get(Pod, "a")).toBeDefined();
  });

  it("leaves a budget of several that is not used up without a condition", async () => {
    await using front = await start();
    running(front.server, "a", { app: "web" });
    budget(front.server, { selector: {} }, { disruptionsAllowed: 2 });
    expect((await evict(front, "a")).status).toBe(201);
    expect(front.server.get(PodDisruptionBudget, "b")?.status).toMatchObject({
      disruptionsAllowed: 1,
      disruptedPods: { a: expect.any(String) },
    });
    expect(front.server.get(PodDisruptionBudget, "b")?.status?.conditions).toBeUndefined();
  });
});
