import { abortError } from "../base/abort.ts";
import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { builtInKinds } from "../kinds/index.ts";
import { type Kind, resourceName } from "../resource/kind.ts";
import type { Interceptor, Transport, TransportRequest, TransportResponse } from "../transport/port.ts";
import { FanOut, type FanOutOptions } from "./fan-out/fan-out.ts";
import { aggregatedAnswer } from "./http/aggregated-discovery.ts";
import { failureAnswer, jsonAnswer, unknownPath } from "./http/answer.ts";
import { Authenticator, type Credentials, type Identity } from "./http/authentication.ts";
import { Authorizer } from "./http/authorization.ts";
import { createObject } from "./http/create.ts";
import { toObject } from "./http/decode.ts";
import { discoveryDocument, serverVersion } from "./http/discovery.ts";
import { fieldReaderOf } from "./http/field-labels.ts";
import { isProbe, probeAnswer } from "./http/health.ts";
import { negotiate, negotiateDiscovery } from "./http/media-types.ts";
import { carryOutOnPod } from "./http/pod-verbs.ts";
import { shapedAnswer } from "./http/reads.ts";
import { parseTarget, type RequestInfo, type RequestTarget, requestInfo } from "./http/request-info.ts";
import { RequestLog, type RequestLogEntry } from "./http/request-log.ts";
import { findRoute, isOfPod } from "./http/route.ts";
import type { ServedResource } from "./http/served-resource.ts";
import { methodNotAllowed, tooLarge, unknownResource } from "./http/status-error.ts";
import { strategyOf } from "./http/strategy.ts";
import { carryOut } from "./http/verbs.ts";
import { Kubelet } from "./kubelet/kubelet.ts";
import { builtInSchema } from "./schema/built-in-schema.ts";
import { SchemaTable } from "./schema/schema-table.ts";
import type { TypeSchema } from "./schema/type-schema.ts";
import type { StoragePort } from "./storage/port.ts";
import { Storage } from "./storage/storage.ts";
import { WatchCache } from "./watch-cache/watch-cache.ts";

/** The largest body that is read, as in kube-apiserver. */
export const maxBodyBytes: number = 3 * 1024 * 1024;

const namespacesAtStart: readonly string[] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** What an {@link ApiServer} serves, and how. */
export interface ApiServerOptions extends FanOutOptions, Credentials {
  /** Kinds besides the built-in ones; the same group, version and plural replaces a built-in one. */
  readonly kinds?: readonly Kind[];
  /** Namespaces besides those every cluster begins with. */
  readonly namespaces?: readonly string[];
  /** How many changes to keep per resource, by plural: `{ pods: 1000 }`. @default 1000 each */
  readonly watchCacheSizes?: Readonly<Record<string, number>>;
  /** The administrator's bearer token; where there is neither this nor `tokens`, all are let in as the administrator. */
  readonly token?: string;
  /** What every request passes first, outermost first; faults are put in here. */
  readonly interceptors?: readonly Interceptor[];
  /** Where objects are kept. @default a new {@link Storage} */
  readonly storage?: StoragePort;
}

/**
 * The embedded API server: a kube-apiserver's verbs and watches, in memory.
 *
 * `handle` is its front without sockets, a {@link Transport}; a node-server puts
 * HTTP before it. What it cannot do it refuses with the Status a client knows
 * how to read (404, 405, 406, 415, 501). Time passes only through `setTimeout`
 * and `Date.now()`, so fake timers move all of it.
 */
export class ApiServer {
  readonly kinds: readonly Kind[];
  readonly storage: StoragePort;
  /** Every request, in the order answered. */
  readonly requests: RequestLog = new RequestLog();
  /** Who may not do what. */
  readonly authorizer: Authorizer = new Authorizer();
  /** What stands in for the kubelets of pods. */
  readonly kubelet: Kubelet;
  /** Answer a request; rejects only when its signal aborts, a fault breaks the connection, or the server is closed. */
  readonly handle: Transport;
  readonly #resources = new Map<string, ServedResource>();
  readonly #schemas = new SchemaTable(builtInSchema);
  readonly #authenticator: Authenticator;
  #isClosed = false;

