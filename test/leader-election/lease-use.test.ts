import { describe, expect, it } from "vitest";
import type { Lease } from "../../src/kinds/index.ts";
import { expectOwnUse } from "../../src/leader-election/lease-use.ts";
import { leaseOf } from "./scripted-leases.ts";

const labels = { "app.kubernetes.io/name": "shop", "app.kubernetes.io/instance": "blue", version: "2" };

const lease = (metadata: Lease["metadata"], spec: Lease["spec"] = {}): Lease => ({
  metadata: { ...leaseOf("other").metadata, ...metadata },
  spec: { ...leaseOf("other").spec, ...spec },
});

const owner = (apiVersion: string, kind: string) => ({ apiVersion, kind, name: "n1", uid: "u" });

describe("a lease that is for something else", () => {
  it.each<{ what: string; found: Lease; why: string }>([
    {
      what: "a node owns",
      found: lease({ ownerReferences: [owner("v1", "Node")] }),
      why: 'it is the heartbeat of the node "n1"',
    },
    {
      what: "lies with the nodes' heartbeats",
      found: lease({ namespace: "kube-node-lease" }),
      why: "the leases in kube-node-lease are nodes' heartbeats",
    },
    {
      what: "an API server keeps",
      found: lease({ labels: { "apiserver.kubernetes.io/identity": "kube-apiserver" } }),
      why: "it says that an API server is alive",
    },
    {
      what: "the coordinated election gives away",
      found: lease({}, { strategy: "OldestEmulationVersion" }),
      why: "its holder is chosen by the server's coordinated leader election",
    },
    {
      what: "another application labels",
      found: lease({ labels: { "app.kubernetes.io/name": "bakery" } }),
      why: 'its label app.kubernetes.io/name is "bakery", not "shop"',
    },
    {
      what: "another instance of the application labels",
      found: lease({ labels: { "app.kubernetes.io/name": "shop", "app.kubernetes.io/instance": "green" } }),
      why: 'its label app.kubernetes.io/instance is "green", not "blue"',
    },
  ])("is refused where $what", ({ found, why }) => {
    expect(() => expectOwnUse("Lead by the lease shop/lock", found, labels)).toThrow(
      expect.objectContaining({
        code: "OWNED_BY_ANOTHER",
        message: `Lead by the lease shop/lock: ${why}; nothing was written. Choose a name that nothing else uses.`,
      }),
    );
  });

  it.each<{ what: string; found: Lease }>([
    { what: "somebody else holds", found: lease({}) },
    { what: "has no labels", found: lease({ labels: {} }) },
    {
      what: "has the same application's labels, of another version",
      found: lease({ labels: { ...labels, version: "1" } }),
    },
    { what: "a Deployment owns", found: lease({ ownerReferences: [owner("apps/v1", "Deployment")] }) },
    {
      what: "a custom resource owns that is called Node",
      found: lease({ ownerReferences: [owner("example.com/v1", "Node")] }),
    },
    { what: "has an empty strategy", found: lease({}, { strategy: "" }) },
    { what: "has no spec", found: { metadata: { name: "lock" } } },
  ])("is taken for one's own where it is one that $what", ({ found }) => {
    expect(() => expectOwnUse("Lead", found, labels)).not.toThrow();
    expect(() => expectOwnUse("Lead", found, {})).not.toThrow();
  });

  it("is not found out by labels where one has none to compare", () => {
    const found = lease({ labels: { "app.kubernetes.io/name": "bakery" } });
    expect(() => expectOwnUse("Lead", found, {})).not.toThrow();
  });
});
