import { ApiServer, type ApiServerOptions, maxBodyBytes } from "../apiserver/api-server.ts";
import type { ExpireOptions, FanOut } from "../apiserver/fan-out/fan-out.ts";
import { type Certificate, selfSignedCertificate } from "../apiserver/http/certificate.ts";
import { NodeServer } from "../apiserver/http/node-server.ts";
import type { RequestLog } from "../apiserver/http/request-log.ts";
import { KubeError } from "../base/errors.ts";
import { Cluster } from "../cluster/cluster.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { Transport } from "../transport/port.ts";
import { type FailNext, Faults } from "./faults.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { type ObjectOrKey, Objects } from "./objects.ts";

/** How a {@link TestApiServer} is started. */
export interface TestApiServerOptions extends Omit<ApiServerOptions, "storage"> {
  /** Listen on loopback. @default true; without it there are only `transport` and `cluster()` */
  readonly listen?: boolean;
  /** @default 0, a free one */
  readonly port?: number;
  /** Serve HTTPS: with this certificate, or with one made now that signs itself. @default false */
  readonly tls?: boolean | Certificate;
}

/** Which resource a control is for, by its plural; all of them where it is left out. */
export interface ResourceFilter {
  readonly resource?: string;
}

/**
 * An API server for tests: real semantics, no cluster, faults on demand.
 *
 * Instances share nothing. `cluster()` talks to it in memory, so fake timers
 * move both sides; `url` and `kubeconfig()` are for clients of HTTP. Stop it, or
 * declare it with `await using`.
 */
export class TestApiServer implements AsyncDisposable {
  /** In-memory requests, without credentials added. */
  readonly transport: Transport;
  /** What it was asked: `await server.requests.next({ verb: "watch" })`. */
  readonly requests: RequestLog;
  readonly #api: ApiServer;
  readonly #objects: Objects;
  readonly #faults: Faults;
  readonly #token: string | undefined;
  readonly #ca: string | undefined;
  readonly #front: NodeServer | undefined;
  readonly #clusters = new Set<Cluster>();
  #stopped: Promise<void> | undefined;

  private constructor(
    api: ApiServer,
    parts: {
      readonly faults: Faults;
      readonly front: NodeServer | undefined;
      readonly token: string | undefined;
      readonly ca: string | undefined;
    },
  ) {
    this.#api = api;
    this.#objects = new Objects(api);
    this.#faults = parts.faults;
    this.#front = parts.front;
    this.#token = parts.token;
    this.#ca = parts.ca;
    this.transport = api.handle;
    this.requests = api.requests;
  }

  /** Start a server; rejects with `CONNECTION_FAILED` when the port is taken. */
  static async start(options: TestApiServerOptions = {}): Promise<TestApiServer> {
    const { listen = true, port, tls = false, interceptors = [], ...rest } = options;
    const faults = new Faults();
    const api = new ApiServer({ ...rest, interceptors: [...interceptors, faults.interceptor] });
    const certificate = tls === true ? await selfSignedCertificate() : tls === false ? undefined : tls;
    const { token } = options;
    const front = listen
      ? await NodeServer.listen(api.handle, {
          tls: certificate,
          maxBodyBytes,
          ...(port === undefined ? {} : { port }),
        })
      : undefined;
    return new TestApiServer(api, { faults, front, token, ca: certificate?.cert });
  }

  /** Where it listens; throws `UNSUPPORTED` when started with `listen: false`. */
  get url(): string {
    if (this.#front !== undefined) return this.#front.url;
    throw new KubeError("UNSUPPORTED", "Read the test server's url: it was started with `listen: false`");
  }

  /** The certificate to trust, as PEM text, when it serves HTTPS. */
  get ca(): string | undefined {
    return this.#ca;
  }

  /** A kubeconfig, as text, that leads here: address, certificate, token. */
  kubeconfig(): string {
    return kubeconfigText({ server: this.url, ca: this.#ca, token: this.#token });
  }

  /** A client that talks to it in memory, with the token; closed by `stop()`. */
  async cluster(): Promise<Cluster> {
    const { transport } = this;
    const token = this.#token;
    const withToken: Transport = (request) =>
      transport({ ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } });
    const cluster = await Cluster.connect({ transport: token === undefined ? transport : withToken });
    this.#clusters.add(cluster);
    return cluster;
  }

  /** Create an object without a request, its status included. */
  create<T extends KubeObject>(kind: Kind<T>, object: T): T {
    return this.#objects.create(kind, object);
  }

  /** Replace an object without a request, whatever its resourceVersion, its status included. */
  update<T extends KubeObject>(kind: Kind<T>, object: T): T {
    return this.#objects.update(kind, object);
  }

  /** Remove an object without a request, at once, whatever its finalizers: by itself or by `namespace/name`. */
  delete<T extends KubeObject>(kind: Kind<T>, object: ObjectOrKey): T {
    return this.#objects.delete(kind, object);
  }

  /** Read an object without a request; undefined where there is none. */
  get<T extends KubeObject>(kind: Kind<T>, object: ObjectOrKey): T | undefined {
    return this.#objects.get(kind, object);
  }

  /** Read all objects of a kind without a request, in the order of their keys. */
  list<T extends KubeObject>(kind: Kind<T>): T[] {
    return this.#objects.list(kind);
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.#api.openWatches;
  }

  /**
   * Forget the history: resuming and paging from before are answered with 410.
   *
   * Open watches go on, unless `open` says that they are told by an ERROR event
   * or ended. `refuseBy: "status"` answers later resumes with a plain 410, as
   * some servers and proxies do, instead of an ERROR event.
   */
  expire(options: ResourceFilter & ExpireOptions & { readonly refuseBy?: FanOut["refuseBy"] } = {}): void {
    for (const { fanOut } of this.#api.resources(options.resource)) {
      if (options.refuseBy !== undefined) fanOut.refuseBy = options.refuseBy;
      fanOut.expire(options.open === undefined ? {} : { open: options.open });
    }
  }

  /** Break open watches in the middle, or end them cleanly; returns how many. @default mode "reset" */
  cutWatches(options: ResourceFilter & { readonly mode?: "end" | "reset" } = {}): number {
    const { mode = "reset" } = options;
    const error =
      mode === "reset"
        ? new KubeError("CONNECTION_FAILED", "Read a watch: the test reset the connection")
        : undefined;
    return this.#api.resources(options.resource).reduce((sum, { fanOut }) => sum + fanOut.cut(error), 0);
  }

  /** Keep watches open but send nothing, as a half-open connection does; later ones too. */
  stallWatches(options: ResourceFilter = {}): void {
    for (const { fanOut } of this.#api.resources(options.resource)) fanOut.stall();
  }

  /** Send again, what was held back first. */
  resumeWatches(options: ResourceFilter = {}): void {
    for (const { fanOut } of this.#api.resources(options.resource)) fanOut.resume();
  }

  /** Answer the next requests that match with a failure: `failNext({ verb: "list", status: 503, times: 2 })`. */
  failNext(fault: FailNext): void {
    this.#faults.add(fault);
  }

  /** Close clients made by `cluster()`, watches and connections; resolves when nothing runs any more. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#clusters].map((cluster) => cluster.close()));
    this.#api.close();
    await this.#front?.close();
  }
}
