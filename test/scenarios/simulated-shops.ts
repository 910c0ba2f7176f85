import { delay } from "../../src/base/abort.ts";
import { ApiError } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { isJsonObject } from "../../src/base/json-object.ts";
import type { CollectionPort, ControllerCluster, ObjectStore } from "../../src/controller/cluster-port.ts";
import { createOrUpdate } from "../../src/controller/create-or-apply.ts";
import { controllerOf, ownerReference } from "../../src/controller/owner-reference.ts";
import { type ReconcileRequest, type ReconcileResult, terminal } from "../../src/controller/reconcile.ts";
import { ConfigMap, Deployment, Secret } from "../../src/kinds/index.ts";
import { keyOf } from "../../src/resource/key.ts";
import type { Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { Shop, type World } from "./simulated-world.ts";

export const finalizerName = "example.com/ledger";
export const isManaged = (labels: Readonly<Record<string, string>>): boolean => labels.managed === "yes";

/** What the reconciler does wrong: probabilities. */
export interface Mood {
  throws: number;
  terminal: number;
  slow: number;
  hangs: number;
  requeues: number;
  rubbish: number;
}

export const calm: Readonly<Mood> = { throws: 0, terminal: 0, slow: 0, hangs: 0, requeues: 0, rubbish: 0 };

/** What shops stand for outside of the cluster, by their uids. */
export class Ledger {
  readonly #world: World;
  /** Reconciled at least once. */
  readonly #opened = new Set<string>();
  readonly #closed = new Set<string>();
  /** Somebody took their finalizers away by force. */
  readonly forced: Set<string> = new Set();
  cleanups = 0;

  constructor(world: World) {
    this.#world = world;
  }

  open(uid: string): void {
    this.#opened.add(uid);
  }

  close(uid: string): void {
    this.cleanups += 1;
    this.#closed.add(uid);
  }

  vanished(uid: string): void {
    if (!this.#opened.has(uid) || this.#closed.has(uid) || this.forced.has(uid)) return;
    this.#world.fail(`shop ${uid} vanished before its cleanup had succeeded`);
  }
}

/** A child as a shop wants it. */
export interface Wanted {
  readonly name: string;
  readonly content: string;
}

const kinds = { maps: ConfigMap, apps: Deployment } as const;

/** What a shop asks for, of one kind. */
export function wantedOf(shop: Shop | undefined, part: "maps" | "apps", secret: string): Wanted[] {
  const { name } = shop?.metadata ?? {};
  const { value = 0 } = shop?.spec ?? {};
  return Array.from({ length: shop?.spec?.[part] ?? 0 }, (_, index) => ({
    name: `${name}-${part}-${index}`,
    content: part === "maps" ? `${value}/${secret}` : `${value}`,
  }));
}

/** The content of a child, wherever its kind keeps it. */
export function contentOf(child: KubeObject): string {
  const { data, spec }: Record<string, unknown> = { ...child };
  if (isJsonObject(data)) return String(data.value);
  return isJsonObject(spec) ? String(spec.replicas) : "";
}

/** Whether a child is as a shop wants it. */
export function isAsWanted(child: KubeObject, shop: Shop, { content }: Wanted): boolean {
  const { labels = {}, ownerReferences = [] } = child.metadata ?? {};
  return (
    contentOf(child) === content &&
    isManaged(labels) &&
    labels.shop === shop.metadata?.name &&
    ownerReferences.length === 1 &&
    controllerOf(child)?.uid === shop.metadata?.uid
  );
}

function made(part: "maps" | "apps", shop: Shop, { name, content }: Wanted): KubeObject {
  const { namespace = "", name: shopName = "" } = shop.metadata ?? {};
  const labels = { managed: "yes", shop: shopName };
  const metadata = {
    namespace,
    name,
    labels,
    ownerReferences: [ownerReference(shop, Shop, { controller: true })],
  };
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web" }] } };
  const rest =
    part === "maps"
      ? { data: { value: content } }
      : { spec: { replicas: Number(content), selector: { matchLabels: { shop: shopName } }, template } };
  return { metadata, ...rest };
}

/** The store of a kind that the server may have forbidden so far. */
function storeOf<T extends KubeObject>(
  cluster: ControllerCluster,
  kind: Kind<T>,
): ObjectStore<T> | undefined {
  const store = cluster.store(kind);
  return store.hasSynced ? store : undefined;
}

/** Brings a shop's children to what it asks for, in one of several ways. */
export class ShopKeeper {
  readonly #world: World;
  readonly #isApplying: boolean;

  constructor(world: World, isApplying: boolean) {
    this.#world = world;
    this.#isApplying = isApplying;
  }

  async bring(request: ReconcileRequest<Shop>): Promise<ReconcileResult | undefined> {
    const { object: shop, namespace = "", name, cluster } = request;
    const secrets = storeOf(cluster, Secret);
    const secretName = shop?.spec?.secret;
    const secret = secretName === undefined ? undefined : secrets?.get(keyOf(namespace, secretName));
    let isBlind = secrets === undefined;
    for (const part of ["maps", "apps"] as const) {
      const store = storeOf<KubeObject>(cluster, kinds[part]);
      isBlind ||= store === undefined;
      if (store === undefined) continue;
      const wanted = wantedOf(shop, part, secret?.data?.value ?? "none");
      const children = cluster.resources<KubeObject, string>(kinds[part]).inNamespace(namespace);
      for (const child of store.list({ namespace, labels: `shop=${name}` })) {
        if (wanted.some((one) => one.name === child.metadata?.name)) continue;
        await this.#remove(children, child);
      }
      for (const one of wanted) {
        const child = store.get(keyOf(namespace, one.name));
        if (shop === undefined || (child !== undefined && isAsWanted(child, shop, one))) continue;
        await this.#write(children, child, made(part, shop, one));
      }
    }
    if (shop !== undefined) await this.#observe(cluster, shop);
    return isBlind ? { requeueAfterMs: 1000 } : undefined;
  }

  async #remove(children: CollectionPort<KubeObject>, child: KubeObject): Promise<void> {
    const { name = "", uid = "" } = child.metadata ?? {};
    try {
      await children.withName(name).delete({ preconditions: { uid } });
    } catch (error) {
      if (!ApiError.is(error) || error.status !== 404) throw error;
    }
  }

  async #write(
    children: CollectionPort<KubeObject>,
    child: KubeObject | undefined,
    wanted: KubeObject,
  ): Promise<void> {
    const { name = "" } = wanted.metadata ?? {};
    const { random } = this.#world;
    if (this.#isApplying) {
      await children.apply({ ...wanted, metadata: { ...wanted.metadata } }, { force: true });
    } else if (child === undefined) {
      if (random.chance(0.5)) await children.create(wanted);
      else await createOrUpdate(children, name, () => wanted);
    } else if (random.chance(0.3)) {
      const { resourceVersion = "" } = child.metadata ?? {};
      await children.replace({ ...wanted, metadata: { ...wanted.metadata, resourceVersion } });
    } else if (random.chance(0.5)) {
      await children.withName(name).patch({ merge: { ...wanted } });
    } else {
      await children.withName(name).edit((read) => ({ ...read, ...wanted }));
    }
  }

  async #observe(cluster: ControllerCluster, shop: Shop): Promise<void> {
    const { namespace = "", name = "", generation } = shop.metadata ?? {};
    if (generation === undefined || shop.status?.observed === generation) return;
    const handle = cluster.resources(Shop).inNamespace(namespace).withName(name);
    await handle.status.patch({ merge: { status: { observed: generation } } });
  }
}

