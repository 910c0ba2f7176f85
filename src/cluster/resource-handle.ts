import { abortError } from "../base/abort.ts";
import {
  expectBoolean,
  expectInteger,
  expectOptions,
  expectSignal,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { PatchType, Query, Verb } from "../client/api-call.ts";
import { describeCall } from "../client/call.ts";
import type { CallOptions, Client } from "../client/client.ts";
import { listPages } from "../client/pages.ts";
import type { Informer } from "../informer/informer.ts";
import type { InformerOptions } from "../informer/informer-options.ts";
import type { Transform } from "../informer/prepare.ts";
import { type Kind, resourceName } from "../resource/kind.ts";
import type { LabelCondition } from "../resource/label-selector.ts";
import type { KubeList, KubeObject } from "../resource/object.ts";
import type { Status } from "../resource/status.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import { Watch, type WatchOptions } from "../watch/watch.ts";
import { type ListWatchOptions, listWatchOf } from "./list-watch.ts";
import type { Selection } from "./selection.ts";

/** What every write takes. */
export interface WriteOptions extends CallOptions {
  /** Check and answer as if it were done, and change nothing. @default false */
  readonly dryRun?: boolean;
  /** The name under which managedFields remember the write. */
  readonly fieldManager?: string;
}

/** What `get` takes. */
export interface GetOptions extends CallOptions {
  /** `"0"`: any state, served from the server's cache. @default "", the newest */
  readonly resourceVersion?: string;
}

/** What `list`, `pages` and `items` take. */
export interface ListOptions extends GetOptions {
  readonly resourceVersionMatch?: "NotOlderThan" | "Exact";
  /** How many objects a request brings. @default 500 */
  readonly pageSize?: number;
}

/** What `delete` and `deleteAll` take. */
export interface DeleteOptions extends CallOptions {
  readonly dryRun?: boolean;
  readonly propagation?: "Foreground" | "Background" | "Orphan";
  readonly gracePeriodSeconds?: number;
  /** Delete only this object: another uid or state answers 409. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** One operation of a JSON Patch. */
export interface JsonPatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** A patch, its kind named by its one key. */
export type Patch =
  | { readonly merge: Readonly<Record<string, unknown>> }
  | { readonly json: readonly JsonPatchOperation[] };

/** What `watch` takes. */
export interface HandleWatchOptions<T> extends Omit<WatchOptions<T>, "open" | "step"> {
  /** The largest frame that is read, in bytes. @default 16 MiB */
  readonly maxFrameBytes?: number;
}

/** What `informer` takes: how objects are read, and how they are kept and told. */
export type HandleInformerOptions<
  T extends KubeObject,
  U extends KubeObject = T,
  I extends IndexFunctions<U> = Record<never, never>,
> = InformerOptions<T, U, I> & ListWatchOptions;

/** What a handle needs of its cluster. */
export interface HandleContext {
  readonly client: Client;
  /** Aborts when the cluster is closed. */
  readonly closed: AbortSignal;
  informer<T extends KubeObject, U extends KubeObject, I extends IndexFunctions<U>>(
    selection: Selection<T>,
    options: HandleInformerOptions<T, U, I>,
  ): Informer<U, I>;
}

/**
 * Which objects are meant, and what can be done with them.
 *
 * Immutable: every method that narrows returns a new handle, so that one base
 * serves many chains (P34). Nothing is requested before a verb is called, and
 * whatever would reach another address throws `INVALID_ARGUMENT` (P30).
 */
export class ResourceHandle<T extends KubeObject> {
  readonly #context: HandleContext;
  readonly #selection: Selection<T>;
  readonly #subresource: string | undefined;

  constructor(context: HandleContext, selection: Selection<T>, subresource?: string) {
    this.#context = context;
    this.#selection = selection;
    this.#subresource = subresource;
  }

  get kind(): Kind<T> {
    return this.#selection.kind;
  }

  /** What this handle selects; an immutable value. */
  get selection(): Selection<T> {
    return this.#selection;
  }

  /** Objects of one namespace, whatever was said before. */
  inNamespace(namespace: string): ResourceHandle<T> {
    return this.#narrow(this.#selection.inNamespaces([namespace]));
  }

  /** Objects of several namespaces; for `informer` alone, which joins them into one ordered view. */
  inNamespaces(...namespaces: string[]): ResourceHandle<T> {
    return this.#narrow(this.#selection.inNamespaces(namespaces));
  }

  /** One object; in `list`, `watch` and `informer` a collection of at most one. */
  withName(name: string): ResourceHandle<T> {
    return this.#narrow(this.#selection.withName(name));
  }

  /** Objects whose label has this value, one of these, `{ not }` them, or `{ exists }`. */
  withLabel(key: string, condition: LabelCondition = { exists: true }): ResourceHandle<T> {
    return this.#narrow(this.#selection.withLabel(key, condition));
  }

  /** Objects that a label selector chooses, as kubectl takes it: `app=web,tier in (a, b),!canary`. */
  withLabels(selector: string): ResourceHandle<T> {
    return this.#narrow(this.#selection.withLabels(selector));
  }

  /** Objects whose field has this value; servers offer few fields, such as `spec.nodeName` of pods. */
  withField(path: string, value: string): ResourceHandle<T> {
    return this.#narrow(this.#selection.withField(path, value));
  }

  /** Objects that a field selector chooses: `status.phase!=Running,spec.nodeName=n1`. */
  withFields(selector: string): ResourceHandle<T> {
    return this.#narrow(this.#selection.withFields(selector));
  }

  /** The `status` subresource: `get`, `replace` and `patch` through it change the status alone. */
  get status(): ResourceHandle<T> {
    return new ResourceHandle(this.#context, this.#selection, "status");
  }

  /** Read one object; rejects with `ApiError` 404 where it is not there. */
  async get(options: GetOptions = {}): Promise<T> {
    expectOptions("options", options);
    const { resourceVersion } = options;
    return this.#context.client.json<T>(this.#call("get", { resourceVersion }), options);
  }

  /** Read all objects, page by page, into one list at the first page's resourceVersion (R15). */
  async list(options: ListOptions = {}): Promise<KubeList<T>> {
    let list: KubeList<T> | undefined;
    for await (const page of this.pages(options)) {
      if (list === undefined) {
        const { continue: _token, remainingItemCount: _left, ...metadata } = page.metadata;
        list = { ...page, metadata };
      } else {
        for (const item of page.items) list.items.push(item);
      }
    }
    return list ?? { metadata: {}, items: [] };
  }

  /** Read page by page; a continue token that expires on the way is thrown as 410 (H31). */
  pages(options: ListOptions = {}): AsyncGenerator<KubeList<T>, void, void> {
    expectOptions("options", options);
    const { resourceVersion, resourceVersionMatch, pageSize } = options;
    expectInteger("pageSize", pageSize, 1);
    const call = this.#call("list", { resourceVersion, resourceVersionMatch });
    return listPages<T>(this.#context.client, call, options);
  }

  /** Read object by object, with one page in memory at a time. */
  async *items(options: ListOptions = {}): AsyncGenerator<T, void, void> {
    for await (const page of this.pages(options)) yield* page.items;
  }

  /** Create an object; `apiVersion` and `kind` are filled in on the wire. */
  async create(object: T, options: WriteOptions = {}): Promise<T> {
    const { name, kind } = this.#selection;
    if (name !== undefined && object?.metadata?.name !== name) {
      throw new KubeError(
        "INVALID_ARGUMENT",
        `create ${resourceName(kind)}: the handle selects \`${name}\`, the object has another name; make them agree`,
      );
    }
    return this.#write("create", object, options);
  }

  /** Write the whole object; with its resourceVersion, only over that very state (409 otherwise). */
  async replace(object: T, options: WriteOptions = {}): Promise<T> {
    return this.#write("replace", object, options);
  }

  /** Change parts of one object: `{ merge: … }` or `{ json: [ … ] }`. */
  async patch(patch: Patch, options: WriteOptions = {}): Promise<T> {
    const { type, body } = readPatch(patch);
    const call = { ...this.#call("patch", writeQuery(options)), body, patchType: type };
    return this.#context.client.json<T>(call, options);
  }

  /** Delete one object; it needs a name. Resolves to the object where finalizers keep it, else to a Status. */
  async delete(options: DeleteOptions = {}): Promise<T | Status> {
    const call = { ...this.#call("delete", {}), body: deleteBody(options) };
    return this.#context.client.json<T | Status>(call, options);
  }

  /** Delete every object that this handle selects; resolves to what was deleted. */
  async deleteAll(options: DeleteOptions = {}): Promise<KubeList<T> | Status> {
    const call = { ...this.#call("deletecollection", {}), body: deleteBody(options) };
    return this.#context.client.json<KubeList<T> | Status>(call, options);
  }

  /** Follow changes as one logical stream that resumes by itself; no request before it is listened to; see {@link Watch}. */
  watch(options: HandleWatchOptions<T> = {}): Watch<T> {
    this.#expectNoSubresource("watch");
    expectOptions("options", options);
    expectSignal("signal", options.signal);
    const { maxFrameBytes, ...watchOptions } = options;
    expectInteger("maxFrameBytes", maxFrameBytes, 1);
    const step = describeCall(this.#selection.call("watch"));
    const { client, closed } = this.#context;
    if (closed.aborted) throw abortError(closed, step);
    const listWatch = listWatchOf(client, this.#selection, { maxFrameBytes });
    const signal = options.signal === undefined ? closed : AbortSignal.any([options.signal, closed]);
    return new Watch<T>({ ...watchOptions, signal, step, open: (request) => listWatch.watch(request) });
  }

  /** A lease on a shared informer of these objects; no request yet; see {@link Informer}. */
  informer<U extends KubeObject, I extends IndexFunctions<U> = Record<never, never>>(
    options: HandleInformerOptions<T, U, I> & { readonly transform: Transform<T, U> },
  ): Informer<U, I>;
  informer<I extends IndexFunctions<T> = Record<never, never>>(
    options?: HandleInformerOptions<T, T, I>,
  ): Informer<T, I>;
  informer<U extends KubeObject, I extends IndexFunctions<U>>(
    options: HandleInformerOptions<T, U, I> = {},
  ): Informer<U, I> {
    this.#expectNoSubresource("informer");
    return this.#context.informer(this.#selection, options);
  }

  #expectNoSubresource(step: string): void {
    if (this.#subresource === undefined) return;
    const { kind } = this.#selection;
    const remedy = `follow ${resourceName(kind)} themselves, they carry it`;
    throw new KubeError("INVALID_ARGUMENT", `${step} of the subresource ${this.#subresource}: ${remedy}`);
  }

  #narrow(selection: Selection<T>): ResourceHandle<T> {
    return new ResourceHandle(this.#context, selection, this.#subresource);
  }

  #call(verb: Verb, query: Query): ReturnType<Selection<T>["call"]> {
    const call = this.#selection.call(verb);
    return { ...call, subresource: this.#subresource, query: { ...call.query, ...query } };
  }

  #write(verb: "create" | "replace", object: T, options: WriteOptions): Promise<T> {
    const { name, ...call } = { ...this.#call(verb, writeQuery(options)), body: object };
    // A create goes to the collection, whatever the handle names.
    const addressed = verb === "create" ? call : { ...call, name };
    return this.#context.client.json<T>(addressed, options);
  }
}

function writeQuery(options: WriteOptions): Query {
  expectOptions("options", options);
  const { dryRun, fieldManager } = options;
  expectBoolean("dryRun", dryRun);
  return { dryRun: dryRun === true ? "All" : undefined, fieldManager };
}

function readPatch(patch: Patch): { type: PatchType; body: object } {
  const [type, ...others] = isJsonObject(patch) ? Object.keys(patch) : [];
  // Not more than one: which of them was meant is not ours to choose. What they hold is checked with the call.
  if (others.length === 0 && type === "merge" && "merge" in patch) return { type, body: patch.merge };
  if (others.length === 0 && type === "json" && "json" in patch) return { type, body: patch.json };
  if (type === "strategic" || type === "apply") {
    throw new KubeError("UNSUPPORTED", `Patch: \`${type}\` is not offered yet; use { merge } or { json }`);
  }
  throw invalidArgument("patch", "{ merge } or { json }", patch);
}

function deleteBody(options: DeleteOptions): Record<string, unknown> {
  expectOptions("options", options);
  const { dryRun, propagation, gracePeriodSeconds, preconditions } = options;
  expectBoolean("dryRun", dryRun);
  expectOptions("preconditions", preconditions);
  expectInteger("gracePeriodSeconds", gracePeriodSeconds, 0);
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: propagation,
    gracePeriodSeconds,
    preconditions,
    dryRun: dryRun === true ? ["All"] : undefined,
  };
}
