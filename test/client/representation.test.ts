import { describe, expect, it } from "vitest";
import type { ApiCall } from "../../src/client/api-call.ts";
import { buildRequest } from "../../src/client/call.ts";
import { Client } from "../../src/client/client.ts";
import { answerKind } from "../../src/client/representation.ts";
import { type Answer, collect, Deployment, failure, inMemory, Pod } from "./in-memory.ts";

const representation = "metadata";
const get: ApiCall = { verb: "get", kind: Deployment, namespace: "shop", name: "a", representation };
const list: ApiCall = { verb: "list", kind: Deployment, namespace: "shop", representation };
const all: ApiCall = { ...list, verb: "deletecollection" };
const client = (...answers: Answer[]) => new Client(inMemory(...answers));

const metadata = { name: "a", uid: "u" };
const cut = { apiVersion: "apps/v1", kind: "Deployment", metadata };
const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
const whole = { ...cut, spec: { replicas: 1 }, status: {} };

describe("a call for metadata", () => {
  it.each<[ApiCall["verb"], string]>([
    ["get", "PartialObjectMetadata"],
    ["watch", "PartialObjectMetadata"],
    ["patch", "PartialObjectMetadata"],
    ["delete", "PartialObjectMetadata"],
    ["list", "PartialObjectMetadataList"],
    ["deletecollection", "PartialObjectMetadataList"],
  ])("asks for it in %s, with whole objects as the second choice (H15)", (verb, as) => {
    const isCollection = ["list", "watch", "deletecollection"].includes(verb);
    const call: ApiCall = { verb, kind: Pod, namespace: "shop", representation };
    const { headers } = buildRequest({
      ...call,
      ...(isCollection ? {} : { name: "a" }),
      ...(verb === "patch" ? { patchType: "merge", body: {} } : {}),
    });
    expect(headers.accept).toBe(`application/json;as=${as};g=meta.k8s.io;v=v1,application/json`);
  });

  it.each([
    ["negotiates", partial],
    ["does not", whole],
  ])("gets metadata under the kind's own name from a server that %s (H15, I55)", async (_how, body) => {
    expect(await client({ body }).json(get)).toEqual(cut);
    const items = [body, { metadata }, body];
    const negotiated = { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" };
    const page = { ...negotiated, metadata: { resourceVersion: "7" }, items };
    expect(await client({ body: page }).list(list)).toEqual({ ...page, items: [cut, cut, cut] });
    const plain = { ...page, kind: "DeploymentList", apiVersion: "apps/v1" };
    const parts = await collect(client({ body: plain }).listParts(list));
    expect(parts.flatMap((part) => part.items)).toEqual([cut, cut, cut]);
    expect(await client({ body: plain }).json(all)).toEqual({ ...plain, items: [cut, cut, cut] });
  });

  it("keeps the Status that answers a delete", async () => {
    const done = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: { name: "a" },
    };
    expect(await client({ body: done }).json({ ...get, verb: "delete" })).toEqual(done);
  });

  it("is BAD_RESPONSE where the answer does not look like an object (H15)", async () => {
    for (const body of [
      { kind: "Deployment" },
      { ...partial, metadata: "x" },
      { ...partial, kind: "Service" },
    ]) {
      expect(await failure(client({ body }).json(get))).toMatchObject({ code: "BAD_RESPONSE" });
    }
    const page = { kind: "DeploymentList", metadata: {}, items: [{ spec: {} }] };
    expect(await failure(client({ body: page }).list(list))).toMatchObject({ code: "BAD_RESPONSE" });
  });

  it("tells which kind a watch's objects say they are", () => {
    const named = { group: "meta.k8s.io", version: "v1", kind: "PartialObjectMetadata" };
    expect(answerKind({ kind: Pod, representation })).toEqual(named);
    expect(answerKind({ kind: Pod })).toBe(Pod);
  });
});

describe("a call for whole objects", () => {
  const { representation: _metadata, ...getWhole } = get;
  const { representation: _other, ...listWhole } = list;

  it("is BAD_RESPONSE for metadata alone, which would pass for objects without contents", async () => {
    expect(await failure(client({ body: partial }).json(getWhole))).toMatchObject({ code: "BAD_RESPONSE" });
    const page = { kind: "PartialObjectMetadataList", metadata: {}, items: [partial] };
    expect(await failure(client({ body: page }).list(listWhole))).toMatchObject({ code: "BAD_RESPONSE" });
  });
});
