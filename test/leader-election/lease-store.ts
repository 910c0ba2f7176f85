import { ApiError } from "../../src/base/api-error.ts";
import type { Lease } from "../../src/kinds/index.ts";

function refusal(status: number, reason: string): ApiError {
  return new ApiError(`the lease: ${reason} (${status})`, { status, reason, details: { name: "lock" } });
}

/** One lease in memory with what a kube-apiserver does to it: optimistic locking, and no write where nothing changes. */
export class LeaseStore {
  #lease: Lease | undefined;
  #version = 100;
  #uids = 0;
  /** How often somebody else than before was written as the holder. */
  holders: string[] = [];

  get lease(): Lease | undefined {
    return structuredClone(this.#lease);
  }

  get holder(): string | undefined {
    return this.#lease?.spec?.holderIdentity;
  }

  find(): Lease | undefined {
    return this.lease;
  }

  create(lease: Lease): Lease {
    if (this.#lease !== undefined) throw refusal(409, "AlreadyExists");
    return this.#put({ ...lease, metadata: { ...lease.metadata, uid: `uid-${++this.#uids}` } });
  }

  replace(lease: Lease): Lease {
    const current = this.#lease;
    if (current === undefined) throw refusal(404, "NotFound");
    const { resourceVersion, uid } = lease.metadata;
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      throw refusal(409, "Conflict");
    }
    if (uid !== undefined && uid !== current.metadata.uid) throw refusal(409, "Conflict");
    if (JSON.stringify({ ...lease, metadata: current.metadata }) === JSON.stringify(current)) {
      return structuredClone(current);
    }
    return this.#put({ ...lease, metadata: { ...lease.metadata, uid: current.metadata.uid ?? "" } });
  }

  /** Somebody writes an annotation, which is no renewal. */
  annotate(text: string): void {
    if (this.#lease === undefined) return;
    const { metadata } = this.#lease;
    this.#put({ ...this.#lease, metadata: { ...metadata, annotations: { ...metadata.annotations, text } } });
  }

  /** Somebody deletes it. */
  delete(): void {
    this.#lease = undefined;
  }

  #put(lease: Lease): Lease {
    const resourceVersion = String(++this.#version);
    const stored: Lease = structuredClone({ ...lease, metadata: { ...lease.metadata, resourceVersion } });
    this.#lease = stored;
    const holder = stored.spec?.holderIdentity ?? "";
    if (holder !== this.holders.at(-1)) this.holders.push(holder);
    return structuredClone(stored);
  }
}