  constructor(options: ApiServerOptions = {}) {
    this.storage = options.storage ?? new Storage();
    this.#authenticator = new Authenticator(options);
    this.kubelet = new Kubelet(this.storage);
    for (const kind of [...builtInKinds, ...(options.kinds ?? [])]) this.#serve(kind, options);
    this.kinds = [...this.#resources.values()].map(({ kind }) => kind);
    const served = [...(options.interceptors ?? [])].reduceRight<Transport>(
      (next, interceptor) => interceptor(next),
      (request) => this.#answer(request),
    );
    this.handle = (request) => this.#logged(request, served);
    for (const name of [...namespacesAtStart, ...(options.namespaces ?? [])]) this.#addNamespace(name);
  }

  /** The kind's resource, with its cache and its watches; throws `INVALID_ARGUMENT` for one not served. */
  resource(kind: Pick<Kind, "group" | "version" | "plural">): ServedResource {
    const found = this.#resources.get(`${kind.group}/${kind.version}/${kind.plural}`);
    if (found !== undefined) return found;
    throw new KubeError(
      "INVALID_ARGUMENT",
      `Find ${resourceName(kind)} ${kind.version}: the server does not serve this kind, name it in \`kinds\``,
    );
  }

  /** All resources, or those with this plural in any group; throws `INVALID_ARGUMENT` where there are none. */
  resources(plural?: string): ServedResource[] {
    const all = [...this.#resources.values()];
    if (plural === undefined) return all;
    const found = all.filter(({ kind }) => kind.plural === plural);
    if (found.length > 0) return found;
    throw invalidArgument("resource", "the plural of a kind that is served", plural);
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.resources().reduce((sum, { fanOut }) => sum + fanOut.size, 0);
  }

  /** End all watches cleanly and let go of everything that could still run; requests then break as `CONNECTION_FAILED`. */
  close(): void {
    this.#isClosed = true;
    this.kubelet.close();
    for (const { fanOut, cache } of this.resources()) {
      fanOut.close();
      cache.close();
    }
  }

  #serve(
    kind: Kind,
    { watchCacheSizes, queueEvents, queueBytes, bookmarkIntervalMs }: ApiServerOptions,
  ): void {
    const windowSize = watchCacheSizes?.[resourceName(kind)] ?? watchCacheSizes?.[kind.plural];
    const cache = new WatchCache(this.storage, kind, {
      readField: fieldReaderOf(kind),
      ...(windowSize === undefined ? {} : { windowSize }),
    });
    const fanOut = new FanOut(cache, {
      ...(queueEvents === undefined ? {} : { queueEvents }),
      ...(queueBytes === undefined ? {} : { queueBytes }),
      ...(bookmarkIntervalMs === undefined ? {} : { bookmarkIntervalMs }),
    });
    const strategy = strategyOf(kind);
    const schema = (): TypeSchema => this.#schemas.typeOf(kind, strategy.isCustom);
    const name = `${kind.group}/${kind.version}/${kind.plural}`;
    this.#resources.get(name)?.cache.close();
    this.#resources.set(name, { kind, strategy, schema, storage: this.storage, cache, fanOut });
  }

  #addNamespace(name: string): void {
    if (this.storage.get({ group: "", plural: "namespaces" }, name) !== undefined) return;
    const namespaces = this.resource({ group: "", version: "v1", plural: "namespaces" });
    createObject(namespaces, undefined, toObject(namespaces.kind, { metadata: { name } }, false));
  }

  #expectOpen({ method, path, signal }: TransportRequest): void {
    if (signal?.aborted) throw abortError(signal, `${method} ${path}`);
    if (this.#isClosed) throw new KubeError("CONNECTION_FAILED", `${method} ${path}: the server was stopped`);
  }

