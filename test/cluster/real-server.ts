import { readFileSync } from "node:fs";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { ConnectOptions } from "../../src/cluster/connection.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createClusterTransport } from "../../src/transport/cluster-transport.ts";
import type { Interceptor } from "../../src/transport/port.ts";
import { RawWatch } from "../contracts/raw-watch.ts";
import { createNamespace, request, type ServerUnderTest, Widget } from "../contracts/server-under-test.ts";
import type { ClusterAccess } from "./configuration.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const servedLimitMs = 30_000;

const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${Widget.plural}.${Widget.group}` },
  spec: {
    group: Widget.group,
    names: { kind: Widget.kind, plural: Widget.plural, singular: Widget.singular },
    scope: Widget.scope,
    versions: [
      {
        name: Widget.version,
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
        subresources: {
          status: {},
          scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
        },
      },
    ],
  },
};

/** Acts as a user without rights, for a cluster of which no such user is known. */
const powerless: Interceptor = (next) => (sent) =>
  next({ ...sent, headers: { ...sent.headers, "impersonate-user": "contracts-powerless" } });

/** The cluster that the global setup found, as the contract suites see it. */
export async function realServer(access: ClusterAccess): Promise<ServerUnderTest> {
  const { kubeconfig } = access;
  const clusters: Cluster[] = [];
  const namespaces: string[] = [];
  const config = await loadConfig({ kubeconfig });
  const transport = createClusterTransport(config, { retry: { maxRetries: 0 }, compression: true });
  const admin = { transport };
  const connect = async (options: ConnectOptions): Promise<Cluster> => {
    const cluster = await Cluster.connect(options);
    clusters.push(cluster);
    return cluster;
  };
  await define(admin);
  return {
    name: "a real kube-apiserver",
    isReal: true,
    hasSockets: true,
    embedded: undefined,
    kubeconfig: readFileSync(kubeconfig, "utf8"),
    transport,
    connect: (options = {}) => connect({ kubeconfig, ...options }),
    forbidden: () =>
      access.origin === "started"
        ? connect({ kubeconfig, context: "powerless" })
        : connect({ kubeconfig, interceptors: [powerless] }),
    unauthorized: () => connect({ server: config.server, token: "nobody", ca: config.tls.ca }),
    async namespace() {
      const name = await createNamespace(admin);
      namespaces.push(name);
      return name;
    },
    async close() {
      for (const cluster of clusters) await cluster.close();
      for (const name of namespaces) await request(admin, "DELETE", `/api/v1/namespaces/${name}`);
      await transport.close();
    },
  };
}

/** Make the server serve widgets, and wait until it does. */
async function define(admin: Pick<ServerUnderTest, "transport">): Promise<void> {
  const { name } = widgetDefinition.metadata;
  const created = await request(admin, "POST", definitions, { body: widgetDefinition });
  if (created.status !== 201 && created.status !== 409) throw new Error(`define ${name}: ${created.text}`);
  await using watch = await RawWatch.open(admin, definitions, { fieldSelector: `metadata.name=${name}` });
  for (let isEstablished = false; !isEstablished; ) {
    const conditions = (await watch.next())?.object.status?.conditions ?? [];
    isEstablished = conditions.some(
      ({ type, status }: { type: string; status: string }) => type === "Established" && status === "True",
    );
  }
  // The handlers hear of it a moment later than the condition says, and no event tells of that.
  const deadline = Date.now() + servedLimitMs;
  for (;;) {
    const { status, text } = await request(admin, "GET", `/apis/${Widget.group}/v1/${Widget.plural}`);
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`${name} is not served after 30 s: ${status} ${text}`);
  }
}
