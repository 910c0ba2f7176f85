import type { V1Container, V1ListMeta } from "@kubernetes/client-node";
import { describe, expectTypeOf, it } from "vitest";
import type * as kinds from "../../src/kinds/index.ts";
import {
  type ConfigMap,
  type ControllerRevision,
  type CustomResourceDefinition,
  Deployment,
  type Event,
  type EventsV1Event,
  type JSONSchemaProps,
  type Lease,
  type NetworkPolicy,
  Pod,
  type PodDisruptionBudget,
  type PodSubresource,
  type Secret,
  type Service,
  type Wire,
} from "../../src/kinds/index.ts";
import type { Kind, ObjectOf } from "../../src/resource/kind.ts";
import { defineKind } from "../../src/resource/kind.ts";
import type { KubeObject, ListMeta, ObjectMeta } from "../../src/resource/object.ts";

describe("timestamps", () => {
  it("types creationTimestamp and every other time as the string that it is (P37)", () => {
    expectTypeOf<Pod["metadata"]["creationTimestamp"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<NonNullable<Pod["status"]>["startTime"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Event["eventTime"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<NonNullable<Lease["spec"]>["renewTime"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<NonNullable<PodDisruptionBudget["status"]>["disruptedPods"]>().toEqualTypeOf<
      { [key: string]: string } | undefined
    >();
    // @ts-expect-error: a Date is not what the wire carries
    const event: EventsV1Event = { metadata: { name: "e" }, eventTime: new Date() };
    expectTypeOf(event).toEqualTypeOf<EventsV1Event>();
  });
});

describe("names", () => {
  it("names fields as the wire does: NetworkPolicy's `from`, ListMeta's `continue` (P38)", () => {
    type Ingress = NonNullable<NonNullable<NetworkPolicy["spec"]>["ingress"]>[number];
    expectTypeOf<keyof Ingress>().toEqualTypeOf<"from" | "ports">();
    expectTypeOf<Wire<V1ListMeta>>().toEqualTypeOf<ListMeta>();
    expectTypeOf<Wire<V1ListMeta>["continue"]>().toEqualTypeOf<string | undefined>();
    const policy: NetworkPolicy = {
      metadata: { name: "web" },
      spec: { ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }] }], podSelector: {} },
    };
    expectTypeOf(policy).toExtend<KubeObject>();
    // @ts-expect-error: client-node's own name never reaches the wire
    const wrong: Ingress = { _from: [] };
    expectTypeOf(wrong).toEqualTypeOf<Ingress>();
  });

  it("names a schema's fields as the wire does, at every depth (P38)", () => {
    const schema: JSONSchemaProps = {
      $ref: "#/definitions/x",
      $schema: "http://json-schema.org/schema#",
      default: { any: ["thing"] },
      enum: ["a", 1, null],
      "x-kubernetes-preserve-unknown-fields": true,
      properties: {
        inner: { "x-kubernetes-int-or-string": true, items: { default: 1 }, not: { enum: [2] } },
        list: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
        rules: {
          "x-kubernetes-validations": [{ rule: "self > 0" }],
          additionalProperties: { type: "string" },
        },
      },
    };
    expectTypeOf(schema.properties?.inner?.not).toEqualTypeOf<JSONSchemaProps | undefined>();
    expectTypeOf(schema["x-kubernetes-preserve-unknown-fields"]).toEqualTypeOf<boolean | undefined>();
    expectTypeOf(schema.default).toEqualTypeOf<unknown>();
    type Leaked = Extract<keyof JSONSchemaProps, `_${string}` | `x_${string}` | "ref" | "schema">;
    expectTypeOf<Leaked>().toEqualTypeOf<never>();
    type Version = CustomResourceDefinition["spec"]["versions"][number];
    expectTypeOf<NonNullable<Version["schema"]>["openAPIV3Schema"]>().toEqualTypeOf<
      JSONSchemaProps | undefined
    >();
  });

  it("leaves no renamed field anywhere below the built-in kinds (P38)", () => {
    type Built = { [K in keyof typeof kinds]: (typeof kinds)[K] extends Kind<infer T> ? T : never };
    type Leak<T, Depth extends unknown[] = []> = Depth["length"] extends 9
      ? never
      : T extends readonly (infer Item)[]
        ? Leak<Item, Depth>
        : T extends Date
          ? "Date"
          : T extends object
            ?
                | Extract<keyof T, `_${string}` | `x_${string}`>
                | {
                    [K in keyof T]-?: T[K] extends JSONSchemaProps
                      ? never
                      : Leak<NonNullable<T[K]>, [...Depth, 0]>;
                  }[keyof T]
            : never;
    expectTypeOf<Leak<Built["Pod"]>>().toEqualTypeOf<never>();
    expectTypeOf<Leak<Built["CronJob"]>>().toEqualTypeOf<never>();
    expectTypeOf<Leak<Built["HorizontalPodAutoscaler"]>>().toEqualTypeOf<never>();
    expectTypeOf<Leak<Built["NetworkPolicy"]>>().toEqualTypeOf<never>();
    expectTypeOf<Leak<Built["ValidatingAdmissionPolicy"]>>().toEqualTypeOf<never>();
  });
});

