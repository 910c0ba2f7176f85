import { describe, expect, it } from "vitest";
import type { ApiCall } from "../../src/client/api-call.ts";
import { Client } from "../../src/client/client.ts";
import { type Answer, Deployment, failure, inMemory, Pod, Widget } from "./in-memory.ts";

const getPod = { verb: "get", kind: Pod, namespace: "shop", name: "a" } as const;
const errorOf = (answer: Answer, call: ApiCall = getPod) =>
  failure(new Client(inMemory(answer)).json(call)).then(String);
const plain = { "content-type": "text/plain" };

describe("a refused call", () => {
  it("names the step, the user, and what would have to be granted", async () => {
    const message =
      'deployments.apps "web" is forbidden: User "ci" cannot update resource "deployments/status" in API group "apps" in the namespace "shop"';
    const body = { kind: "Status", status: "Failure", reason: "Forbidden", code: 403, message };
    const call: ApiCall = {
      verb: "replace",
      kind: Deployment,
      namespace: "shop",
      name: "web",
      subresource: "status",
      body: { metadata: { name: "web" } },
    };
    expect(await errorOf({ status: 403, body }, call)).toBe(
      'ApiError: replace deployments.apps/status "web" in namespace "shop": forbidden: ' +
        'user "ci" cannot update resource "deployments/status" in group "apps" (403). ' +
        'Needs: update on deployments.apps/status in "shop".',
    );
  });

  it("never quotes a 401's text or page, which may repeat the token", async () => {
    for (const [type, body] of [
      ["text/plain", "invalid token: s3cret"],
      ["text/html", "<html><title>s3cret is no token</title></html>"],
      ["application/octet-stream", "s3cret"],
    ] as const) {
      const text = await errorOf({ status: 401, headers: { "content-type": type }, body });
      expect(text).not.toContain("s3cret");
      expect(text).toMatch(/: unauthorized.*\(401\)\. Check the credentials/);
    }
  });

  it.each([
    "Bearer s3cret was refused",
    "bad password: s3cret",
    "token s3cret0123456789012345678901234567890123 is unknown",
    "proxy-authorization: Basic s3cret",
  ])("masks what may be a credential in a text of any status: %s", async (body) => {
    for (const status of [400, 403, 407, 500, 502]) {
      expect(await errorOf({ status, headers: plain, body })).not.toContain("s3cret");
    }
  });

  it("asks for the CustomResourceDefinition where the server has no such path", async () => {
    const call: ApiCall = { verb: "list", kind: Widget };
    const answer: Answer = { status: 404, headers: plain, body: "404 page not found\n" };
    const error = await failure(new Client(inMemory(answer)).list(call));
    expect(error).toMatchObject({
      status: 404,
      reason: "NotFound",
      message:
        "list widgets.example.com: not found: the server has no such path (404). " +
        "Is the CustomResourceDefinition of widgets.example.com installed, and does it serve v1?",
    });
  });

  it("gives what the server answers to a watch as the call's failure too (H10)", async () => {
    const body = {
      kind: "Status",
      reason: "Forbidden",
      code: 403,
      message: 'User "ci" cannot watch path "/x"',
    };
    const client = new Client(
      inMemory({ status: 403, body }, { status: 500, headers: plain, body: "broken" }),
    );
    const watch: ApiCall = { verb: "watch", kind: Pod, namespace: "shop" };
    expect(String(await failure(client.stream(watch)))).toContain(
      'watch pods in namespace "shop": forbidden',
    );
    expect(await failure(client.stream(watch))).toMatchObject({ status: 500, reason: "Unknown" });
  });
});
