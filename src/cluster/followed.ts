import { abortError } from "../base/abort.ts";
import { expectInteger, expectOptions, expectSignal } from "../base/arguments.ts";
import { describeCall } from "../client/call.ts";
import type { FieldDrop } from "../informer/drop-fields.ts";
import type { Informer } from "../informer/informer.ts";
import type { Transform } from "../informer/prepare.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import type { IndexFunctions } from "../store/indexer.ts";
import { Watch } from "../watch/watch.ts";
import type { HandleContext } from "./handle-context.ts";
import type { HandleInformerOptions, HandleWatchOptions } from "./handle-options.ts";
import { listWatchOf } from "./list-watch.ts";
import type { Selection } from "./selection.ts";

/** Objects that can be followed, many or one: what the two handles have in common. */
export class Followed<T extends KubeObject> {
  readonly #context: HandleContext;
  readonly #selection: Selection<T>;

  constructor(context: HandleContext, selection: Selection<T>) {
    this.#context = context;
    this.#selection = selection;
  }

  get kind(): Kind<T> {
    return this.#selection.kind;
  }

  /** What this handle selects; an immutable value. */
  get selection(): Selection<T> {
    return this.#selection;
  }

  /** Follow changes as one logical stream that resumes by itself; no request before it is listened to; see {@link Watch}. */
  watch(options: HandleWatchOptions<T> = {}): Watch<T> {
    expectOptions("options", options);
    expectSignal("signal", options.signal);
    const { maxFrameBytes, ...watchOptions } = options;
    expectInteger("maxFrameBytes", maxFrameBytes, 1);
    this.#selection.expectVerb("watch");
    const step = describeCall(this.#selection.call("watch"));
    const { client, closed } = this.#context;
    if (closed.aborted) throw abortError(closed, step);
    const listWatch = listWatchOf(client, this.#selection, { maxFrameBytes });
    const signal = options.signal === undefined ? closed : AbortSignal.any([options.signal, closed]);
    return new Watch<T>({ ...watchOptions, signal, step, open: (request) => listWatch.watch(request) });
  }

  /** A lease on a shared informer of these objects; no request yet; see {@link Informer}. */
  informer<I extends IndexFunctions<T> = Record<never, never>>(
    options: Omit<HandleInformerOptions<T, T, I>, "transform"> & { readonly transform: FieldDrop },
  ): Informer<T, I>;
  informer<U extends KubeObject, I extends IndexFunctions<U> = Record<never, never>>(
    options: HandleInformerOptions<T, U, I> & { readonly transform: Transform<T, U> },
  ): Informer<U, I>;
  informer<I extends IndexFunctions<T> = Record<never, never>>(
    options?: HandleInformerOptions<T, T, I>,
  ): Informer<T, I>;
  informer<U extends KubeObject, I extends IndexFunctions<U>>(
    options: HandleInformerOptions<T, U, I> = {},
  ): Informer<U, I> {
    this.#selection.expectVerb("list");
    this.#selection.expectVerb("watch");
    return this.#context.informer(this.#selection, options);
  }
}