describe("objects", () => {
  it("knows the object type of a kind", () => {
    expectTypeOf<ObjectOf<typeof Pod>>().toEqualTypeOf<Pod>();
    expectTypeOf<ObjectOf<typeof Deployment>>().toEqualTypeOf<Deployment>();
    expectTypeOf(Pod).toEqualTypeOf<Kind<Pod, PodSubresource>>();
    expectTypeOf(Pod).toExtend<Kind>();
    expectTypeOf(Deployment).not.toExtend<Kind<Pod>>();
  });

  it("takes objects as people write them", () => {
    const service: Service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", labels: { app: "web" } },
      spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] },
    };
    const deployment: Deployment = {
      metadata: { generateName: "web-" },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ name: "web", image: "nginx", resources: { limits: { cpu: "1" } } }] },
        },
      },
    };
    expectTypeOf(service).toExtend<KubeObject>();
    expectTypeOf(deployment).toExtend<KubeObject>();
  });

  it("rejects unknown fields, wrong types and objects without metadata", () => {
    // @ts-expect-error: no such field
    const unknownField: ConfigMap = { metadata: { name: "c" }, dta: {} };
    // @ts-expect-error: no such field below
    const unknownBelow: Pod = { metadata: { name: "p" }, spec: { containers: [], nodName: "n" } };
    // @ts-expect-error: values of a config map are strings
    const wrongType: ConfigMap = { metadata: { name: "c" }, data: { n: 1 } };
    // @ts-expect-error: no object is without metadata
    const noMetadata: Pod = { spec: { containers: [] } };
    expectTypeOf([unknownField, unknownBelow, wrongType, noMetadata]).toExtend<KubeObject[]>();
  });

  it("has metadata without `?.`, its fields still optional", () => {
    expectTypeOf<Pod["metadata"]>().toEqualTypeOf<ObjectMeta>();
    expectTypeOf<Pod["metadata"]["name"]>().toEqualTypeOf<string | undefined>();
    type Template = Deployment["spec"] & object;
    expectTypeOf<Template["template"]["metadata"]>().toEqualTypeOf<ObjectMeta | undefined>();
  });

  it("keeps optional fields optional, int-or-string as it is, and static members out", () => {
    expectTypeOf<Pick<Pod, "spec">>().toEqualTypeOf<{ spec?: NonNullable<Pod["spec"]> }>();
    type Port = NonNullable<NonNullable<Service["spec"]>["ports"]>[number];
    expectTypeOf<Port["targetPort"]>().toEqualTypeOf<string | number | undefined>();
    expectTypeOf<Port["port"]>().toEqualTypeOf<number>();
    expectTypeOf<keyof Secret>().toEqualTypeOf<
      "apiVersion" | "kind" | "metadata" | "data" | "stringData" | "immutable" | "type"
    >();
  });

  it("types free-form JSON as unknown, never unchecked", () => {
    expectTypeOf<ControllerRevision["data"]>().toEqualTypeOf<unknown>();
    expectTypeOf<ControllerRevision["data"]>().not.toBeAny();
    expectTypeOf<JSONSchemaProps["example"]>().not.toBeAny();
  });

  it("converts any class of client-node", () => {
    const container: Wire<V1Container> = { name: "web", ports: [{ containerPort: 80 }] };
    expectTypeOf(container).toExtend<NonNullable<Pod["spec"]>["containers"][number]>();
  });

  it("takes a kind of one's own with one version beside the other (P35)", () => {
    interface WidgetV1 extends KubeObject {
      spec: { size: number };
    }
    interface WidgetV2 extends KubeObject {
      spec: { size: string };
    }
    const common = { group: "example.com", kind: "Widget", plural: "widgets", scope: "Namespaced" } as const;
    const first = defineKind<WidgetV1>()({ ...common, version: "v1" });
    const second = defineKind<WidgetV2>()({ ...common, version: "v2" });
    expectTypeOf<ObjectOf<typeof first>["spec"]["size"]>().toEqualTypeOf<number>();
    expectTypeOf<ObjectOf<typeof second>["spec"]["size"]>().toEqualTypeOf<string>();
  });
});
