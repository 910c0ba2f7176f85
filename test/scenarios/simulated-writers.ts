import { setControllerReference } from "../../src/controller/owner-reference.ts";
import { ConfigMap, Deployment, Secret } from "../../src/kinds/index.ts";
import { keyOf, keyOfMeta, splitKey } from "../../src/resource/key.ts";
import type { KubeObject, ObjectMeta } from "../../src/resource/object.ts";
import type { SimulatedClient } from "./simulated-client.ts";
import { finalizerName, type Ledger, wantedOf } from "./simulated-shops.ts";
import {
  childKinds,
  foreignFinalizer,
  namespaces,
  Shop,
  secretNames,
  shopNames,
  type World,
} from "./simulated-world.ts";

type Write = (key: string) => void;

/** Everybody else who writes: users of shops, and those who break their children. */
export class Writers {
  readonly #world: World;
  readonly #client: SimulatedClient;
  readonly #ledger: Ledger;
  /** Secrets wake every shop of their namespace, which hides events that are missed. */
  readonly #hasSecrets: boolean;
  #number = 0;

  constructor(world: World, client: SimulatedClient, ledger: Ledger, hasSecrets: boolean) {
    this.#world = world;
    this.#client = client;
    this.#ledger = ledger;
    this.#hasSecrets = hasSecrets;
  }

  /** What there is before anybody runs. */
  begin(): void {
    for (let count = 0; count < 8; count += 1) this.#create(this.#anyKey());
    for (let count = 0; count < 2; count += 1) this.#secret();
    this.#world.note();
  }

