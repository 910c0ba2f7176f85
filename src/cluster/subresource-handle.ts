import { expectOptions } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { ApiCall, Verb } from "../client/api-call.ts";
import { resourceName } from "../resource/kind.ts";
import type { Applied, KubeObject } from "../resource/object.ts";
import { editObject, type Mutate } from "./edit.ts";
import type { HandleContext } from "./handle-context.ts";
import type { ApplyOptions, EditOptions, GetOptions, Patch, WriteOptions } from "./handle-options.ts";
import type { Selection } from "./selection.ts";
import { applyCall, patchCall, wholeObjectCall, writeQuery } from "./writes.ts";

/**
 * A subresource of one object: its status, its scale, or any other by name.
 *
 * `T` is what it reads and writes: the object itself for `status`, a kind of
 * its own for most others. Immutable. What the subresource does not offer the
 * server answers with 405.
 */
export class SubresourceHandle<T extends KubeObject> {
  readonly #context: HandleContext;
  readonly #selection: Selection<KubeObject>;
  readonly name: string;

  /** Made by `status` and `subresource()` of an object's handle; throws `INVALID_ARGUMENT` where the kind has none of this name. */
  constructor(context: HandleContext, selection: Selection<KubeObject>, name: string) {
    const { kind } = selection;
    if (!kind.subresources.includes(name)) {
      const known = kind.subresources.length === 0 ? "none" : kind.subresources.join(", ");
      throw new KubeError(
        "INVALID_ARGUMENT",
        `Select the subresource \`${name}\` of ${resourceName(kind)}: the kind has ${known}; ` +
          "if the server serves it, name it in the kind's `subresources`",
      );
    }
    this.#context = context;
    this.#selection = selection;
    this.name = name;
  }

  /** Read it. */
  async get(options: GetOptions = {}): Promise<T> {
    expectOptions("options", options);
    const { resourceVersion } = options;
    return this.#context.client.json<T>({ ...this.#call("get"), query: { resourceVersion } }, options);
  }

  /** Post to it, as an eviction, a binding or a token request is made; resolves to what the server answers. */
  async create<R extends KubeObject = T>(object: T, options: WriteOptions = {}): Promise<R> {
    const query = writeQuery(options, this.#context.fieldManager);
    return this.#context.client.json<R>({ ...this.#write("create"), body: object, query }, options);
  }

  /** Write the whole of it; with a resourceVersion, only over that very state (409 otherwise). */
  async replace(object: T, options: WriteOptions = {}): Promise<T> {
    const query = writeQuery(options, this.#context.fieldManager);
    return this.#context.client.json<T>({ ...this.#write("replace"), body: object, query }, options);
  }

  /** Change parts of it: `{ merge: … }`, `{ json: [ … ] }` or, for built-in kinds, `{ strategic: … }`. */
  async patch(patch: Patch, options: WriteOptions = {}): Promise<T> {
    const { client, fieldManager } = this.#context;
    return client.json<T>(patchCall(this.#call("patch"), patch, options, fieldManager), options);
  }

  /** Apply the fields that this manager owns, on the server; see {@link ObjectHandle.apply}. */
  async apply(object: Applied<T>, options: ApplyOptions = {}): Promise<T> {
    const { client, fieldManager } = this.#context;
    return client.json<T>(applyCall(this.#write("patch"), object, options, fieldManager), options);
  }

  /** Get, change, replace, and once more where somebody else wrote in between; see {@link ObjectHandle.edit}. */
  async edit(mutate: Mutate<T>, options: EditOptions = {}): Promise<T> {
    this.#write("replace");
    return editObject<T>(this, mutate, options);
  }

  #call(verb: Verb): ApiCall {
    return { ...this.#selection.call(verb), subresource: this.name };
  }

  /** A call that writes the whole of it, which a metadata() handle has never read. */
  #write(verb: Verb): ApiCall {
    return wholeObjectCall(this.#call(verb));
  }
}
