import {
  expectBoolean,
  expectOptions,
  expectText,
  invalidArgument,
  invalidContent,
} from "../base/arguments.ts";
import { closest } from "../base/closest.ts";
import { KubeError } from "../base/errors.ts";
import type { ApiWarning } from "../client/warnings.ts";
import { configFromClientNode, type KubeConfigLike } from "../config/client-node.ts";
import { type ClusterConfig, checkedImpersonation } from "../config/cluster-config.ts";
import { configFromExplicit, type ExplicitConfig } from "../config/explicit.ts";
import { loadConfig } from "../config/load.ts";
import {
  type ClusterTransportOptions,
  createClusterTransport,
  withPolicy,
} from "../transport/cluster-transport.ts";
import type { Interceptor, Transport } from "../transport/port.ts";

/**
 * Where a cluster is, and how it is talked to.
 *
 * Where: `server` (with `token`, `ca` …), or a `kubeconfig` file, or client-node's
 * `kubeConfig`, or a `transport` that reaches it by itself. Without any of them
 * KUBECONFIG, `~/.kube/config` and the pod's service account are looked at.
 */
export interface ConnectOptions
  extends Partial<ExplicitConfig>,
    Pick<ClusterTransportOptions, "compression" | "dispatcher" | "http2" | "rateLimit" | "retry"> {
  /** The path of a kubeconfig file; neither its text, nor an object (that is `kubeConfig`). */
  readonly kubeconfig?: string | undefined;
  /** A context of the kubeconfig. @default its current one */
  readonly context?: string | undefined;
  /** A `KubeConfig` object of `@kubernetes/client-node`; a file's path is `kubeconfig`. */
  readonly kubeConfig?: KubeConfigLike | undefined;
  /** Reaches the API server by itself: the embedded one's, a recording, a mock. */
  readonly transport?: Transport | undefined;
  /** Wrapped around the transport; the first one is the outermost. @default [] */
  readonly interceptors?: readonly Interceptor[] | undefined;
  /** @default kube-reflex, its version, and Node's */
  readonly userAgent?: string | undefined;
  /** The name under which every write is remembered that gives none of its own; `apply` needs one. */
  readonly fieldManager?: string | undefined;
  /** Called with each warning of the server's, as `cluster.on("warning", …)` does. @default they are dropped */
  readonly onWarning?: ((warning: ApiWarning) => void) | undefined;
}

/** A way to reach one cluster, and what was found out about it. */
export interface Connection {
  readonly transport: Transport;
  /** The namespace that the context or the pod names. */
  readonly namespace: string;
  close(): Promise<void>;
}

/** Options that mean something beside `server` only; anywhere else they would be dropped in silence. */
const explicitOnly = [
  "token",
  "tokenFile",
  "ca",
  "cert",
  "key",
  "insecureSkipVerify",
  "serverName",
  "proxyUrl",
] as const;

const known: readonly string[] = [
  ...explicitOnly,
  "impersonate",
  "server",
  "namespace",
  "kubeconfig",
  "context",
  "kubeConfig",
  "transport",
  "compression",
  "dispatcher",
  "http2",
  "retry",
  "rateLimit",
  "interceptors",
  "userAgent",
  "fieldManager",
  "onWarning",
] satisfies (keyof ConnectOptions)[];

/** A misspelt `server` would look for a cluster elsewhere, and could find another one. */
function expectKnown(options: ConnectOptions): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = closest(unknown, known);
  const hint = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
  throw new KubeError("INVALID_ARGUMENT", `Connect to a cluster: there is no option \`${unknown}\`${hint}`);
}

