import { KubeError, type KubeObject } from "kube-reflex";

/** A frame of a watch, as it goes over the wire. */
export interface Frame {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: KubeObject | Status;
}

/** A Status, as servers answer failures. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly status: "Failure";
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: object;
}

/** A Status of an HTTP status, with the reason the API gives it. */
export function status(code: number, reason: string, retryAfterSeconds?: number): Status {
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  return { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: reason, ...details };
}

/** An ERROR frame of a Status. */
export function errorFrame(code: number, reason: string, retryAfterSeconds?: number): Frame {
  return { type: "ERROR", object: status(code, reason, retryAfterSeconds) };
}

/** An object with a name, as this test's namespace has it. */
export type ScriptedPod = KubeObject & { metadata: { name: string; uid: string; resourceVersion: string } };

/**
 * The truth behind a script: what pods the namespace `a` really has, and had.
 *
 * Each write moves the one resourceVersion, and gives the frame that tells of it,
 * whether the test sends it or not.
 */
export class ScriptedPods {
  /** Each object's states by uid, `TYPE resourceVersion`, as a perfect witness would see them. */
  readonly history: Map<string, string[]> = new Map();
  readonly #pods = new Map<string, ScriptedPod>();
  #resourceVersion: number;
  #uids = 0;

  constructor(resourceVersion = 1000) {
    this.#resourceVersion = resourceVersion;
  }

  get resourceVersion(): string {
    return String(this.#resourceVersion);
  }

  get items(): ScriptedPod[] {
    return [...this.#pods.values()];
  }

  create(name: string, labels: Record<string, string> = {}): Frame {
    this.#uids += 1;
    return this.#write("ADDED", name, `uid-${this.#uids}`, labels);
  }

  modify(name: string, labels: Record<string, string> = {}): Frame {
    return this.#write("MODIFIED", name, this.#existing(name).metadata.uid, labels);
  }

  delete(name: string): Frame {
    const frame = this.#write("DELETED", name, this.#existing(name).metadata.uid, {});
    this.#pods.delete(name);
    return frame;
  }

  /** As a list's body: the present state, or the items given. */
  list(items: readonly KubeObject[] = this.items, metadata: object = {}): string {
    const meta = { resourceVersion: this.resourceVersion, ...metadata };
    return JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: meta, items });
  }

  bookmark(): Frame {
    return { type: "BOOKMARK", object: this.#pod("", undefined, {}) };
  }

  /** As a streaming list: the present state as ADDED, then the marker. */
  stream(): Frame[] {
    const annotations = { "k8s.io/initial-events-end": "true" };
    const marker = { metadata: { resourceVersion: this.resourceVersion, annotations } };
    const added = this.items.map((object): Frame => ({ type: "ADDED", object }));
    return [...added, { type: "BOOKMARK", object: { kind: "Pod", apiVersion: "v1", ...marker } }];
  }

  /** Go back to an older resourceVersion, as an etcd restored from a backup does. */
  restore(resourceVersion: number): void {
    this.#resourceVersion = resourceVersion;
  }

  #existing(name: string): ScriptedPod {
    const pod = this.#pods.get(name);
    if (pod === undefined) throw new KubeError("INVALID_ARGUMENT", `the script has no pod ${name}`);
    return pod;
  }

  #pod(name: string, uid: string | undefined, labels: Record<string, string>): KubeObject {
    const { resourceVersion } = this;
    const meta = uid === undefined ? { resourceVersion } : { name, namespace: "a", uid, resourceVersion };
    return { kind: "Pod", apiVersion: "v1", metadata: { ...meta, ...(uid === undefined ? {} : { labels }) } };
  }

  #write(type: Frame["type"], name: string, uid: string, labels: Record<string, string>): Frame {
    this.#resourceVersion += 1;
    const { resourceVersion } = this;
    const metadata = { name, namespace: "a", uid, resourceVersion, labels };
    const object: ScriptedPod = { kind: "Pod", apiVersion: "v1", metadata };
    this.#pods.set(name, object);
    this.history.set(uid, [...(this.history.get(uid) ?? []), `${type} ${resourceVersion}`]);
    return { type, object };
  }
}
