import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { Website } from "../../examples/operator/kind.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import {
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  CustomResourceDefinition,
  Deployment,
  EventsV1Event,
  Lease,
  Namespace,
  Service,
  ServiceAccount,
} from "../../src/kinds/index.ts";
import { kubeconfigText } from "./configuration.ts";
import { Replica } from "./operator-process.ts";
import { describeOnStarted } from "./real-cluster.ts";

const operator = "website-operator";
const example = join(import.meta.dirname, "../../examples/operator");
/** Longer than a lease that nobody renews, and the pauses between tries to take it. */
const takeover = { timeout: 45_000, interval: 250 };
const soon = { timeout: 20_000, interval: 100 };

/** A token of the operator's service account, which has the rights of rbac.yaml and no others. */
async function serviceAccountToken(admin: Cluster): Promise<string> {
  const path = `/api/v1/namespaces/${operator}/serviceaccounts/${operator}/token`;
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 3600 },
  };
  const answer = await admin.raw(path, {
    method: "POST",
    body: JSON.stringify(body),
    contentType: "application/json",
  });
  return JSON.parse(answer.text()).status.token;
}

describeOnStarted("the operator of examples/operator on a real kube-apiserver", (cluster) => {
  let folder: string;
  let namespace: string;
  let replicas: Replica[];

  const zone = async (): Promise<string[]> =>
    (await readFile(join(folder, "zone.txt"), { encoding: "utf8", flag: "a+" })).split("\n").filter(Boolean);
  const inShop = () => {
    const { admin } = cluster();
    return {
      websites: admin.resources(Website).inNamespace(namespace),
      deployments: admin.resources(Deployment).inNamespace(namespace),
    };
  };
  const website = (name: string): Website => ({
    metadata: { name },
    spec: { host: `${name}.example.com`, html: "<h1>1</h1>", replicas: 2 },
  });
  const leader = async (): Promise<string | undefined> => {
    const leases = cluster().admin.resources(Lease).inNamespace(operator);
    return (await leases.withName(operator).find())?.spec?.holderIdentity;
  };
  /** Everything that the operator has written in the cluster, by its name and state. */
  const written = async (): Promise<string[]> => {
    const { admin } = cluster();
    const kinds = [Website, Deployment, Service, ConfigMap];
    const lists = await Promise.all(
      kinds.map((kind) =>
        admin
          .resources<Website, never>(kind as never)
          .inNamespace(namespace)
          .list(),
      ),
    );
    return lists.flatMap(({ items }, at) =>
      items.map(
        ({ metadata }) => `${kinds[at]?.kind} ${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`,
      ),
    );
  };

  beforeAll(async () => {
    const { admin, access } = cluster();
    folder = await mkdtemp(join(tmpdir(), "kube-reflex-operator-"));
    namespace = await cluster().namespace();
    for (const file of ["crd.yaml", "rbac.yaml"]) {
      await admin.apply(await readFile(join(example, file), "utf8"), { name: file, fieldManager: "test" });
    }
    const kubeconfig = join(folder, "kubeconfig.yaml");
    const user = { token: await serviceAccountToken(admin) };
    await writeFile(kubeconfig, kubeconfigText(access, { operator: user }, operator), { mode: 0o600 });
    const start = (name: string): Promise<Replica> =>
      Replica.start({ name, kubeconfig, namespace: operator, zoneFile: join(folder, "zone.txt") });
    replicas = await Promise.all(["replica-a", "replica-b"].map(start));
  });

  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.end("SIGKILL")));
    const { admin } = cluster();
    await admin.resources(CustomResourceDefinition).withName("websites.example.com").delete();
    await admin.resources(ClusterRoleBinding).withName(operator).delete();
    await admin.resources(ClusterRole).withName(operator).delete();
    await admin.resources(Namespace).withName(operator).delete();
    await rm(folder, { recursive: true });
  });

  it("takes manifests that the server knows all fields of", async () => {
    const { admin } = cluster();
    const text = await readFile(join(example, "deployment.yaml"), "utf8");
    const report = await admin.apply(text, { name: "deployment.yaml", fieldManager: "test", dryRun: true });
    expect(report).toMatchObject([
      { kind: "PersistentVolumeClaim", outcome: "created" },
      { kind: "Deployment", outcome: "created" },
    ]);
    expect(
      await admin.resources(ServiceAccount).inNamespace(operator).withName(operator).get(),
    ).toBeDefined();
  });

  it("is led by one of two replicas, both of them ready", async () => {
    await vi.waitFor(async () => expect(await leader()).toMatch(/^replica-[ab]$/), soon);
    for (const replica of replicas) {
      await vi.waitFor(async () => expect(await replica.ask("/readyz")).toBe("ok"), soon);
      expect(await replica.ask("/healthz?verbose")).toContain("[+]website ok");
    }
    const masters = await Promise.all(replicas.map((one) => one.metric("leader_election_master_status")));
    expect(masters.toSorted()).toEqual([0, 1]);
  });

  it("makes deployments, services, config maps and names of websites, with the rights of its service account", async () => {
    const { websites, deployments } = inShop();
    for (const name of ["one", "two", "three"]) await websites.create(website(name));
    for (const name of ["one", "two", "three"]) {
      await vi.waitFor(
        async () => expect((await websites.withName(name).get()).status?.conditions).toHaveLength(2),
        soon,
      );
      // What a deployment controller would do.
      const status = { replicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 1 };
      await deployments.withName(name).status.patch({ merge: { status } });
      await vi.waitFor(
        async () =>
          expect((await websites.withName(name).get()).status).toMatchObject({ availableReplicas: 2 }),
        soon,
      );
    }
    expect((await zone()).toSorted()).toEqual([
      `set one.example.com one.${namespace}`,
      `set three.example.com three.${namespace}`,
      `set two.example.com two.${namespace}`,
    ]);
  });

  it("is taken over when its leader is killed, and nothing is done twice (Q33, Q51)", {
    timeout: 120_000,
  }, async () => {
    const { websites, deployments } = inShop();
    const before = await written();
    const first = await leader();
    const killed = replicas.find(({ name }) => name === first);
    const heir = replicas.find(({ name }) => name !== first);
    if (killed === undefined || heir === undefined) throw new Error("nobody leads");
    expect(await killed.end("SIGKILL")).toBe("SIGKILL");

    // Asked for while nobody leads.
    await websites.create(website("four"));
    await vi.waitFor(async () => expect(await leader()).toBe(heir.name), takeover);
    await vi.waitFor(async () => {
      expect((await websites.withName("four").get()).status?.conditions).toHaveLength(2);
      expect(
        await heir.metric("controller_runtime_reconcile_total", 'result="success"'),
      ).toBeGreaterThanOrEqual(4);
      expect(await heir.metric("workqueue_depth")).toBe(0);
      expect(await heir.metric("controller_runtime_active_workers")).toBe(0);
    }, soon);

    // The heir has looked at all of them, and written nothing that was there.
    const after = await written();
    expect(after.filter((line) => !line.includes(" four "))).toEqual(before);
    expect(await zone()).toHaveLength(4);
    for (const { metadata } of (await deployments.list()).items) expect(metadata.generation).toBe(1);
    const events = await cluster().admin.resources(EventsV1Event).inNamespace(namespace).list();
    const published = events.items.filter(({ reason }) => reason === "Published");
    expect(published.map(({ regarding }) => regarding?.name).toSorted()).toEqual([
      "four",
      "one",
      "three",
      "two",
    ]);
    expect(published.filter(({ series }) => series !== undefined)).toEqual([]);
    expect(await heir.metric("controller_runtime_reconcile_errors_total")).toBe(0);
  });

  it("does what changes ask for, once for each generation, and cleans up before a website goes", async () => {
    const { websites, deployments } = inShop();
    await websites.withName("one").patch({ merge: { spec: { replicas: 3 } } });
    await vi.waitFor(
      async () => expect((await deployments.withName("one").get()).metadata.generation).toBe(2),
      soon,
    );
    await vi.waitFor(
      async () => expect((await websites.withName("one").get()).status?.observedGeneration).toBe(2),
      soon,
    );
    await websites.withName("two").delete();
    await vi.waitFor(async () => expect(await websites.withName("two").find()).toBe(undefined), soon);
    expect((await zone()).slice(4)).toEqual(["remove two.example.com"]);
    expect((await deployments.withName("one").get()).metadata.generation).toBe(2);
  });

  it("gives its lease back when it is told to end, without a word of trouble (Q47)", async () => {
    const name = await leader();
    const last = replicas.find((replica) => replica.name === name);
    expect(await last?.end("SIGTERM")).toBe(0);
    expect(await leader()).toBeFalsy();
    for (const replica of replicas) {
      if (replica === last) expect(await replica.output()).toBe("");
    }
  });
});
