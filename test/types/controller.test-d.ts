import { describe, expectTypeOf, it } from "vitest";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { Controller, type ControllerEvents } from "../../src/controller/controller.ts";
import { forObject, forOwner, fromMap } from "../../src/controller/mapping.ts";
import { generationChanged } from "../../src/controller/predicates.ts";
import type { Informer } from "../../src/informer/informer.ts";
import { Deployment, Pod, Secret } from "../../src/kinds/index.ts";
import type { Runnable } from "../../src/manager/runnable.ts";
import type { PartialObjectMetadata } from "../../src/resource/object.ts";

declare const cluster: Cluster;
declare const pods: Informer<Pod>;
declare const deployments: Informer<Deployment>;

describe("a controller builder's types", () => {
  it("types the object of a request, and what events and mappers see", () => {
    const controller = cluster
      .controller(Deployment)
      .where(({ object }) => {
        expectTypeOf(object).toEqualTypeOf<Deployment>();
        return true;
      })
      .where(generationChanged)
      .owns(Pod, {
        where: (event) => {
          expectTypeOf(event.object).toEqualTypeOf<Pod>();
          return event.type !== "MODIFIED" || event.previous.spec?.nodeName !== event.object.spec?.nodeName;
        },
      })
      .watches(Secret, (secret) => {
        expectTypeOf(secret).toEqualTypeOf<Secret>();
        return { name: "web", namespace: secret.metadata.namespace };
      })
      .reconcile(async ({ object, cluster }) => {
        expectTypeOf(object).toEqualTypeOf<Deployment | undefined>();
        expectTypeOf(cluster.store(Pod).get("a/x")).toEqualTypeOf<Pod | undefined>();
        return { requeueAfterMs: 1_000 };
      });
    expectTypeOf(controller).toEqualTypeOf<Controller<Deployment>>();
    expectTypeOf(controller).toExtend<Runnable>();
  });

  it("types what only metadata was asked for as metadata", () => {
    cluster
      .controller(Deployment)
      .owns(Pod, {
        metadata: true,
        where: ({ object }) => {
          expectTypeOf(object).toEqualTypeOf<PartialObjectMetadata>();
          return true;
        },
      })
      .watches(Secret, ({ metadata }) => metadata.name, { metadata: true })
      // @ts-expect-error: the data was not sent
      .watches(Secret, (secret) => secret.data?.owner, { metadata: true });
  });

  it("refuses results that a misspelling would make of no effect", () => {
    const builder = cluster.controller(Deployment);
    builder.reconcile(() => {});
    builder.reconcile(async () => undefined);
    builder.reconcile(() => ({ requeueAfterMs: null }));
    // @ts-expect-error: Go's name
    builder.reconcile(() => ({ requeueAfter: 5 }));
    // @ts-expect-error: a duration in milliseconds
    builder.reconcile(async () => ({ requeueAfterMs: "5s" }));
  });
});

describe("a controller's types", () => {
  it("take sources of any kinds together", () => {
    const controller = new Controller<Deployment>({
      name: "deployment",
      sources: [
        { name: "deployments.apps", source: deployments, keysOf: forObject },
        { name: "pods", source: pods, keysOf: forOwner(Deployment) },
        { name: "nodes", source: pods, keysOf: fromMap((pod: Pod) => pod.spec?.nodeName) },
        { name: "keys", wakes: ["a/x", { key: "a/y", priority: 1 }] },
      ],
      objectOf: (key) => deployments.store.get(key),
      cluster: () => {
        throw new Error("not used");
      },
      reconcile: ({ object }) => {
        expectTypeOf(object).toEqualTypeOf<Deployment | undefined>();
      },
    });
    controller.on("error", (error) => expectTypeOf(error.code).toBeString());
    expectTypeOf<ControllerEvents["reconciled"]>().parameter(0).toHaveProperty("durationMs");
    // @ts-expect-error: a mapper of pods does not map deployments
    ({ name: "x", source: deployments, keysOf: fromMap((pod: Pod) => pod.spec?.nodeName) }) satisfies {
      source: Informer<Deployment>;
      keysOf: (object: Deployment, key: string) => Iterable<string>;
    };
  });
});
