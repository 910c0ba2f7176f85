import { describe, expect, expectTypeOf, it } from "vitest";
import * as waitConditions from "../../src/controller/wait-conditions.ts";
import type { WaitCondition } from "../../src/controller/wait-for.ts";
import type {
  CustomResourceDefinition,
  Deployment,
  Ingress,
  Job,
  Pod,
  Service,
} from "../../src/kinds/index.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { thrown } from "./request.ts";

const condition = (type: string, status: string) => ({ type, status });

describe("conditions of any object", () => {
  it("tell whether it exists", () => {
    expect([waitConditions.exists({}), waitConditions.exists(undefined)]).toEqual([true, false]);
  });

  it("tell whether it is deleted, also where another has its name", () => {
    const isDeleted = waitConditions.isDeleted("u1");
    expect(isDeleted(undefined)).toBe(true);
    expect(isDeleted({ metadata: { uid: "u1", deletionTimestamp: "t" } })).toBe(false);
    expect(isDeleted({ metadata: { uid: "u2" } })).toBe(true);
  });

  it.each<[string, KubeObject & { status?: unknown }, boolean]>([
    ["that it has", { status: { conditions: [condition("Ready", "True")] } }, true],
    ["of another status", { status: { conditions: [condition("Ready", "Unknown")] } }, false],
    ["of another type", { status: { conditions: [condition("Synced", "True")] } }, false],
    ["before it has any", { status: {} }, false],
    ["before it has a status", {}, false],
    [
      "of an older generation",
      {
        metadata: { generation: 2 },
        status: { conditions: [{ ...condition("Ready", "True"), observedGeneration: 1 }] },
      },
      false,
    ],
    [
      "of this generation",
      {
        metadata: { generation: 2 },
        status: {
          observedGeneration: 1,
          conditions: [{ ...condition("Ready", "True"), observedGeneration: 2 }],
        },
      },
      true,
    ],
    [
      "of a status that is behind",
      {
        metadata: { generation: 2 },
        status: { observedGeneration: 1, conditions: [condition("Ready", "True")] },
      },
      false,
    ],
    [
      "of a kind without generations",
      { status: { observedGeneration: 1, conditions: [condition("Ready", "True")] } },
      true,
    ],
  ])("tell of a condition %s", (_what, object, expected) => {
    expect(waitConditions.hasCondition("Ready")(object)).toBe(expected);
    expect(waitConditions.hasCondition("Ready")(undefined)).toBe(false);
  });

  it("tell of a condition of another status", () => {
    const object: Pod = { metadata: {}, status: { conditions: [condition("Ready", "False")] } };
    expect(waitConditions.hasCondition("Ready", "False")(object)).toBe(true);
    // Missing is not false.
    expect(waitConditions.hasCondition("Other", "False")(object)).toBe(false);
  });
});

