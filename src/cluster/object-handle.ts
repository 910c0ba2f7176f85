import { ApiError } from "../base/api-error.ts";
import { expectInteger, expectOptions, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { ApiCall, Query, Verb } from "../client/api-call.ts";
import type { RawAnswer } from "../client/raw-call.ts";
import { resourceName } from "../resource/kind.ts";
import type { Applied, KubeObject, PartialObjectMetadata } from "../resource/object.ts";
import type { Status } from "../resource/status.ts";
import type { CommandResult } from "../streams/command-error.ts";
import type { AttachOptions, ExecOptions } from "../streams/exec-options.ts";
import type { LogOptions } from "../streams/log-options.ts";
import { type LogStream, logs } from "../streams/log-stream.ts";
import type { PortForward, PortForwardOptions } from "../streams/port-forward.ts";
import type { ProxyOptions } from "../streams/proxy.ts";
import type { RemoteProcess } from "../streams/remote-process.ts";
import type { RunOptions } from "../streams/run.ts";
import { editObject, type Mutate } from "./edit.ts";
import { Followed } from "./followed.ts";
import type { HandleContext } from "./handle-context.ts";
import type {
  ApplyOptions,
  DeleteOptions,
  EditOptions,
  GetOptions,
  Patch,
  WriteOptions,
} from "./handle-options.ts";
import type { Scale } from "./scale.ts";
import type { Selection } from "./selection.ts";
import { SubresourceHandle } from "./subresource-handle.ts";
import { applyCall, deleteBody, patchCall, wholeObjectCall, writeQuery } from "./writes.ts";

/**
 * One object, and what can be done with it.
 *
 * `T` is its type, `S` the names of its subresources: `scale`, `logs` and their
 * like compile only where the kind has them. Immutable, and no request is sent
 * before a verb is called (P34). `watch` and `informer` follow it as a
 * collection of at most one.
 */
export class ObjectHandle<T extends KubeObject, S extends string = never> extends Followed<T> {
  /** Carries the type only: who can handle fewer subresources can be given more. */
  declare readonly subresourceNames?: (name: S) => void;
  readonly #context: HandleContext;

  constructor(context: HandleContext, selection: Selection<T>) {
    super(context, selection);
    this.#context = context;
  }

  /** The object of this name in another namespace, whatever was said before. */
  inNamespace(namespace: string): ObjectHandle<T, S> {
    return new ObjectHandle<T, S>(this.#context, this.selection.inNamespaces([namespace]));
  }

  /** The same object, of which the server sends only the metadata. */
  metadata(): ObjectHandle<PartialObjectMetadata> {
    return new ObjectHandle(this.#context, this.selection.onlyMetadata());
  }

  /** Read it; rejects with `ApiError` 404 where it is not there. */
  async get(options: GetOptions = {}): Promise<T> {
    expectOptions("options", options);
    const { resourceVersion } = options;
    return this.#context.client.json<T>(this.#call("get", { resourceVersion }), options);
  }

  /** Read it; resolves to `undefined` where it is not there. */
  async find(options: GetOptions = {}): Promise<T | undefined> {
    try {
      return await this.get(options);
    } catch (error) {
      // A 404 about something else (the kind is not served) names no object.
      if (ApiError.is(error) && error.status === 404 && error.details?.name !== undefined) return undefined;
      throw error;
    }
  }

  /** Write the whole object; with its resourceVersion, only over that very state (409 otherwise). */
  async replace(object: T, options: WriteOptions = {}): Promise<T> {
    const query = writeQuery(options, this.#context.fieldManager);
    return this.#context.client.json<T>({ ...this.#write("replace", query), body: object }, options);
  }

  /**
   * Apply the fields that this manager owns, on the server: creates it where it is not there.
   *
   * Send what is wished for, not what was read: fields that were applied before
   * and are missing now are removed. 409 names the fields that other managers
   * own, unless `force` takes them over. Needs a `fieldManager`, here or in `Cluster.connect()`.
   */
  async apply(object: Applied<T>, options: ApplyOptions = {}): Promise<T> {
    const { client, fieldManager } = this.#context;
    return client.json<T>(applyCall(this.#write("patch", {}), object, options, fieldManager), options);
  }

  /** Change parts of it: `{ merge: … }`, `{ json: [ … ] }` or, for built-in kinds, `{ strategic: … }`. */
  async patch(patch: Patch, options: WriteOptions = {}): Promise<T> {
    const { client, fieldManager } = this.#context;
    return client.json<T>(patchCall(this.#call("patch", {}), patch, options, fieldManager), options);
  }

  /**
   * Get it, change it, replace it over that very state, and once more where somebody else wrote in between.
   *
   * `mutate` changes the object in place or returns another, and may be called
   * several times; where nothing changed nothing is sent. Rejects with 409 after
   * the last attempt.
   */
  async edit(mutate: Mutate<T>, options: EditOptions = {}): Promise<T> {
    this.#write("replace", {});
    return editObject<T>(this, mutate, options);
  }

  /** Delete it; resolves to the object where finalizers or a grace period keep it, else to a Status. */
  async delete(options: DeleteOptions = {}): Promise<T | Status> {
    const call = { ...this.#call("delete", {}), body: deleteBody(options) };
    return this.#context.client.json<T | Status>(call, options);
  }

  /** Its status: written through here the status changes, and nothing else. */
  get status(): SubresourceHandle<T> {
    return new SubresourceHandle<T>(this.#context, this.selection, "status");
  }

  /** A subresource by name, such as `token` or `approval`; `B` is what it reads and writes. */
  subresource<B extends KubeObject = KubeObject>(name: S): SubresourceHandle<B> {
    return new SubresourceHandle<B>(this.#context, this.selection, name);
  }

  /** Set how many replicas there shall be. */
  async scale(this: ObjectHandle<T, "scale">, replicas: number, options: WriteOptions = {}): Promise<Scale> {
    if (replicas === undefined) throw invalidArgument("replicas", "a whole number", replicas);
    expectInteger("replicas", replicas, 0);
    return this.subresource<Scale>("scale").patch({ merge: { spec: { replicas } } }, options);
  }

  /** Delete a pod as far as its disruption budgets allow; 429 where they do not at the moment. */
  async evict(this: ObjectHandle<T, "eviction">, options: DeleteOptions = {}): Promise<Status> {
    const { apiVersion: _version, kind: _kind, ...deleteOptions } = deleteBody(options);
    const { name = "" } = this.selection;
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name }, deleteOptions };
    const { signal, timeoutMs } = options;
    return this.subresource("eviction").create<Status & KubeObject>(eviction, { signal, timeoutMs });
  }

  /** The log of a pod's container, line by line; no request before it is read; see {@link LogStream}. */
  logs(this: ObjectHandle<T, "log">, options: LogOptions = {}): LogStream {
    return logs(this.#context.client, this.selection.call("get"), options);
  }

  /**
   * Run a command in a pod's container, with its streams as Node's; see {@link RemoteProcess}.
   *
   * Resolves once it runs. What it prints has to be read, or it waits; to have
   * it collected use {@link run}.
   */
  async exec(
    this: ObjectHandle<T, "exec">,
    command: readonly string[],
    options: ExecOptions = {},
  ): Promise<RemoteProcess> {
    // Loaded when it is needed, as are the next three: few programs talk to processes.
    const { exec } = await import("../streams/exec.ts");
    return exec(this.#context.transport, this.selection.call("get"), command, options);
  }

  /** Run a command in a pod's container to its end; resolves to what it printed, rejects where it fails. */
  async run(
    this: ObjectHandle<T, "exec">,
    command: readonly string[],
    options: RunOptions = {},
  ): Promise<CommandResult> {
    const { run } = await import("../streams/run.ts");
    return run(this.#context.transport, this.selection.call("get"), command, options);
  }

  /** Attach to the process that a pod's container began with; see {@link RemoteProcess}. */
  async attach(this: ObjectHandle<T, "attach">, options: AttachOptions = {}): Promise<RemoteProcess> {
    const { attach } = await import("../streams/exec.ts");
    return attach(this.#context.transport, this.selection.call("get"), options);
  }

  /** The way to a port of a pod: connections as streams, or a local address; see {@link PortForward}. */
  async portForward(
    this: ObjectHandle<T, "portforward">,
    port: number,
    options: PortForwardOptions = {},
  ): Promise<PortForward> {
    const { portForward } = await import("../streams/port-forward.ts");
    return portForward(this.#context.transport, this.selection.call("get"), port, options);
  }

  /** Send a request to the program behind a pod, a service or a node, through the API server; see {@link ProxyOptions}. */
  async proxy(this: ObjectHandle<T, "proxy">, path: string, options: ProxyOptions = {}): Promise<RawAnswer> {
    const { proxy } = await import("../streams/proxy.ts");
    return proxy(this.#context.client, this.selection.call("get"), path, options);
  }

  // Not for one object: compilers refuse them, and programs without types are told why (P30).

  /** Not of one object: `create(object)` of the collection, before `withName`; the name is the object's. */
  protected create(): Promise<never> {
    return this.#isOne("create", "create(object) of the collection, whose name is the object's");
  }

  /** Not of one object: `get()` or `find()`. */
  protected list(): Promise<never> {
    return this.#isOne("list", "get() or find()");
  }

  /** Not of one object: `delete()`. */
  protected deleteAll(): Promise<never> {
    return this.#isOne("delete all", "delete()");
  }

  async #isOne(verb: string, remedy: string): Promise<never> {
    const { kind, name } = this.selection;
    throw new KubeError(
      "INVALID_ARGUMENT",
      `${verb} ${resourceName(kind)}: the handle selects the one object \`${name}\`; use ${remedy}`,
    );
  }

  #call(verb: Verb, query: Query): ApiCall {
    this.selection.expectVerb(verb);
    return { ...this.selection.call(verb), query };
  }

  #write(verb: Verb, query: Query): ApiCall {
    return wholeObjectCall(this.#call(verb, query));
  }
}
