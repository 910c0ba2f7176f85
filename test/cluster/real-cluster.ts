import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, inject } from "vitest";
import { ApiError, type ApiErrorInit } from "../../src/base/api-error.ts";
import { KubeError } from "../../src/base/errors.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { ConnectOptions } from "../../src/cluster/connection.ts";
import type { ObjectHandle } from "../../src/cluster/object-handle.ts";
import { Namespace, Pod, type PodSubresource } from "../../src/kinds/index.ts";
import type { ClusterAccess, ContextName, StartedClusterAccess } from "./configuration.ts";
import { noKubelet } from "./running-pod.ts";

/** A pod with all that can be done with it. */
export type PodHandle = ObjectHandle<Pod, PodSubresource>;

/** The cluster under test as tests of this folder use it; what is made through it goes with it. */
export class RealCluster<A extends ClusterAccess = ClusterAccess> {
  readonly access: A;
  readonly #clusters: Cluster[] = [];
  readonly #namespaces: string[] = [];
  #admin: Cluster | undefined;

  constructor(access: A) {
    this.access = access;
  }

  /** The administrator's client. */
  get admin(): Cluster {
    if (this.#admin === undefined) throw new Error("used before beforeAll");
    return this.#admin;
  }

  async open(): Promise<void> {
    this.#admin = await this.connect();
  }

  /** A client by the kubeconfig, of its current context unless told another. */
  connect(options: ConnectOptions & { readonly context?: ContextName } = {}): Promise<Cluster> {
    return this.connectAs({ kubeconfig: this.access.kubeconfig, ...options });
  }

  /** A client by any options. */
  async connectAs(options: ConnectOptions): Promise<Cluster> {
    const cluster = await Cluster.connect(options);
    this.#clusters.push(cluster);
    return cluster;
  }

  /** One pod, as the administrator sees it, or somebody else by options of `connect`. */
  async pod(namespace: string, name: string, options?: Parameters<this["connect"]>[0]): Promise<PodHandle> {
    const cluster = options === undefined ? this.admin : await this.connect(options);
    return cluster.resources(Pod).inNamespace(namespace).withName(name);
  }

  async namespace(): Promise<string> {
    const name = `real-${randomBytes(5).toString("hex")}`;
    await this.admin.resources(Namespace).create({ metadata: { name } });
    this.#namespaces.push(name);
    return name;
  }

  async close(): Promise<void> {
    for (const name of this.#namespaces) await this.admin.resources(Namespace).withName(name).delete();
    for (const cluster of this.#clusters) await cluster.close();
  }
}

type Needs = "any" | "started" | "kubelet";

function missing(access: ClusterAccess | null, needs: Needs): string | undefined {
  if (access === null) return "there is no kube-apiserver";
  if (needs === "started" && access.origin !== "started") {
    return "only for a server that was started here";
  }
  return needs === "kubelet" ? noKubelet(access) : undefined;
}

function describeIf<A extends ClusterAccess>(
  name: string,
  reason: string | undefined,
  access: A | null,
  define: (cluster: () => RealCluster<A>) => void,
): void {
  if (reason !== undefined || access === null) {
    console.log(`test:cluster skips "${name}": ${reason}`);
    const skipped = (): never => {
      throw new Error(`used although ${reason}`);
    };
    describe.skip(`${name} (${reason})`, () => define(skipped));
    return;
  }
  describe(name, () => {
    const cluster = new RealCluster(access);
    beforeAll(() => cluster.open());
    afterAll(() => cluster.close());
    define(() => cluster);
  });
}

/** Tests of any cluster there is; without one they skip and say why. */
export function describeOnCluster(name: string, define: (cluster: () => RealCluster) => void): void {
  const access = inject("kubeApiServer");
  describeIf(name, missing(access, "any"), access, define);
}

/** Tests of a cluster that was started here, with all its users, and where `needs` says so with the scripted kubelet. */
export function describeOnStarted(
  name: string,
  define: (cluster: () => RealCluster<StartedClusterAccess>) => void,
  needs: "started" | "kubelet" = "started",
): void {
  const access = inject("kubeApiServer");
  const started = access?.origin === "started" ? access : null;
  describeIf(name, missing(access, needs), started, define);
}

/** What a promise rejects with; throws where it does not, or with something else than an error of this library. */
export async function rejection(promise: Promise<unknown>): Promise<KubeError & Partial<ApiErrorInit>> {
  try {
    await promise;
  } catch (error) {
    if (ApiError.is(error) || KubeError.is(error)) return error;
    throw error;
  }
  throw new Error("it resolves");
}
