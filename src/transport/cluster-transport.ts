import type { ClusterConfig } from "../config/cluster-config.ts";
import { credentialOf } from "./credential.ts";
import { credentials } from "./credentials.ts";
import { impersonation } from "./impersonation.ts";
import type { Interceptor, Transport } from "./port.ts";
import { type RetryOptions, retry } from "./retry.ts";
import {
  type ClosableTransport,
  closable,
  createUndiciTransport,
  type UndiciTransportOptions,
} from "./undici-transport.ts";

/** What {@link createClusterTransport} takes besides the configuration. */
export interface ClusterTransportOptions extends UndiciTransportOptions {
  readonly retry?: RetryOptions | undefined;
  /** Outermost first, outside of retries and credentials: they see each call once. @default [] */
  readonly interceptors?: readonly Interceptor[] | undefined;
}

/** Wrap a transport; the first interceptor is the outermost. */
export function compose(transport: Transport, interceptors: readonly Interceptor[]): Transport {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), transport);
}

/**
 * Everything between a call and the API server: retries, credentials, impersonation, undici.
 *
 * One per cluster, shared by everything that talks to it; close it to let the process end.
 */
export function createClusterTransport(
  config: ClusterConfig,
  options: ClusterTransportOptions = {},
): ClosableTransport {
  const base = createUndiciTransport(config, options);
  const transport = compose(base, [
    ...(options.interceptors ?? []),
    // Outside of the credentials: each attempt asks for the header anew.
    retry(options.retry),
    credentials(credentialOf(config)),
    ...(config.impersonate === undefined ? [] : [impersonation(config.impersonate)]),
  ]);
  return closable(
    (request) => transport(request),
    () => base.close(),
  );
}