/** What nobody may return, for programs without types. */
function rubbish(value: unknown): never {
  return value as never;
}

/** Misbehave as a reconciler may; returns what is to be returned besides. */
export async function misbehave(
  { random }: World,
  mood: Readonly<Mood>,
  { signal, object }: ReconcileRequest<Shop>,
): Promise<ReconcileResult | undefined> {
  if (random.chance(mood.slow)) {
    const isInTime = await delay(random.between(1, 3000), signal);
    if (!isInTime) throw signal.reason;
  }
  if (random.chance(mood.throws)) throw random.pick([new Error("no luck"), null, "a text"]);
  // What is not there any more wakes nobody, so that nothing would ever mend it.
  if (object !== undefined && random.chance(mood.terminal)) throw terminal(new Error("no use"));
  if (random.chance(mood.rubbish)) return rubbish(random.pick([Number.NaN, "soon", new Error("returned")]));
  if (!random.chance(mood.requeues)) return undefined;
  return { requeueAfterMs: random.pick([null, 0, random.between(0, 5000), 1]) };
}

/** Whether an error says that the controller may not write any more. */
export function isRefused(error: unknown): boolean {
  return KubeError.is(error) && ["STOPPED", "LEADERSHIP_LOST", "ABORTED", "TIMEOUT"].includes(error.code);
}
