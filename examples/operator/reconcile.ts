/** What the operator does for one website; it reads and writes through ports alone, so that tests can mock them. */
import { isDeepStrictEqual } from "node:util";
import {
  type Condition,
  type ControllerCluster,
  createOrApply,
  type EventRecorder,
  type Finalizer,
  type NewCondition,
  type Reconciler,
  setCondition,
} from "kube-reflex";
import { ConfigMap, Deployment, Service } from "kube-reflex/kinds";
import { configMapOf, deploymentOf, serviceOf } from "./children.ts";
import type { DnsZone } from "./dns-zone.ts";
import { Website, type WebsiteStatus } from "./kind.ts";

/** Whatever is not in the cluster's API. */
export interface Outside {
  readonly zone: DnsZone;
  readonly events: Pick<EventRecorder, "event">;
}

/** Under this name the server remembers what the operator has set. */
const write = { fieldManager: "website-operator", force: true } as const;

/** How soon a name that somebody else has is asked for again. */
const hostTakenMs = 60_000;

const targetOf = ({ metadata }: Website): string => `${metadata.name}.${metadata.namespace}`;

/** Create the children, or bring them back to what they should be; resolves to the deployment as it is now. */
async function applyChildren(website: Website, cluster: ControllerCluster, key: string): Promise<Deployment> {
  const owner = { object: website, kind: Website };
  const current = cluster.store(Deployment).get(key);
  await createOrApply(cluster.resources(ConfigMap), configMapOf(website), { owner, ...write });
  await createOrApply(cluster.resources(Service), serviceOf(website), { owner, ...write });
  const { object } = await createOrApply(cluster.resources(Deployment), deploymentOf(website), {
    ...{ owner, current },
    ...write,
  });
  return object;
}

/** Let the host, and no other name, lead to the website; resolves to whether it does. Looks first: nothing is done twice. */
async function publish(website: Website, outside: Outside): Promise<boolean> {
  const { zone, events } = outside;
  const { host } = website.spec;
  const target = targetOf(website);
  await withdraw(website, outside, (other) => other !== host);
  if ((await zone.find(host)) === target) return true;
  if (!(await zone.claim(host, target))) {
    const note = `${host} leads to another website`;
    events.event(website, { type: "Warning", reason: "HostTaken", action: "Publish", note });
    return false;
  }
  events.event(website, {
    type: "Normal",
    reason: "Published",
    action: "Publish",
    note: `${host} leads here`,
  });
  return true;
}

/** Take back names that lead to a website. */
async function withdraw(
  website: Website,
  { zone, events }: Outside,
  isUnwanted: (host: string) => boolean = () => true,
): Promise<void> {
  for (const host of (await zone.hostsOf(targetOf(website))).filter(isUnwanted)) {
    await zone.remove(host);
    const note = `${host} leads here no longer`;
    events.event(website, { type: "Normal", reason: "Withdrawn", action: "Withdraw", note });
  }
}

function statusOf(website: Website, deployment: Deployment, isPublished: boolean): WebsiteStatus {
  const { generation = 0 } = website.metadata;
  const { replicas = 1 } = website.spec;
  const { availableReplicas = 0 } = deployment.status ?? {};
  const isAvailable = availableReplicas >= replicas;
  const conditions: NewCondition[] = [
    {
      type: "Available",
      status: isAvailable ? "True" : "False",
      reason: isAvailable ? "MinimumReplicasAvailable" : "Progressing",
      message: `${availableReplicas} of ${replicas} replicas are available`,
      observedGeneration: generation,
    },
    {
      type: "Published",
      status: isPublished ? "True" : "False",
      reason: isPublished ? "HostLeadsHere" : "HostTaken",
      observedGeneration: generation,
    },
  ];
  return {
    observedGeneration: generation,
    availableReplicas,
    conditions: conditions.reduce<Condition[] | undefined>(setCondition, website.status?.conditions) ?? [],
  };
}

/** Bring a website's children, its name and its status to what it asks for. */
export function websiteReconciler(outside: Outside): Reconciler<Website> {
  return async ({ object: website, key, cluster, log }) => {
    // Its name went before it, by the finalizer; its children go after it, since it owns them.
    if (website === undefined) return;
    const deployment = await applyChildren(website, cluster, key);
    const isPublished = await publish(website, outside);

    const status = statusOf(website, deployment, isPublished);
    const { name = "", namespace = "" } = website.metadata;
    // Written only where it says something new: each write would wake the next reconcile.
    if (!isDeepStrictEqual(status, website.status)) {
      await cluster
        .resources(Website)
        .inNamespace(namespace)
        .withName(name)
        .status.apply({ metadata: { name }, status }, write);
      log.info({ available: status.availableReplicas, isPublished }, "status written");
    }
    return isPublished ? undefined : { requeueAfterMs: hostTakenMs };
  };
}

/** Takes back what no garbage collector knows of, before a website may go. */
export function websiteCleanup(outside: Outside): Finalizer<Website>["cleanup"] {
  return ({ object }) => withdraw(object, outside);
}
