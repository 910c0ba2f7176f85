import { expectBoolean, expectInteger, expectOptions } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { ApiCall, Query, Verb } from "../client/api-call.ts";
import { describeCall } from "../client/call.ts";
import { listPages } from "../client/pages.ts";
import type { ControllerBuilder, ControllerBuilderOptions } from "../controller/controller-builder.ts";
import type { FieldPath } from "../resource/field-path.ts";
import { resourceName } from "../resource/kind.ts";
import type { LabelCondition } from "../resource/label-selector.ts";
import type { Applied, KubeList, KubeObject, PartialObjectMetadata } from "../resource/object.ts";
import type { Status } from "../resource/status.ts";
import { controllerOf } from "./controller-of.ts";
import { Followed } from "./followed.ts";
import type { HandleContext } from "./handle-context.ts";
import type { ApplyOptions, DeleteAllOptions, ListOptions, WriteOptions } from "./handle-options.ts";
import { ObjectHandle } from "./object-handle.ts";
import type { Selection } from "./selection.ts";
import { applyCall, deleteBody, wholeObjectCall, writeQuery } from "./writes.ts";

/**
 * A collection of objects, and what can be done with it.
 *
 * `T` is the objects' type, `S` the names of their subresources. Immutable:
 * every method that narrows returns a new handle, so that one base serves many
 * chains (P34). Nothing is requested before a verb is called, and whatever
 * would reach another address throws `INVALID_ARGUMENT` (P30). What is done to
 * one object, `get`, `patch` or `delete`, is behind {@link withName}.
 */
export class ResourceHandle<T extends KubeObject, S extends string = never> extends Followed<T> {
  /** Carries the type only: who can handle fewer subresources can be given more. */
  declare readonly subresourceNames?: (name: S) => void;
  readonly #context: HandleContext;

  constructor(context: HandleContext, selection: Selection<T>) {
    super(context, selection);
    this.#context = context;
  }

  /** Objects of one namespace, whatever was said before. */
  inNamespace(namespace: string): ResourceHandle<T, S> {
    return this.#narrow(this.selection.inNamespaces([namespace]));
  }

  /** Objects of several namespaces; for `informer` alone, which joins them into one ordered view. */
  inNamespaces(...namespaces: string[]): ResourceHandle<T, S> {
    return this.#narrow(this.selection.inNamespaces(namespaces));
  }

