import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import {
  builtInKinds,
  computedKinds,
  NodeMetrics,
  olderVersions,
  PodMetrics,
  SelfSubjectAccessReview,
  SelfSubjectReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
  TokenReview,
} from "../../src/kinds/index.ts";
import { apiVersionOf, type Kind } from "../../src/resource/kind.ts";
import { createClusterTransport } from "../../src/transport/cluster-transport.ts";
import { type Json, request } from "../contracts/server-under-test.ts";
import { askDiscovery, lineOf, readDiscovery } from "../kinds/generator/discovery-document.ts";

const access = inject("kubeApiServer");
const ofOtherServers: readonly Kind[] = [NodeMetrics, PodMetrics];
const ours = [...builtInKinds, ...computedKinds, ...olderVersions].filter(
  (kind) => !ofOtherServers.includes(kind),
);

/** What stands for custom resources and for servers behind this one, not for what kube-apiserver serves itself. */
const foreignServices =
  "/apis/apiregistration.k8s.io/v1/apiservices?labelSelector=kube-aggregator.kubernetes.io%2Fautomanaged!%3Donstart";

describe.skipIf(access === null)("the built-in kinds beside a real kube-apiserver", () => {
  let transport: ReturnType<typeof createClusterTransport>;
  let served: readonly Kind[];

  beforeAll(async () => {
    if (access === null) return;
    transport = createClusterTransport(await loadConfig({ kubeconfig: access.kubeconfig }));
    const services = (await request({ transport }, "GET", foreignServices)).json.items;
    const foreign = new Set(
      services.map(({ spec }: Json) => apiVersionOf({ group: spec.group ?? "", version: spec.version })),
    );
    served = readDiscovery(await askDiscovery(transport)).filter((kind) => !foreign.has(apiVersionOf(kind)));
  });
  afterAll(() => transport?.close());

  it("are served as they say: plural, scope, subresources, verbs, short names, categories", () => {
    const lines = new Set(served.map(lineOf));
    const wrong = ours.map(lineOf).filter((line) => !lines.has(line));
    expect(wrong, "of ours, but not served so").toEqual([]);
  });

  it("are all that the server has in a stable version, and none is missing", () => {
    const lines = new Set(ours.map(lineOf));
    // A server that was started has its defaults; a given one may have been told to serve more.
    const isExpected = ({ version }: Kind): boolean => access?.origin === "started" || /^v\d+$/.test(version);
    expect(served.length).toBeGreaterThan(50);
    const missing = served.filter(isExpected).map(lineOf);
    expect(
      missing.filter((line) => !lines.has(line)),
      "served, but not ours",
    ).toEqual([]);
  });

  it.each([
    [TokenReview, { token: "nobody's" }],
    [SelfSubjectReview, undefined],
    [SelfSubjectAccessReview, { resourceAttributes: { verb: "list", resource: "pods" } }],
    [SelfSubjectRulesReview, { namespace: "default" }],
    [SubjectAccessReview, { user: "ci", resourceAttributes: { verb: "list", resource: "pods" } }],
  ] as const)("lets $kind be created without metadata, as its type says", async (kind: Kind, spec) => {
    const path = `/apis/${apiVersionOf(kind)}/${kind.plural}`;
    const body = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...(spec === undefined ? {} : { spec }) };
    const { status, json } = await request({ transport }, "POST", path, { body });
    expect([status, json.kind]).toEqual([201, kind.kind]);
    expect(json.status).toBeDefined();
  });
});
