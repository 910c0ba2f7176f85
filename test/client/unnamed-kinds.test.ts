import { expect, it } from "vitest";
import { buildRequest } from "../../src/client/call.ts";
import { Pod, SelfSubjectReview } from "../../src/kinds/index.ts";

it("creates what is only asked and never stored without metadata, and nothing else", () => {
  const { path, body } = buildRequest({ verb: "create", kind: SelfSubjectReview, body: {} });
  expect(path).toBe("/apis/authentication.k8s.io/v1/selfsubjectreviews");
  expect(JSON.parse(String(body))).toEqual({
    apiVersion: "authentication.k8s.io/v1",
    kind: "SelfSubjectReview",
  });
  expect(() => buildRequest({ verb: "create", kind: Pod, namespace: "shop", body: {} })).toThrow("metadata");
});
