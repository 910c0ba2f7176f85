import { defineKind, type Kind, type KubeObject } from "kube-reflex";

export interface Widget extends KubeObject {
  readonly spec?: { readonly size: number };
}

export const Widget: Kind<Widget> = defineKind<Widget>()({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
});
