import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";

export interface Widget extends KubeObject {
  readonly spec?: { readonly size?: number; readonly act?: string };
  readonly status?: { readonly seen?: number };
}

/** Shared with the threads: no test runner in here. */
export const Widget: Kind<Widget, "status"> = defineKind<Widget>()({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
  subresources: ["status"],
});

export const widget = (name: string, spec: NonNullable<Widget["spec"]> = {}, namespace = "shop"): Widget => ({
  metadata: { namespace, name },
  spec,
});
