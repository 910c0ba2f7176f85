import { describe, expect, it } from "vitest";
import { statusError } from "../../src/resource/status.ts";
import type { FailedCall } from "../../src/resource/status-remedy.ts";
import { Deployment, Node, Pod } from "../client/in-memory.ts";

const forbidden = (message: string | undefined, step: string, call?: FailedCall): string =>
  statusError(
    { kind: "Status", code: 403, reason: "Forbidden", ...(message === undefined ? {} : { message }) },
    { step, call },
  ).message;

describe("a denied access", () => {
  it("says who cannot do what, and what it needs, as issue 4 has it", () => {
    const message =
      'pods is forbidden: User "ci" cannot list resource "pods" in API group "" in the namespace "shop"';
    expect(forbidden(message, 'list pods in namespace "shop"')).toBe(
      'list pods in namespace "shop": forbidden: user "ci" cannot list resource "pods" (403). ' +
        'Needs: get/list/watch on pods in "shop".',
    );
  });

  it.each([
    [
      'deployments.apps "web" is forbidden: User "system:serviceaccount:shop:bot" cannot patch resource "deployments/status" in API group "apps" in the namespace "shop"',
      'user "system:serviceaccount:shop:bot" cannot patch resource "deployments/status" in group "apps" (403). Needs: patch on deployments.apps/status in "shop".',
    ],
    [
      'pods "web-0" is forbidden: User "ci" cannot get resource "pods/log" in API group "" in the namespace "shop"',
      'user "ci" cannot get resource "pods/log" (403). Needs: get on pods/log in "shop".',
    ],
    [
      'nodes is forbidden: User "ci" cannot watch resource "nodes" in API group "" at the cluster scope',
      'user "ci" cannot watch resource "nodes" (403). Needs: get/list/watch on nodes at the cluster scope.',
    ],
    [
      'users "eve" is forbidden: User "ci" cannot impersonate resource "users" in API group "" at the cluster scope',
      'user "ci" cannot impersonate resource "users" (403). Needs: impersonate on users at the cluster scope.',
    ],
    [
      'forbidden: User "system:anonymous" cannot get path "/metrics"',
      'user "system:anonymous" cannot get path "/metrics" (403). Needs: get on the non-resource URL "/metrics".',
    ],
    [
      'pods is forbidden: User "a \\"b\\"" cannot delete resource "pods" in API group "" in the namespace "shop"',
      'user "a \\"b\\"" cannot delete resource "pods" (403). Needs: delete on pods in "shop".',
    ],
  ])("is read from %s", (message, expected) => {
    expect(forbidden(message, "do it")).toBe(`do it: forbidden: ${expected}`);
  });

  it("keeps what RBAC adds about rules it could not evaluate", () => {
    const message =
      'pods is forbidden: User "ci" cannot list resource "pods" in API group "" in the namespace "shop": RBAC: role.rbac.authorization.k8s.io "reader" not found';
    expect(forbidden(message, "list pods")).toContain(
      'cannot list resource "pods": RBAC: role.rbac.authorization.k8s.io "reader" not found (403). Needs:',
    );
  });

  it("is no want of a role where admission refused: quota and policy stay as the server says them", () => {
    const message = 'pods "a" is forbidden: exceeded quota: small, requested: pods=1';
    const call: FailedCall = { verb: "create", kind: Pod, namespace: "shop" };
    expect(forbidden(message, "create pods", call)).toBe(
      "create pods: forbidden: exceeded quota: small, requested: pods=1 (403)",
    );
  });

  it("needs what was asked for, in RBAC's words, where the server says nothing", () => {
    const needs = (call: FailedCall): string => forbidden(undefined, "do it", call);
    expect(needs({ verb: "replace", kind: Deployment, namespace: "shop", subresource: "scale" })).toBe(
      'do it: forbidden (403). Needs: update on deployments.apps/scale in "shop".',
    );
    expect(needs({ verb: "list", kind: Node })).toContain("get/list/watch on nodes at the cluster scope");
  });
});
