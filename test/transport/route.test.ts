import { expect, it } from "vitest";
import { routeOf } from "../../src/transport/route.ts";

it.each([
  ["/api/v1/pods?limit=500&labelSelector=app%3Dsecret", "/api/v1/pods"],
  ["/api/v1/namespaces/shop/pods", "/api/v1/namespaces/{namespace}/pods"],
  ["/api/v1/namespaces/shop/pods/web-0", "/api/v1/namespaces/{namespace}/pods/{name}"],
  ["/api/v1/namespaces/shop/pods/web-0/log?follow=true", "/api/v1/namespaces/{namespace}/pods/{name}/log"],
  [
    "/api/v1/namespaces/shop/services/https:web:443/proxy/users/7?token=x",
    "/api/v1/namespaces/{namespace}/services/{name}/proxy/{path}",
  ],
  ["/api/v1/namespaces", "/api/v1/namespaces"],
  ["/api/v1/namespaces/shop", "/api/v1/namespaces/{name}"],
  ["/api/v1/namespaces/shop/status", "/api/v1/namespaces/{name}/status"],
  ["/api/v1/namespaces/shop/finalize", "/api/v1/namespaces/{name}/finalize"],
  ["/api/v1/nodes/n1/proxy/metrics", "/api/v1/nodes/{name}/proxy/{path}"],
  ["/apis/apps/v1/deployments", "/apis/apps/v1/deployments"],
  [
    "/apis/apps/v1/namespaces/shop/deployments/web/scale",
    "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale",
  ],
  ["/apis/example.com/v1/namespaces/shop/status", "/apis/example.com/v1/namespaces/{namespace}/status"],
  [
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/x",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}",
  ],
  ["/api", "/api"],
  ["/api/v1", "/api/v1"],
  ["/apis", "/apis"],
  ["/apis/apps/v1", "/apis/apps/v1"],
  ["/version", "/version"],
  ["/readyz/etcd", "/readyz/{path}"],
  ["/openapi/v3/apis/apps/v1?hash=1", "/openapi/{path}"],
  ["/", "/"],
])("writes %s without its names as %s (H30)", (path, route) => {
  expect(routeOf(path)).toBe(route);
});
