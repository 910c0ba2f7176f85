import type { LeaseObject } from "./lease.ts";

/** What every request for a lease takes. */
export interface LeaseCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** For the server too, which then does not carry out what nobody waits for any more. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The leases of one namespace; the port that `cluster.resources(Lease).inNamespace("shop")` satisfies.
 *
 * `find` reads the newest state, never a cache's. `replace` writes only over
 * the state whose resourceVersion the lease carries, and answers 409 otherwise;
 * `create` answers 409 where there is one. Failures are `ApiError`s.
 */
export interface LeasePort {
  /** Of a handle, what it was narrowed to: the namespace of the lease, for messages and checks. */
  readonly selection?: { readonly namespaces?: readonly string[] | undefined } | undefined;
  /** The same in another namespace. */
  inNamespace(namespace: string): LeasePort;
  /** One lease; `find` resolves to `undefined` where there is none. */
  withName(name: string): { find(options?: LeaseCallOptions): Promise<LeaseObject | undefined> };
  create(lease: LeaseObject, options?: LeaseCallOptions): Promise<LeaseObject>;
  replace(lease: LeaseObject, options?: LeaseCallOptions): Promise<LeaseObject>;
}
