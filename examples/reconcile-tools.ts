/** The tools of a reconciler: predicates, owners, conditions, apply and finalizers, one function each. */
import {
  type Condition,
  type ControllerCluster,
  createOrApply,
  createOrUpdate,
  defineKind,
  isControlledBy,
  type Kind,
  type KubeObject,
  type Predicate,
  predicates,
  type Reconciler,
  setCondition,
  setControllerReference,
  withFinalizers,
} from "kube-reflex";
import { ConfigMap } from "kube-reflex/kinds";

export interface Shop extends KubeObject {
  spec?: { greeting?: string };
  status?: { conditions?: Condition[] };
}

export const Shop: Kind<Shop, "status"> = defineKind<Shop>()({
  group: "example.com",
  version: "v1",
  kind: "Shop",
  plural: "shops",
  scope: "Namespaced",
  subresources: ["status"],
});

/** Which events of shops count: a new wish or another label, of those that are ours or were until now. */
export const isRelevant: Predicate<KubeObject> = predicates.and(
  predicates.or(predicates.generationChanged, predicates.labelsChanged),
  predicates.matchesSelector("example.com/managed-by=operator"),
);

/** Give a shop its settings: applied, so that what others wrote into them stays. */
export async function applySettings(cluster: ControllerCluster, shop: Shop): Promise<string> {
  const settings = { metadata: { name: `${shop.metadata?.name}-settings` }, data: { greeting: "hello" } };
  const { outcome, object } = await createOrApply(cluster.resources(ConfigMap), settings, {
    fieldManager: "shop-operator",
    owner: { object: shop, kind: Shop },
  });
  return `${object.metadata.name} ${outcome}`; // created, updated or unchanged
}

/** The same by read, change and write, for what is not known in advance. */
export async function countVisit(cluster: ControllerCluster, shop: Shop): Promise<string> {
  const configMaps = cluster.resources(ConfigMap).inNamespace(shop.metadata?.namespace ?? "default");
  const { outcome } = await createOrUpdate(configMaps, "visits", (existing) => {
    if (existing !== undefined && !isControlledBy(existing, shop)) return existing; // somebody else's
    const visits = Number(existing?.data?.visits ?? 0) + 1;
    const wanted = existing ?? { metadata: { name: "visits", namespace: shop.metadata?.namespace ?? "" } };
    return setControllerReference(shop, Shop, { ...wanted, data: { visits: `${visits}` } });
  });
  return outcome;
}

/** Say in the status how it is, if that is news. */
export async function tellReady(cluster: ControllerCluster, shop: Shop, isReady: boolean): Promise<boolean> {
  const { name = "", namespace = "", generation } = shop.metadata ?? {};
  const before = shop.status?.conditions;
  const conditions = setCondition(before, {
    type: "Ready",
    status: isReady ? "True" : "False",
    reason: isReady ? "SettingsApplied" : "SettingsMissing",
    observedGeneration: generation,
  });
  if (conditions === before) return false; // nothing changed, the time of its last change neither
  const handle = cluster.resources(Shop).inNamespace(namespace).withName(name);
  await handle.status.patch({ merge: { status: { conditions } } });
  return true;
}

/** What a shop stands for outside of the cluster. */
export interface Buckets {
  make(key: string): Promise<void>;
  /** Resolves to whether it is empty by now, and gone. */
  remove(key: string): Promise<boolean>;
}

/** Reconciles shops so that none goes before its bucket has. */
export function shopReconciler(buckets: Buckets): Reconciler<Shop> {
  return withFinalizers(
    Shop,
    [
      {
        name: "shops.example.com/bucket",
        async cleanup({ key }) {
          const isGone = await buckets.remove(key);
          return isGone ? undefined : { requeueAfterMs: 10_000 }; // not yet: the finalizer stays
        },
      },
    ],
    async ({ key, object: shop, cluster }) => {
      if (shop === undefined) return; // gone, and cleaned up
      await buckets.make(key); // the finalizer is there by now
      await applySettings(cluster, shop);
      await tellReady(cluster, shop, true);
    },
  );
}
