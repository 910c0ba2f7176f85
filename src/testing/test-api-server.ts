import { ApiServer, maxBodyBytes } from "../apiserver/api-server.ts";
import type { ExpireOptions, FanOut } from "../apiserver/fan-out/fan-out.ts";
import { administrator, type Credentials } from "../apiserver/http/authentication.ts";
import type { ForbidRule } from "../apiserver/http/authorization.ts";
import { selfSignedCertificate } from "../apiserver/http/certificate.ts";
import { NodeServer } from "../apiserver/http/node-server.ts";
import type { RequestLog } from "../apiserver/http/request-log.ts";
import type { ServedResource } from "../apiserver/http/served-resource.ts";
import type { LogTarget } from "../apiserver/kubelet/pod-logs.ts";
import type { PortForwardHandler } from "../apiserver/kubelet/port-forward-session.ts";
import type { ProcessHandler } from "../apiserver/kubelet/process-session.ts";
import { expectFunction, expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { Cluster } from "../cluster/cluster.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { Transport } from "../transport/port.ts";
import { type FailNext, Faults } from "./faults.ts";
import { kubeconfigText } from "./kubeconfig.ts";
import { type ObjectOrKey, Objects } from "./objects.ts";
import { checkStartOptions, type TestApiServerOptions } from "./start-options.ts";

/** Which resource a control is for, by its plural; all of them where it is left out. */
export interface ResourceFilter {
  readonly resource?: string;
}

/** Whose credentials are used: a user's in `tokens`, by name. */
export interface AsUser {
  /** @default the administrator, or the first of `tokens` where there is no `token` */
  readonly user?: string;
}

/** When something was written. */
export interface WrittenAt {
  /** @default now */
  readonly at?: Date;
}

function writtenAt({ at = new Date(Date.now()) }: WrittenAt): number {
  if (at instanceof Date && !Number.isNaN(at.getTime())) return at.getTime();
  throw invalidArgument("at", "a valid Date", at);
}

function expectOneOf(name: string, value: unknown, known: readonly unknown[]): void {
  if (value === undefined || known.includes(value)) return;
  const shown = known.map((one) => `"${one}"`);
  throw invalidArgument(name, `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`, value);
}

/**
 * An API server for tests: real semantics, no cluster, faults on demand.
 *
 * Instances share nothing. `cluster()` talks to it in memory, so fake timers
 * move both sides; `url` and `kubeconfig()` are for clients of HTTP. Stop it, or
 * declare it with `await using`: its requests then break with `CONNECTION_FAILED`,
 * as those to a server that is gone, and all but its log throws `STOPPED`.
 */
export class TestApiServer implements AsyncDisposable {
  /** In-memory requests, without credentials added. */
  readonly transport: Transport;
  /** What it was asked: `await server.requests.next({ verb: "watch" })`. */
  readonly requests: RequestLog;
  readonly #api: ApiServer;
  readonly #objects: Objects;
  readonly #faults: Faults;
  readonly #credentials: Credentials;
  readonly #ca: string | undefined;
  readonly #front: NodeServer | undefined;
  readonly #clusters = new Set<Cluster>();
  #stopped: Promise<void> | undefined;

  private constructor(
    api: ApiServer,
    parts: {
      readonly faults: Faults;
      readonly front: NodeServer | undefined;
      readonly credentials: Credentials;
      readonly ca: string | undefined;
    },
  ) {
    this.#api = api;
    this.#objects = new Objects(api);
    this.#faults = parts.faults;
    this.#front = parts.front;
    this.#credentials = parts.credentials;
    this.#ca = parts.ca;
    this.transport = api.handle;
    this.requests = api.requests;
  }

  /**
   * Start a server.
   *
   * Rejects with `INVALID_ARGUMENT`, before anything is opened, for options that
   * make no sense, and with `CONNECTION_FAILED` when the port is taken.
   */
  static async start(options: TestApiServerOptions = {}): Promise<TestApiServer> {
    checkStartOptions(options);
    const { listen = true, port, tls = false, interceptors = [], ...rest } = options;
    const faults = new Faults();
    const api = new ApiServer({ ...rest, interceptors: [...interceptors, faults.interceptor] });
    const certificate = tls === true ? await selfSignedCertificate() : tls === false ? undefined : tls;
    const front = listen
      ? await NodeServer.listen(api.handle, {
          tls: certificate,
          maxBodyBytes,
          ...(port === undefined ? {} : { port }),
        })
      : undefined;
    return new TestApiServer(api, { faults, front, credentials: options, ca: certificate?.cert });
  }

  /** Where it listens; throws `UNSUPPORTED` when started with `listen: false`. */
  get url(): string {
    this.#expectRunning("Read the url of the test server");
    if (this.#front !== undefined) return this.#front.url;
    throw new KubeError("UNSUPPORTED", "Read the test server's url: it was started with `listen: false`");
  }

  /** The certificate to trust, as PEM text, when it serves HTTPS. */
  get ca(): string | undefined {
    return this.#ca;
  }

  /** A kubeconfig, as text, that leads here: address, certificate, the token of the administrator or of `user`. */
  kubeconfig(options: AsUser = {}): string {
    this.#expectRunning("Write a kubeconfig for the test server");
    return kubeconfigText({ server: this.url, ca: this.#ca, token: this.#tokenOf(options) });
  }

  /** A client that talks to it in memory, with the token of the administrator or of `user`; closed by `stop()`. */
  async cluster(options: AsUser = {}): Promise<Cluster> {
    this.#expectRunning("Connect to the test server");
    const { transport } = this;
    const token = this.#tokenOf(options);
    const withToken: Transport = (request) =>
      transport({ ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } });
    const cluster = await Cluster.connect({ transport: token === undefined ? transport : withToken });
    if (this.#stopped !== undefined) await cluster.close();
    this.#expectRunning("Connect to the test server");
    this.#clusters.add(cluster);
    return cluster;
  }

  /** Create an object without a request, its status included. */
  create<T extends KubeObject>(kind: Kind<T>, object: T): T {
    this.#expectRunning("Create an object on the test server");
    return this.#objects.create(kind, object);
  }

  /** Replace an object without a request, whatever its resourceVersion, its status included. */
  update<T extends KubeObject>(kind: Kind<T>, object: T): T {
    this.#expectRunning("Update an object on the test server");
    return this.#objects.update(kind, object);
  }

  /** Remove an object without a request, at once, whatever its finalizers: by itself or by `namespace/name`. */
  delete<T extends KubeObject>(kind: Kind<T>, object: ObjectOrKey): T {
    this.#expectRunning("Delete an object on the test server");
    return this.#objects.delete(kind, object);
  }

  /** Read an object without a request; undefined where there is none. */
  get<T extends KubeObject>(kind: Kind<T>, object: ObjectOrKey): T | undefined {
    this.#expectRunning("Read an object on the test server");
    return this.#objects.get(kind, object);
  }

  /** Read all objects of a kind without a request, in the order of their keys. */
  list<T extends KubeObject>(kind: Kind<T>): T[] {
    this.#expectRunning("List objects on the test server");
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
    const resources = this.#resources("Expire the history of the test server", options);
    expectOneOf("open", options.open, ["keep", "error-event", "end"]);
    expectOneOf("refuseBy", options.refuseBy, ["event", "status"]);
    for (const { fanOut } of resources) {
      if (options.refuseBy !== undefined) fanOut.refuseBy = options.refuseBy;
      fanOut.expire(options.open === undefined ? {} : { open: options.open });
    }
  }

  /** Break open watches in the middle, or end them cleanly; returns how many. @default mode "reset" */
  cutWatches(options: ResourceFilter & { readonly mode?: "end" | "reset" } = {}): number {
    const resources = this.#resources("Cut watches of the test server", options);
    const { mode = "reset" } = options;
    expectOneOf("mode", mode, ["end", "reset"]);
    const error =
      mode === "reset"
        ? new KubeError("CONNECTION_FAILED", "Read a watch: the test reset the connection")
        : undefined;
    return resources.reduce((sum, { fanOut }) => sum + fanOut.cut(error), 0);
  }

  /** Keep watches open but send nothing, as a half-open connection does; later ones too. */
  stallWatches(options: ResourceFilter = {}): void {
    for (const { fanOut } of this.#resources("Stall watches of the test server", options)) fanOut.stall();
  }

  /** Send again, what was held back first. */
  resumeWatches(options: ResourceFilter = {}): void {
    for (const { fanOut } of this.#resources("Resume watches of the test server", options)) fanOut.resume();
  }

  /** Answer the next requests that match with a failure: `failNext({ verb: "list", status: 503, times: 2 })`. */
  failNext(fault: FailNext): void {
    this.#resources("Fail requests to the test server", fault);
    this.#faults.add(fault);
  }

  /**
   * Answer requests that match with 403, in the words of RBAC: `forbid({ user: "ci", verb: "list", resource: "pods" })`.
   *
   * Everything else stays allowed. A rule with the verb `impersonate` forbids to act as others. Returns how to allow
   * it again.
   */
  forbid(rule: ForbidRule): () => void {
    this.#resources("Forbid requests to the test server", rule);
    return this.#api.authorizer.forbid(rule);
  }

  /**
   * Say what a container has written, in place of what was said before: text, or lines.
   *
   * Written now, or at `at`. A pod's logs are forgotten when it is deleted.
   */
  setLog(target: LogTarget, log: string | readonly string[], options: WrittenAt = {}): void {
    this.#api.kubelet.logs.set(this.#logTarget("Set", target, log), log, writtenAt(options));
  }

  /** Let a container write more: who follows its log is sent it at once. */
  appendLog(target: LogTarget, log: string | readonly string[], options: WrittenAt = {}): void {
    this.#api.kubelet.logs.append(this.#logTarget("Append to", target, log), log, writtenAt(options));
  }

  /** Play the processes that `exec` starts in pods; undefined: they have no kubelet again. */
  onExec(handler: ProcessHandler | undefined): void {
    this.#expectRunning("Play processes on the test server");
    expectFunction("handler", handler);
    this.#api.kubelet.exec = handler;
  }

  /** Play the processes that `attach` connects to. */
  onAttach(handler: ProcessHandler | undefined): void {
    this.#expectRunning("Play processes on the test server");
    expectFunction("handler", handler);
    this.#api.kubelet.attach = handler;
  }

  /** Play what listens on the ports of pods. */
  onPortForward(handler: PortForwardHandler | undefined): void {
    this.#expectRunning("Play ports on the test server");
    expectFunction("handler", handler);
    this.#api.kubelet.portForward = handler;
  }

  /**
   * Close clients made by `cluster()`, watches and connections; the first call counts.
   *
   * Resolves when nothing runs any more. Rejects with `TIMEOUT`, all of it closed,
   * where a client's handler does not return.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    try {
      await Promise.all([...this.#clusters].map((cluster) => cluster.close()));
    } finally {
      this.#api.close();
      await this.#front?.close();
    }
  }

  #expectRunning(step: string): void {
    if (this.#stopped === undefined) return;
    throw new KubeError("STOPPED", `${step}: it was stopped; start another one`);
  }

  #tokenOf({ user }: AsUser): string | undefined {
    const { token, tokens = {} } = this.#credentials;
    const [first] = Object.keys(tokens);
    if (user === undefined) return token ?? first;
    const found = Object.entries(tokens).find(([, { user: name }]) => name === user);
    if (found !== undefined) return found[0];
    if (user === administrator.name && token !== undefined) return token;
    throw invalidArgument("user", "the name of a user in `tokens`", user);
  }

  #logTarget(step: string, target: LogTarget, log: unknown): LogTarget {
    this.#expectRunning(`${step} a log on the test server`);
    expectOptions("target", target ?? null);
    const { namespace, name } = target;
    for (const [field, value] of Object.entries({ namespace, name })) {
      if (typeof value !== "string" || value === "") throw invalidArgument(field, "a pod's", value);
    }
    const isLines = Array.isArray(log) && log.every((line) => typeof line === "string");
    if (typeof log !== "string" && !isLines) throw invalidArgument("log", "a text or an array of lines", log);
    return target;
  }

  /** The resources that a control is for. */
  #resources(step: string, options: ResourceFilter): ServedResource[] {
    this.#expectRunning(step);
    expectOptions("options", options ?? null);
    return this.#api.resources(options.resource);
  }
}