function expectOnePlace(options: ConnectOptions): void {
  const { server, kubeconfig, kubeConfig, transport, context, compression, dispatcher, http2, impersonate } =
    options;
  const places = Object.entries({ server, kubeconfig, kubeConfig, transport })
    .filter(([, place]) => place !== undefined)
    .map(([name]) => name);
  if (places.length > 1) {
    throw invalidArgument("options", "one place where the cluster is", places.join(" and "));
  }
  const stray = server === undefined ? explicitOnly.find((name) => options[name] !== undefined) : undefined;
  if (stray !== undefined) throw invalidArgument("server", `given, as \`${stray}\` is`, server);
  if (context !== undefined && (server !== undefined || transport !== undefined)) {
    throw invalidArgument("context", `absent beside \`${places[0]}\`, which has no contexts`, context);
  }
  if (transport !== undefined && impersonate !== undefined) {
    throw invalidArgument("impersonate", "absent beside `transport`, which brings its own user", impersonate);
  }
  expectAbsent("transport", transport, { compression, dispatcher, http2 });
  expectAbsent("dispatcher", dispatcher, { http2 });
}

/** Whoever brings the connections decides on these: said twice, one of the two would be dropped in silence. */
function expectAbsent(beside: string, given: unknown, options: Readonly<Record<string, unknown>>): void {
  if (given === undefined) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    throw invalidArgument(name, `absent beside \`${beside}\`, which replaces it`, value);
  }
}

/** A kubeconfig's text in place of its path would be quoted by the error that finds no such file, token and all. */
function expectPath(kubeconfig: unknown): void {
  expectText("kubeconfig", kubeconfig);
  if (typeof kubeconfig !== "string" || !/\n|^\s*\{/.test(kubeconfig)) return;
  throw invalidContent("kubeconfig", "the path of a file", kubeconfig);
}

function expectInterceptors(interceptors: unknown): void {
  if (interceptors === undefined) return;
  const isList = Array.isArray(interceptors) && interceptors.every((one) => typeof one === "function");
  if (!isList) throw invalidArgument("interceptors", "an array of functions", interceptors);
}

async function configOf(options: ConnectOptions): Promise<ClusterConfig> {
  const { server, kubeconfig, kubeConfig, context, impersonate } = options;
  if (server !== undefined) return configFromExplicit({ ...options, server });
  const config =
    kubeConfig === undefined
      ? await loadConfig({ kubeconfig, context })
      : configFromClientNode(kubeConfig, context);
  if (impersonate === undefined) return config;
  // As kubectl's --as: whom the configuration names itself does not count then.
  return { ...config, impersonate: checkedImpersonation(impersonate, "cluster options") };
}

/** Find the cluster and make the way to it; rejects with `INVALID_CONFIG` or `INVALID_ARGUMENT` before any request. */
export async function openConnection(options: ConnectOptions): Promise<Connection> {
  expectOptions("options", options);
  expectKnown(options);
  expectOnePlace(options);
  expectPath(options.kubeconfig);
  expectText("context", options.context);
  expectText("fieldManager", options.fieldManager);
  expectText("namespace", options.namespace);
  expectText("userAgent", options.userAgent);
  expectBoolean("compression", options.compression);
  expectBoolean("http2", options.http2);
  expectOptions("impersonate", options.impersonate);
  expectOptions("retry", options.retry);
  expectOptions("rateLimit", options.rateLimit);
  expectInterceptors(options.interceptors);
  const { transport, interceptors, compression, dispatcher, http2, retry, rateLimit } = options;
  const policy = { interceptors, retry, rateLimit };
  if (transport !== undefined) {
    if (typeof transport !== "function") throw invalidArgument("transport", "a function", transport);
    const closing = new AbortController();
    return {
      transport: withPolicy(transport, "in-memory", policy, closing.signal),
      namespace: options.namespace ?? "default",
      close: async () => closing.abort(new KubeError("STOPPED", "The cluster was closed")),
    };
  }
  const config = await configOf(options);
  const made = createClusterTransport(config, { ...policy, compression, dispatcher, http2 });
  return { transport: made, namespace: options.namespace ?? config.namespace, close: () => made.close() };
}
