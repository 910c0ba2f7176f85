import { describe, expectTypeOf, it } from "vitest";
import {
  type AutoscalingV1HorizontalPodAutoscaler,
  ConfigMap,
  type DeviceClass,
  type Eviction,
  type FlowSchema,
  type HorizontalPodAutoscaler,
  Job,
  type NodeMetrics,
  Pod,
  type PodMetrics,
  type PodSubresource,
  type ResourceClaim,
  type Scale,
  type SelfSubjectAccessReview,
  type SelfSubjectReview,
  type ServiceAccount,
  type TokenRequest,
  type TokenReview,
} from "../../src/kinds/index.ts";
import type { Kind, ObjectOf } from "../../src/resource/kind.ts";
import type { KubeObject, ObjectMeta, PartialObjectMetadata } from "../../src/resource/object.ts";

type SubresourceOf<K> = K extends Kind<KubeObject, infer S> ? S : "no kind";

describe("subresources", () => {
  it("are part of a kind's type", () => {
    expectTypeOf<SubresourceOf<typeof Pod>>().toEqualTypeOf<PodSubresource>();
    expectTypeOf<"log">().toExtend<PodSubresource>();
    expectTypeOf<"scale">().not.toExtend<PodSubresource>();
    expectTypeOf<SubresourceOf<typeof Job>>().toEqualTypeOf<"status">();
    expectTypeOf<SubresourceOf<typeof ConfigMap>>().toEqualTypeOf<never>();
    expectTypeOf(Pod.subresources).toEqualTypeOf<readonly PodSubresource[]>();
  });

  it("let a function ask for a kind that has one", () => {
    const withStatus = <T extends KubeObject>(_kind: Kind<T, "status">): void => {};
    withStatus(Job);
    // @ts-expect-error: a pod has more than a status, and is read as such
    withStatus(Pod);
    const any = (_kind: Kind): void => {};
    any(Pod);
    any(ConfigMap);
  });

  it("have types for what goes through them", () => {
    const scale: Scale = { metadata: { name: "web" }, spec: { replicas: 3 } };
    const eviction: Eviction = { metadata: { name: "web-0" }, deleteOptions: { gracePeriodSeconds: 0 } };
    const request: TokenRequest = { metadata: {}, spec: { audiences: ["api"], expirationSeconds: 600 } };
    expectTypeOf(scale.status?.replicas).toEqualTypeOf<number | undefined>();
    expectTypeOf(request.status?.expirationTimestamp).toEqualTypeOf<string | undefined>();
    expectTypeOf(eviction).toExtend<KubeObject>();
  });
});

describe("kinds that are only created", () => {
  it("need no metadata: a review has none of its own", () => {
    const review: SelfSubjectAccessReview = {
      spec: { resourceAttributes: { verb: "list", resource: "pods" } },
    };
    const token: TokenReview = { spec: { token: "t" } };
    const self: SelfSubjectReview = {};
    expectTypeOf(review.status?.allowed).toEqualTypeOf<boolean | undefined>();
    expectTypeOf(token.metadata).toEqualTypeOf<ObjectMeta | undefined>();
    expectTypeOf(self.status?.userInfo?.groups).toEqualTypeOf<string[] | undefined>();
    // @ts-expect-error: misspelt
    const misspelt: TokenReview = { spec: { tokn: "t" } };
    expectTypeOf(misspelt).toEqualTypeOf<TokenReview>();
  });
});

describe("metrics", () => {
  it("are typed as metrics-server sends them: quantities and times are strings (P37)", () => {
    expectTypeOf<ObjectOf<typeof NodeMetrics>>().toEqualTypeOf<NodeMetrics>();
    expectTypeOf<NodeMetrics["usage"]["cpu"]>().toEqualTypeOf<string>();
    expectTypeOf<NodeMetrics["timestamp"]>().toEqualTypeOf<string>();
    expectTypeOf<PodMetrics["window"]>().toEqualTypeOf<string>();
    expectTypeOf<PodMetrics["containers"][number]["usage"]["memory"]>().toEqualTypeOf<string>();
    expectTypeOf<PodMetrics["metadata"]>().toEqualTypeOf<ObjectMeta>();
    // @ts-expect-error: a pod's usage is told per container
    expectTypeOf<PodMetrics["usage"]>().toBeString();
  });
});

describe("misspelt field paths", () => {
  it("do not compile, at any depth and in every group (P37, P38)", () => {
    const pod: Pod = { metadata: { name: "p" }, spec: { containers: [] } };
    // @ts-expect-error: it is `spec`
    void pod.specs;
    // @ts-expect-error: it is `nodeName`
    void pod.spec?.nodename;
    // @ts-expect-error: it is `restartCount`
    void pod.status?.containerStatuses?.[0]?.restarts;
    // @ts-expect-error: it is `creationTimestamp`
    void pod.metadata.createdAt;
    // @ts-expect-error: a string has no `getTime`; a Date would (P37)
    void pod.metadata.creationTimestamp?.getTime();
    expectTypeOf<keyof NonNullable<FlowSchema["spec"]>>().toEqualTypeOf<
      "distinguisherMethod" | "matchingPrecedence" | "priorityLevelConfiguration" | "rules"
    >();
    expectTypeOf<ResourceClaim["spec"]>().toHaveProperty("devices");
    expectTypeOf<DeviceClass["spec"]>().toHaveProperty("selectors");
    // @ts-expect-error: a claim is no pod's reference to one, which client-node has a class for too
    void ({} as ResourceClaim).request;
    expectTypeOf<ServiceAccount>().not.toHaveProperty("spec");
  });

  it("tells two versions of a kind apart (P35)", () => {
    type Newer = NonNullable<HorizontalPodAutoscaler["spec"]>;
    type Older = NonNullable<AutoscalingV1HorizontalPodAutoscaler["spec"]>;
    expectTypeOf<Newer>().toHaveProperty("metrics");
    expectTypeOf<Older>().not.toHaveProperty("metrics");
    expectTypeOf<Older>().toHaveProperty("targetCPUUtilizationPercentage");
  });
});

describe("PartialObjectMetadata", () => {
  it("has the metadata of an object and nothing else of it", () => {
    const partial: PartialObjectMetadata = { apiVersion: "v1", kind: "Pod", metadata: { name: "web-0" } };
    expectTypeOf<keyof PartialObjectMetadata>().toEqualTypeOf<"apiVersion" | "kind" | "metadata">();
    expectTypeOf(partial.metadata.labels).toEqualTypeOf<Record<string, string> | undefined>();
    expectTypeOf<PartialObjectMetadata>().toExtend<KubeObject>();
    // @ts-expect-error: only the metadata was asked for
    void partial.spec;
    // @ts-expect-error: only the metadata was asked for
    void partial.status;
  });
});
