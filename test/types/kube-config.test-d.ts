import type { KubeConfig } from "@kubernetes/client-node";
import { describe, expectTypeOf, it } from "vitest";
import type { KubeConfigLike } from "../../src/config/client-node.ts";
import type { ConnectOptions } from "../../src/index.ts";

describe("a KubeConfig of client-node", () => {
  it("is a KubeConfigLike, which is written by hand (P32)", () => {
    expectTypeOf<KubeConfig>().toExtend<KubeConfigLike>();
    expectTypeOf<{ kubeConfig: KubeConfig }>().toExtend<ConnectOptions>();
    expectTypeOf<NonNullable<KubeConfig["users"]>>().toExtend<NonNullable<KubeConfigLike["users"]>>();
  });

  it("is needed whole: something without contexts to choose from is none", () => {
    expectTypeOf<{ clusters: [] }>().not.toExtend<KubeConfigLike>();
    expectTypeOf<{
      clusters: { name: number }[];
      getCurrentContext(): string;
    }>().not.toExtend<KubeConfigLike>();
  });
});
