import type { V1ClusterRole, V1ClusterRoleBinding, V1Role, V1RoleBinding } from "@kubernetes/client-node";
import { defineKind, type Kind } from "../resource/kind.ts";
import type { WireObject } from "./wire.ts";

/** Permissions within a namespace. */
export interface Role extends WireObject<V1Role> {}

/** `roles` of `rbac.authorization.k8s.io/v1`. */
export const Role: Kind<Role, never> = /* @__PURE__ */ defineKind<Role>()({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  scope: "Namespaced",
});

/** Who has the permissions of a role within a namespace. */
export interface RoleBinding extends WireObject<V1RoleBinding> {}

/** `rolebindings` of `rbac.authorization.k8s.io/v1`. */
export const RoleBinding: Kind<RoleBinding, never> = /* @__PURE__ */ defineKind<RoleBinding>()({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  scope: "Namespaced",
});

/** Permissions in the whole cluster. */
export interface ClusterRole extends WireObject<V1ClusterRole> {}

/** `clusterroles` of `rbac.authorization.k8s.io/v1`. */
export const ClusterRole: Kind<ClusterRole, never> = /* @__PURE__ */ defineKind<ClusterRole>()({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  scope: "Cluster",
});

/** Who has the permissions of a cluster role everywhere. */
export interface ClusterRoleBinding extends WireObject<V1ClusterRoleBinding> {}

/** `clusterrolebindings` of `rbac.authorization.k8s.io/v1`. */
export const ClusterRoleBinding: Kind<ClusterRoleBinding, never> =
  /* @__PURE__ */ defineKind<ClusterRoleBinding>()({
    group: "rbac.authorization.k8s.io",
    version: "v1",
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    scope: "Cluster",
  });
