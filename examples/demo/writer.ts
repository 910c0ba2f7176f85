import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster, KubeObject, ResourceHandle } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { line } from "./log.ts";
import type { Happening } from "./proof.ts";

/** Changes pods one after the other, and remembers what an informer of `app=web` must see of it. */
export class Writer {
  readonly history: Happening[] = [];
  /** While the informer's stream is silent it cannot see the steps of a deletion, only its result. */
  isUnseen = false;
  readonly #pods: ResourceHandle<Pod>;
  readonly #pauseMs: number;

  constructor(cluster: Cluster, namespace: string, pauseMs: number) {
    this.#pods = cluster.resources(Pod).inNamespace(namespace);
    this.#pauseMs = pauseMs;
  }

  async create(name: string, zone: string): Promise<void> {
    const pod = await this.#pods.create({
      metadata: { name, labels: { app: "web", zone } },
      spec: { containers: [{ name: "web", image: "web:1" }] },
    });
    await this.#did("ADDED", pod);
  }

  /** Change a label that the informer indexes: the pod moves to another zone. */
  async move(name: string, zone: string): Promise<void> {
    const pod = await this.#pods.withName(name).patch({ merge: { metadata: { labels: { zone } } } });
    await this.#did("MODIFIED", pod);
  }

  async label(name: string, key: string, value: string): Promise<void> {
    const pod = await this.#pods.withName(name).patch({ merge: { metadata: { labels: { [key]: value } } } });
    await this.#did("MODIFIED", pod);
  }

  /** Change the label that the informer selects by: for the informer, the pod is gone. */
  async leave(name: string): Promise<void> {
    const pod = await this.#pods.withName(name).patch({ merge: { metadata: { labels: { app: "api" } } } });
    await this.#did("DELETED", pod);
  }

  async delete(name: string): Promise<void> {
    const { metadata } = await this.#pods.withName(name).get();
    await this.#pods.withName(name).delete({ gracePeriodSeconds: 0 });
    // A pod is marked with a deletionTimestamp before it is removed, in a write of its own.
    if (!this.isUnseen) this.history.push({ type: "MODIFIED", key: `${metadata.namespace}/${name}` });
    await this.#did("DELETED", { metadata });
  }

  /** Delete a pod and create another one under its name. */
  async recreate(name: string, zone: string): Promise<void> {
    await this.delete(name);
    await this.create(name, zone);
  }

  #remember(type: Happening["type"], { metadata }: KubeObject): string {
    const key = `${metadata?.namespace}/${metadata?.name}`;
    // A deletion found by a relist shows the last state that was seen, so its version is not compared.
    const resourceVersion = type === "DELETED" ? {} : { resourceVersion: metadata?.resourceVersion ?? "" };
    this.history.push({ type, key, ...resourceVersion });
    return key;
  }

  async #did(type: Happening["type"], pod: KubeObject): Promise<void> {
    line("✎", "write", `${type.toLowerCase()} ${this.#remember(type, pod)}`);
    await sleep(this.#pauseMs);
  }
}
