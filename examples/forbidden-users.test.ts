import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { expect, it } from "vitest";

it("tells what a user lacks who may not list", async () => {
  await using server = await TestApiServer.start({ token: "admin", tokens: { "ci-token": { user: "ci" } } });
  const allow = server.forbid({ user: "ci", verb: "list", resource: "pods" });
  const ci = await server.cluster({ user: "ci" });
  await expect(ci.resources(Pod).inNamespace("shop").list()).rejects.toMatchObject({ status: 403 });
  allow();

  expect((await ci.resources(Pod).inNamespace("shop").list()).items).toEqual([]);
});
