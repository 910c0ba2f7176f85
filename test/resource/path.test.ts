import { describe, expect, it } from "vitest";
import { CustomResourceDefinition, Deployment, Node, Pod } from "../../src/kinds/index.ts";
import { pathSegment, resourcePath } from "../../src/resource/path.ts";

const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });

describe("a resource's path", () => {
  it("puts the core group under /api and all others under /apis", () => {
    expect(resourcePath(Pod)).toBe("/api/v1/pods");
    expect(resourcePath(Deployment)).toBe("/apis/apps/v1/deployments");
    expect(resourcePath(CustomResourceDefinition, { name: "widgets.example.com" })).toBe(
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com",
    );
  });

  it("adds namespace, name and subresource", () => {
    expect(resourcePath(Pod, { namespace: "shop" })).toBe("/api/v1/namespaces/shop/pods");
    expect(resourcePath(Pod, { namespace: "shop", name: "web-0", subresource: "log" })).toBe(
      "/api/v1/namespaces/shop/pods/web-0/log",
    );
    expect(resourcePath(Node, { name: "n1", subresource: "status" })).toBe("/api/v1/nodes/n1/status");
  });

  it("escapes what a URL would read otherwise (H29)", () => {
    expect(pathSegment("name", "system:node?a#b c")).toBe("system%3Anode%3Fa%23b%20c");
    expect(pathSegment("name", "...")).toBe("...");
  });

  it.each(["", ".", "..", "a/b", "../secrets", "%2f", "a%2fb", "a\\b", "\ud800", undefined, null, 7, {}])(
    "refuses the segment %j before any request (H29, P30)",
    (value) => {
      expect(() => pathSegment("name", value)).toThrow(invalid);
    },
  );

  it.each(["", ".", "..", "a/b", "%2f"])(
    "refuses %j as namespace, name and subresource (H29, P30)",
    (value) => {
      expect(() => resourcePath(Pod, { namespace: value })).toThrow("Expected `namespace`");
      expect(() => resourcePath(Pod, { namespace: "a", name: value })).toThrow("Expected `name`");
      expect(() => resourcePath(Pod, { namespace: "a", name: "b", subresource: value })).toThrow(
        "Expected `subresource`",
      );
    },
  );

  it("refuses a namespace for a cluster-scoped kind", () => {
    expect(() => resourcePath(Node, { namespace: "shop" })).toThrow(invalid);
    expect(() => resourcePath(Node, { namespace: "shop" })).toThrow("nodes: they are cluster-scoped");
  });

  it("refuses a subresource without a name: it would be read as one (P30)", () => {
    expect(() => resourcePath(Pod, { namespace: "shop", subresource: "status" })).toThrow(invalid);
  });
});