  /** One write of any sort. */
  write(): void {
    const { random } = this.#world;
    const ofShops: Write[] = [
      (key) => this.#create(key),
      (key) => this.#create(key),
      (key) => this.#change(key),
      (key) => this.#change(key),
      (key) => this.#delete(key),
      (key) => this.#recreate(key),
      (key) => this.#relabel(key),
      (key) => this.#stripFinalizers(key),
      (key) => this.#toggleForeign(key),
      (key) => this.#toggleForeign(key),
      () => this.#hasSecrets && this.#secret(),
    ];
    if (random.chance(0.6)) random.pick(ofShops)(this.#anyKey());
    else this.#breakChild();
    this.#world.note();
  }

  /** In the end everything is where the controllers see it. */
  repair(): void {
    const { server } = this.#world;
    for (const shop of server.list(Shop)) {
      this.#label(shop, "tier", "shop");
      if (this.#world.foreign.has(shop.metadata?.uid ?? "")) this.#toggleForeign(keyOfMeta(shop.metadata));
    }
    for (const kind of childKinds) {
      for (const child of server.list(kind)) {
        const found = this.#adopted(child);
        if (found !== child) server.update(kind, found);
      }
    }
    this.#world.note();
  }

  /** Make an event of a shop that is not tried again by itself. */
  touch(key: string): void {
    const shop = this.#world.server.get(Shop, key);
    if (shop === undefined) return;
    this.#number += 1;
    const annotations = { ...shop.metadata?.annotations, touched: String(this.#number) };
    this.#update(shop, { annotations });
    this.#world.note();
  }

  /** A child that its controller finds: by its label; one that no shop will adopt, by its owner. */
  #adopted(child: KubeObject): KubeObject {
    const { labels = {}, namespace = "", name = "", ownerReferences = [] } = child.metadata ?? {};
    const visible = labels.managed === "yes" ? child : labelled(child, "managed", "yes");
    const shop = this.#world.server.get(Shop, keyOf(namespace, labels.shop ?? ""));
    const isLiving = shop?.metadata?.deletionTimestamp === undefined;
    const wanted = [...wantedOf(shop, "maps", ""), ...wantedOf(shop, "apps", "")];
    if (ownerReferences.length > 0 || (isLiving && wanted.some((one) => one.name === name))) return visible;
    const owner = { metadata: { name: labels.shop ?? "", namespace, uid: "of-old" } };
    return setControllerReference(owner, Shop, visible);
  }

  #anyKey(): string {
    const { random } = this.#world;
    return keyOf(random.pick(namespaces), random.pick(shopNames));
  }

  #spec(): NonNullable<Shop["spec"]> {
    const { random } = this.#world;
    this.#number += 1;
    const spec = { maps: random.pick([0, 1, 1, 2]), apps: random.pick([0, 1]), value: this.#number };
    return random.chance(0.5) ? { ...spec, secret: random.pick(secretNames) } : spec;
  }

  #create(key: string): void {
    const { server } = this.#world;
    if (server.get(Shop, key) !== undefined) return;
    this.#world.trace(`create ${key}`);
    const { namespace, name } = splitKey(key);
    server.create(Shop, { metadata: { namespace, name, labels: { tier: "shop" } }, spec: this.#spec() });
  }

  #change(key: string): void {
    const { server } = this.#world;
    const shop = server.get(Shop, key);
    if (shop === undefined) return;
    this.#world.trace(`change ${key}`);
    server.update(Shop, { ...shop, spec: this.#spec() });
  }

  /** As users do: by a request, and the finalizer holds it. */
  #delete(key: string): void {
    const { namespace, name } = splitKey(key);
    this.#world.trace(`delete ${key}`);
    const handle = this.#client.cluster.resources(Shop).inNamespace(namespace).withName(name);
    handle.delete().catch(() => {});
  }

  /** At once, by force, and another of the name. */
  #recreate(key: string): void {
    const { server, random } = this.#world;
    const shop = server.get(Shop, key);
    if (shop === undefined) return;
    this.#world.trace(`recreate ${key}`);
    this.#ledger.forced.add(shop.metadata?.uid ?? "");
    server.delete(Shop, key);
    if (random.chance(0.8)) this.#create(key);
  }

  #relabel(key: string): void {
    const { server, random } = this.#world;
    const shop = server.get(Shop, key);
    if (shop === undefined) return;
    this.#world.trace(`relabel ${key}`);
    this.#label(shop, "tier", random.pick(["shop", "none"]));
  }

  #stripFinalizers(key: string): void {
    const shop = this.#world.server.get(Shop, key);
    if (shop?.metadata?.finalizers?.includes(finalizerName) !== true) return;
    this.#world.trace(`strip ${key}`);
    this.#ledger.forced.add(shop.metadata.uid ?? "");
    const { namespace, name } = splitKey(key);
    const handle = this.#client.cluster.resources(Shop).inNamespace(namespace).withName(name);
    // It may be slow, and another object have the name by then.
    const { uid, finalizers } = shop.metadata;
    const tests = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path: "/metadata/finalizers", value: finalizers },
    ] as const;
    const value = finalizers.filter((one) => one !== finalizerName);
    const patch = { json: [...tests, { op: "replace" as const, path: "/metadata/finalizers", value }] };
    handle.patch(patch).catch(() => {});
  }

  /** Add somebody else's finalizer in front of all, or take it away. */
  #toggleForeign(key: string): void {
    const { server, foreign } = this.#world;
    const { uid = "", finalizers = [], deletionTimestamp } = server.get(Shop, key)?.metadata ?? {};
    if (uid === "") return;
    const others = finalizers.filter((one) => one !== foreignFinalizer);
    if (foreign.delete(uid)) {
      this.#world.trace(`release ${key}`);
      this.#setFinalizers(key, others);
    } else if (deletionTimestamp === undefined) {
      this.#world.trace(`hold ${key}`);
      foreign.add(uid);
      this.#setFinalizers(key, [foreignFinalizer, ...others]);
    }
  }

  /** By force, so that the last one of a deleted object goes with it. */
  #setFinalizers(key: string, finalizers: string[]): void {
    const { server } = this.#world;
    const shop = server.get(Shop, key);
    if (shop === undefined) return;
    server.update(Shop, { ...shop, metadata: { ...shop.metadata, finalizers } });
    const isOver = finalizers.length === 0 && shop.metadata?.deletionTimestamp !== undefined;
    if (isOver && server.get(Shop, key) !== undefined) server.delete(Shop, key);
  }

  #secret(): void {
    const { server, random } = this.#world;
    const key = keyOf(random.pick(namespaces), random.pick(secretNames));
    const { namespace, name } = splitKey(key);
    this.#number += 1;
    const data = { value: Buffer.from(String(this.#number)).toString("base64") };
    const secret = server.get(Secret, key);
    this.#world.trace(`secret ${key}`);
    if (secret === undefined) server.create(Secret, { metadata: { namespace, name }, data });
    else if (random.chance(0.3)) server.delete(Secret, key);
    else server.update(Secret, { ...secret, data });
  }

  #breakChild(): void {
    const { server, random } = this.#world;
    const kind = random.pick(childKinds);
    const children = server.list(kind);
    if (children.length === 0) return;
    const child = random.pick(children);
    const { labels = {}, ownerReferences = [] } = child.metadata ?? {};
    const what = random.pick(["delete", "delete", "content", "disown", "relabel"]);
    this.#world.trace(`${what} ${kind.plural} ${keyOfMeta(child.metadata)}`);
    if (what === "delete") server.delete(kind, child);
    if (what === "content") this.#spoil(child);
    // Nobody could find one again that has neither owner nor label.
    if (what === "disown" && labels.managed === "yes") {
      server.update(kind, { ...child, metadata: { ...child.metadata, ownerReferences: [] } });
    }
    if (what === "relabel" && (labels.managed !== "yes" || ownerReferences.length > 0)) {
      server.update(kind, labelled(child, "managed", labels.managed === "yes" ? "no" : "yes"));
    }
  }

  #spoil(child: KubeObject): void {
    const { server } = this.#world;
    const key = keyOfMeta(child.metadata);
    const map = child.kind === "ConfigMap" ? server.get(ConfigMap, key) : undefined;
    if (map !== undefined) server.update(ConfigMap, { ...map, data: { value: "spoilt" } });
    const app = child.kind === "Deployment" ? server.get(Deployment, key) : undefined;
    if (app?.spec !== undefined) server.update(Deployment, { ...app, spec: { ...app.spec, replicas: 99 } });
  }

  #label(shop: Shop, label: string, value: string): void {
    if (shop.metadata?.labels?.[label] === value) return;
    this.#world.server.update(Shop, labelled(shop, label, value));
  }

  #update(shop: Shop, metadata: ObjectMeta): void {
    this.#world.server.update(Shop, { ...shop, metadata: { ...shop.metadata, ...metadata } });
  }
}

function labelled<T extends KubeObject>(object: T, label: string, value: string): T {
  const { metadata = {} } = object;
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, [label]: value } } };
}