describe("conditions of one kind", () => {
  it.each<[string, Pod | undefined, boolean, boolean]>([
    ["missing", undefined, false, false],
    ["without a status", { metadata: {} }, false, false],
    [
      "unschedulable",
      { metadata: {}, status: { phase: "Pending", conditions: [condition("PodScheduled", "False")] } },
      false,
      false,
    ],
    [
      "not ready",
      { metadata: {}, status: { phase: "Running", conditions: [condition("Ready", "False")] } },
      true,
      false,
    ],
    [
      "ready",
      { metadata: {}, status: { phase: "Running", conditions: [condition("Ready", "True")] } },
      true,
      true,
    ],
  ])("tell whether a pod that is %s runs and is ready", (_what, pod, isRunning, isReady) => {
    expect(waitConditions.isPodRunning(pod)).toBe(isRunning);
    expect(waitConditions.isPodReady(pod)).toBe(isReady);
  });

  it.each<[string, Job | undefined, boolean]>([
    ["missing", undefined, false],
    ["running", { metadata: {}, status: { active: 1 } }, false],
    ["failed", { metadata: {}, status: { conditions: [condition("Failed", "True")] } }, false],
    ["suspended", { metadata: {}, status: { conditions: [condition("Complete", "False")] } }, false],
    ["complete", { metadata: {}, status: { conditions: [condition("Complete", "True")] } }, true],
  ])("tell whether a job that is %s is completed", (_what, job, expected) => {
    expect(waitConditions.isJobCompleted(job)).toBe(expected);
  });

  const deployment = (
    status: Deployment["status"],
    replicas: number | undefined = 2,
    generation = 3,
  ): Deployment => ({
    metadata: { generation },
    spec: { ...(replicas === undefined ? {} : { replicas }), selector: {}, template: {} },
    ...(status === undefined ? {} : { status }),
  });
  const all = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

  it.each<[string, Deployment | undefined, boolean]>([
    ["missing", undefined, false],
    ["without a status", deployment(undefined), false],
    ["not seen by its controller", deployment({ ...all, observedGeneration: 2 }), false],
    ["seen by none", deployment({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 }), false],
    ["half updated", deployment({ ...all, updatedReplicas: 1, availableReplicas: 1 }), false],
    ["updated, with old ones left", deployment({ ...all, replicas: 3, availableReplicas: 3 }), false],
    ["updated, not available", deployment({ ...all, availableReplicas: 1 }), false],
    ["complete", deployment(all), true],
    ["scaled to nothing", deployment({ observedGeneration: 3 }, 0), true],
    ["of one replica by default", deployment({ ...all, replicas: 1, updatedReplicas: 1 }, undefined), false],
  ])("tell whether a deployment that is %s is completed", (_what, object, expected) => {
    // `undefined` is a default of the parameter above: the last case is of two replicas, one of them updated.
    expect(waitConditions.isDeploymentCompleted(object)).toBe(expected);
  });

  it("take a deployment that does not say how many for one of a single replica", () => {
    const { spec: _spec, ...rest } = deployment({
      ...all,
      replicas: 1,
      updatedReplicas: 1,
      availableReplicas: 1,
    });
    expect(waitConditions.isDeploymentCompleted(rest)).toBe(true);
  });

  const service = (type: string, ingress?: { ip?: string; hostname?: string }[]): Service => ({
    metadata: {},
    spec: { type },
    status: { loadBalancer: ingress === undefined ? {} : { ingress } },
  });
  const ingress = (found?: { ip?: string; hostname?: string }[]): Ingress => ({
    metadata: {},
    status: { loadBalancer: found === undefined ? {} : { ingress: found } },
  });

  it.each<[string, { ip?: string; hostname?: string }[] | undefined, boolean]>([
    ["no list", undefined, false],
    ["an empty list", [], false],
    ["an address", [{ ip: "1.2.3.4" }], true],
    ["a host name", [{ hostname: "lb.example.com" }], true],
    ["one of two", [{ ip: "1.2.3.4" }, {}], false],
    ["an empty address", [{ ip: "" }], false],
  ])("tell whether a load balancer with %s is provisioned", (_what, found, expected) => {
    expect(waitConditions.isServiceLoadBalancerProvisioned(service("LoadBalancer", found))).toBe(expected);
    expect(waitConditions.isIngressProvisioned(ingress(found))).toBe(expected);
  });

  it("do not wait for the load balancer of a service that gets none, nor of what is not there", () => {
    expect(waitConditions.isServiceLoadBalancerProvisioned(service("ClusterIP"))).toBe(true);
    expect(waitConditions.isServiceLoadBalancerProvisioned({ metadata: {} })).toBe(true);
    expect(waitConditions.isServiceLoadBalancerProvisioned(undefined)).toBe(false);
    const typeOnly = { metadata: {}, spec: { type: "LoadBalancer" } };
    expect(waitConditions.isServiceLoadBalancerProvisioned(typeOnly)).toBe(false);
    expect(waitConditions.isIngressProvisioned(undefined)).toBe(false);
    expect(waitConditions.isIngressProvisioned({ metadata: {} })).toBe(false);
  });

  it("tell whether a definition of a kind is established", () => {
    const crd = (status?: CustomResourceDefinition["status"]): CustomResourceDefinition =>
      ({ metadata: {}, ...(status && { status }) }) as CustomResourceDefinition;
    const of = (one: string) =>
      crd({ conditions: [condition("NamesAccepted", "True"), condition("Established", one)] });
    expect([undefined, crd(), crd({}), of("False"), of("True")].map(waitConditions.isCrdEstablished)).toEqual(
      [false, false, false, false, true],
    );
  });
});

describe("conditions, joined", () => {
  const yes = (): boolean => true;
  const no = (): boolean => false;

  it("hold all, any, or not", () => {
    const { and, or, not } = waitConditions;
    expect([and(), and(yes, yes), and(yes, no)].map((one) => one(undefined))).toEqual([true, true, false]);
    expect([or(), or(no, yes), or(no, no)].map((one) => one(undefined))).toEqual([false, true, false]);
    expect([not(yes), not(not(yes))].map((one) => one(undefined))).toEqual([false, true]);
  });

  it("join those of any object with those of one kind", () => {
    const done: WaitCondition<Job> = waitConditions.or(
      waitConditions.isJobCompleted,
      waitConditions.hasCondition("Failed"),
    );
    expect(done({ metadata: {}, status: { conditions: [condition("Failed", "True")] } })).toBe(true);
  });

  it("say by their type that the object is there, and narrow nothing where they do not hold", () => {
    const pod = { metadata: {} } as Pod | undefined;
    if (waitConditions.isPodRunning(pod)) expectTypeOf(pod.status.phase).toEqualTypeOf<string | undefined>();
    else expectTypeOf(pod).toEqualTypeOf<Pod | undefined>();
    expect(pod).toBeDefined();
  });

  it("refuse bad arguments where they are made", () => {
    for (const make of [
      () => waitConditions.isDeleted(""),
      () => waitConditions.isDeleted(undefined as never),
      () => waitConditions.hasCondition(""),
      () => waitConditions.hasCondition("Ready", true as never),
      () => waitConditions.and(waitConditions.exists, "x" as never),
      () => waitConditions.or(undefined as never),
      () => waitConditions.not(undefined as never),
    ]) {
      expect(thrown(make)).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });
});