  async #logged(request: TransportRequest, served: Transport): Promise<TransportResponse> {
    if (this.#isClosed) this.#expectOpen(request);
    const target = parseTarget(request.path);
    const info = target === undefined ? undefined : requestInfo(request.method, target);
    const add = (status: number): void =>
      this.requests.add({
        method: request.method,
        path: request.path.split("?", 1)[0] ?? "",
        query: target?.query ?? "",
        info,
        status,
        userAgent: request.headers["user-agent"] ?? "",
        ...this.#whoever(request),
        at: Date.now(),
      });
    try {
      const response = await served(request);
      add(response.status);
      return response;
    } catch (error) {
      add(0);
      throw error;
    }
  }

  /** Who a request is from, as far as it can be told. */
  #whoever(request: TransportRequest): Pick<RequestLogEntry, keyof Identity> {
    try {
      return this.#authenticator.identify(request);
    } catch {
      return { user: undefined, impersonatedBy: undefined };
    }
  }

  async #answer(request: TransportRequest): Promise<TransportResponse> {
    const { signal } = request;
    // Once more: an interceptor may have held it while the server was closed.
    this.#expectOpen(request);
    try {
      const target = parseTarget(request.path);
      if (target === undefined) return unknownPath();
      const { segments, params } = target;
      if (isProbe(segments)) return probeAnswer(segments, params);
      if (segments.length === 1 && segments[0] === "version") return this.#answerVersion(request);
      const identity = this.#authenticator.identify(request);
      const info = requestInfo(request.method, target);
      if (info === undefined) return this.#answerRoot(request, target);
      this.authorizer.check(identity, info);
      return await this.#answerResource(request, target, info);
    } catch (error) {
      if (signal?.aborted) throw abortError(signal, `${request.method} ${request.path}`);
      return failureAnswer(error);
    }
  }

  #answerVersion({ method }: TransportRequest): TransportResponse {
    if (method !== "GET") throw methodNotAllowed();
    return jsonAnswer(200, serverVersion);
  }

  #answerRoot({ method, headers }: TransportRequest, { segments }: RequestTarget): TransportResponse {
    const [first] = segments;
    const isWhole = segments.length === 1 && (first === "api" || first === "apis");
    const document = discoveryDocument(this.kinds, segments);
    if (document === undefined) {
      return this.#unknown(first === "api" ? "" : first === "apis" ? segments[1] : undefined);
    }
    if (method !== "GET") throw methodNotAllowed();
    if (negotiateDiscovery(headers.accept, isWhole) === "plain") return jsonAnswer(200, document);
    return aggregatedAnswer(this.kinds, first === "api", headers["if-none-match"]);
  }

  /** Below kube-apiserver's own groups an unknown path is a Status, elsewhere a line of text. */
  #unknown(group: string | undefined): TransportResponse {
    const isKnown = this.resources().some(({ kind, strategy }) => !strategy.isCustom && kind.group === group);
    if (isKnown) throw unknownResource();
    return unknownPath();
  }

  async #answerResource(
    request: TransportRequest,
    { params }: RequestTarget,
    info: RequestInfo,
  ): Promise<TransportResponse> {
    const found = this.#resources.get(`${info.group}/${info.version}/${info.resource}`);
    const route = findRoute(found, info);
    if (route === undefined) return this.#unknown(info.group);
    const { headers, body = "", signal } = request;
    const isUpgrade = request.upgrade === "websocket";
    const text = typeof body === "string" ? body : new TextDecoder().decode(body);
    if (Buffer.byteLength(text) > maxBodyBytes) throw tooLarge(maxBodyBytes);
    if (isOfPod(route)) {
      return carryOutOnPod({ route, params, headers, body: text, isUpgrade, signal }, this.kubelet);
    }
    const shape = negotiate(headers.accept);
    const answer = await carryOut({ route, params, headers, body: text, shape, signal });
    return shapedAnswer(route.resource, answer, shape);
  }
}
