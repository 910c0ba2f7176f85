import { KubeError } from "../base/errors.ts";
import type { ClusterConfig } from "../config/cluster-config.ts";
import { credentialOf } from "./credential.ts";
import { credentials } from "./credentials.ts";
import { impersonation } from "./impersonation.ts";
import { isNear } from "./near.ts";
import type { Interceptor, Transport } from "./port.ts";
import { type RateLimitOptions, rateLimit } from "./rate-limit.ts";
import { type RetryOptions, retry } from "./retry.ts";
import { requestSpans } from "./spans.ts";
import { attemptTelemetry, requestTelemetry } from "./telemetry.ts";
import {
  type ClosableTransport,
  closable,
  createUndiciTransport,
  type UndiciTransportOptions,
} from "./undici-transport.ts";

/** How calls are treated on their way to a server, wherever it is. */
export interface CallPolicy {
  readonly retry?: RetryOptions | undefined;
  /** A limit that this client sets itself; servers have their own (priority and fairness). @default none (H1) */
  readonly rateLimit?: RateLimitOptions | undefined;
  /** Outermost first, outside of retries and credentials: they see each call once. @default [] */
  readonly interceptors?: readonly Interceptor[] | undefined;
}

/** What {@link createClusterTransport} takes besides the configuration. */
export interface ClusterTransportOptions
  extends CallPolicy,
    Pick<UndiciTransportOptions, "dispatcher" | "http2"> {
  /**
   * Ask for lists and other large answers compressed (gzip); watches never are.
   *
   * Saves four fifths of the bytes and more, and takes the two ends longer than a link
   * of 400 Mbit/s takes for them. @default false for a server on this machine or in
   * this pod's cluster, or where the kubeconfig says `disable-compression`; else true
   */
  readonly compression?: boolean | undefined;
}

/** Wrap a transport; the first interceptor is the outermost. */
export function compose(transport: Transport, interceptors: readonly Interceptor[]): Transport {
  return interceptors.reduceRight((next, interceptor) => interceptor(next), transport);
}

/** Ask whether it may still be sent, after all that may have held it back. */
const asking: Interceptor = (next) => async (request) => {
  request.beforeSend?.();
  return next(request);
};

/**
 * Put telemetry, retries and the rate limit around a transport.
 *
 * `inner` stands between them and the transport, once per attempt; `host` is what
 * telemetry calls the server; `closing` ends all waits.
 */
export function withPolicy(
  transport: Transport,
  host: string,
  policy: CallPolicy,
  closing?: AbortSignal,
  inner: readonly Interceptor[] = [],
): Transport {
  return compose(transport, [
    ...(policy.interceptors ?? []),
    requestSpans(host),
    requestTelemetry(host),
    retry(policy.retry, closing),
    // Within the retries: each attempt waits for its turn (H7).
    ...(policy.rateLimit === undefined ? [] : [rateLimit(policy.rateLimit, closing)]),
    ...inner,
    asking,
    attemptTelemetry(host),
  ]);
}

/** Ask for answers as they are, where compressing costs more than it saves. */
const uncompressed: Interceptor = (next) => (request) =>
  next({ ...request, headers: { ...request.headers, "accept-encoding": "identity" } });

/**
 * Everything between a call and the API server: retries, credentials, impersonation, undici.
 *
 * One per cluster, shared by everything that talks to it; close it to let the process end.
 */
export function createClusterTransport(
  config: ClusterConfig,
  options: ClusterTransportOptions = {},
): ClosableTransport {
  const { host, origin } = new URL(config.server);
  const closing = new AbortController();
  const credential = credentialOf(config);
  const isCompressed = options.compression ?? !(config.disableCompression === true || isNear(config.server));
  const base = createUndiciTransport(config, {
    dispatcher: options.dispatcher,
    http2: options.http2,
    clientCertificate: () => credential.clientCertificate?.(),
  });
  const transport = withPolicy(base, host, options, closing.signal, [
    // Within the retries: each attempt asks for the header anew.
    credentials(credential),
    ...(isCompressed ? [] : [uncompressed]),
    ...(config.impersonate === undefined ? [] : [impersonation(config.impersonate)]),
  ]);
  return closable(
    (request) => transport(request),
    () => {
      closing.abort(new KubeError("STOPPED", `${origin}: the transport was closed`));
      credential.close?.();
      return base.close();
    },
  );
}