  /** One object. */
  withName(name: string): ObjectHandle<T, S> {
    return new ObjectHandle<T, S>(this.#context, this.selection.withName(name));
  }

  /** Objects whose label has this value, one of these, `{ not }` them, or `{ exists }`. */
  withLabel(key: string, condition: LabelCondition): ResourceHandle<T, S>;
  /** Objects that have this label. */
  withLabel(key: string): ResourceHandle<T, S>;
  withLabel(key: string, ...conditions: readonly LabelCondition[]): ResourceHandle<T, S> {
    // No default: a value that turns out undefined must not come to mean every value.
    const [condition = conditions.length === 0 ? { exists: true } : undefined] = conditions;
    return this.#narrow(this.selection.withLabel(key, condition as LabelCondition));
  }

  /** Objects that a label selector chooses, as kubectl takes it: `app=web,tier in (a, b),!canary`. */
  withLabels(selector: string): ResourceHandle<T, S> {
    return this.#narrow(this.selection.withLabels(selector));
  }

  /** Objects whose field has this value; servers offer few fields, such as `spec.nodeName` of pods. See `withFields` for what is no field of the type. */
  withField(path: FieldPath<T>, value: string): ResourceHandle<T, S> {
    return this.#narrow(this.selection.withField(path, value));
  }

  /** Objects that a field selector chooses: `status.phase!=Running,spec.nodeName=n1`. */
  withFields(selector: string): ResourceHandle<T, S> {
    return this.#narrow(this.selection.withFields(selector));
  }

  /**
   * The same objects, of which the server sends only the metadata.
   *
   * For large kinds of which names, labels or owners are all that matters: in
   * lists, watches and informers the rest is never sent. It reads, patches and
   * deletes; what would write a whole object throws `INVALID_ARGUMENT`.
   */
  metadata(): ResourceHandle<PartialObjectMetadata> {
    return new ResourceHandle(this.#context, this.selection.onlyMetadata());
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
    const query = writeQuery(options, this.#context.fieldManager);
    return this.#context.client.json<T>({ ...this.#write("create", query), body: object }, options);
  }

  /** Write a whole object, named by itself; with its resourceVersion, only over that very state (409 otherwise). */
  async replace(object: T, options: WriteOptions = {}): Promise<T> {
    const query = writeQuery(options, this.#context.fieldManager);
    return this.#context.client.json<T>({ ...this.#write("replace", query), body: object }, options);
  }

  /** Apply an object, named by itself, on the server; see {@link ObjectHandle.apply}. */
  async apply(object: Applied<T>, options: ApplyOptions = {}): Promise<T> {
    const { client, fieldManager } = this.#context;
    return client.json<T>(applyCall(this.#write("patch", {}), object, options, fieldManager), options);
  }

  /**
   * Delete every object that this handle selects; resolves to what was deleted.
   *
   * Objects with finalizers are only marked. Where neither a namespace nor a
   * selector narrows it, it throws `INVALID_ARGUMENT` unless told `{ everything: true }` (P30).
   */
  async deleteAll(options: DeleteAllOptions = {}): Promise<KubeList<T> | Status> {
    const body = deleteBody(options);
    expectBoolean("everything", options.everything);
    const { kind, namespaces, labelSelector, fieldSelector } = this.selection;
    const call = this.#call("deletecollection", {});
    // Namespaced objects are deleted one namespace at a time: what is missing then is the namespace.
    const isNamespaced = kind.scope === "Namespaced";
    const isNarrowed = isNamespaced || namespaces.length > 0 || labelSelector !== "" || fieldSelector !== "";
    if (!isNarrowed && options.everything !== true) {
      throw new KubeError(
        "INVALID_ARGUMENT",
        `${describeCall(call)}: no namespace and no selector narrows it; to delete all of them say { everything: true }`,
      );
    }
    return this.#context.client.json<KubeList<T> | Status>({ ...call, body }, options);
  }

  /** Begin to put together a controller of these objects; see {@link ControllerBuilder}. Field selectors choose none. */
  controller(options?: ControllerBuilderOptions): ControllerBuilder<T> {
    return controllerOf(this.#context, this.selection, options);
  }

  // Not for a collection: compilers refuse them, and programs without types are told why (P30).

  /** Not of a collection: one object is read by `withName(name).get()`, the collection by `list()`. */
  protected get(): Promise<never> {
    return this.#needsName("get", "; to read the collection use list()");
  }

  /** Not of a collection: `withName(name).patch(…)`. */
  protected patch(): Promise<never> {
    return this.#needsName("patch", "");
  }

  /** Not of a collection: one object is deleted by `withName(name).delete()`, the collection by `deleteAll()`. */
  protected delete(): Promise<never> {
    return this.#needsName("delete", "; to delete the collection use deleteAll()");
  }

  async #needsName(verb: Verb, hint: string): Promise<never> {
    const name = resourceName(this.kind);
    throw new KubeError(
      "INVALID_ARGUMENT",
      `${verb} ${name}: it needs the name of one object, use withName(name).${verb}()${hint}`,
    );
  }

  #narrow(selection: Selection<T>): ResourceHandle<T, S> {
    return new ResourceHandle<T, S>(this.#context, selection);
  }

  #call(verb: Verb, query: Query): ApiCall {
    this.selection.expectVerb(verb);
    const call = this.selection.call(verb);
    return { ...call, query: { ...call.query, ...query } };
  }

  /** A call whose object says where it goes. */
  #write(verb: Verb, query: Query): ApiCall {
    return wholeObjectCall(this.#call(verb, query));
  }
}
