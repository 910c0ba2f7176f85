import { expectBoolean, expectOptions, expectText, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { ApiCall } from "../client/api-call.ts";
import type { ControllerCluster, ObjectStore, ReconcileScope } from "../controller/cluster-port.ts";
import type { ControllerHost, FollowedCollection, FollowOptions } from "../controller/host.ts";
import { isKind, type Kind, resourceName } from "../resource/kind.ts";
import { matchesLabels, parseLabelSelector } from "../resource/label-selector.ts";
import type { KubeObject } from "../resource/object.ts";
import { FollowedSource } from "./followed-source.ts";
import type { HandleContext } from "./handle-context.ts";
import { ResourceHandle } from "./resource-handle.ts";
import { scopedContext } from "./scoped-context.ts";
import { Selection } from "./selection.ts";
import { WriteRouter } from "./write-router.ts";

/** The host of one controller, on a cluster's handles: what is written through it shows in what it follows. */
export function controllerHost(context: HandleContext): ControllerHost {
  return new ClusterHost(context);
}

/** A kind that is followed, and its local copy. */
interface FollowedKind {
  readonly kind: Kind;
  readonly isMetadata: boolean;
  readonly store: unknown;
}

class ClusterHost implements ControllerHost {
  readonly #context: HandleContext;
  readonly #router = new WriteRouter();
  readonly #followed: FollowedKind[] = [];

  constructor(context: HandleContext) {
    this.#context = context;
  }

  get closed(): AbortSignal {
    return this.#context.closed;
  }

  follow<T extends KubeObject>(kind: Kind<T>, options: FollowOptions): FollowedCollection<T> {
    const selection = selectionOf(kind, options);
    const isMetadata = selection.representation === "metadata";
    const informer = new ResourceHandle<T>(this.#context, selection).informer();
    const source = new FollowedSource<T>(informer);
    const store = informer.mutationCache({
      matches: matcherOf(selection),
      mayReturn: selection.labelSelector !== "",
      onOvertaken: (object) => source.overtaken(object, (key) => store.get(key)),
    });
    this.#router.add({ kind, isMetadata }, store);
    this.#followed.push({ kind, isMetadata, store });
    return { source, store };
  }

  cluster(scope: ReconcileScope): ControllerCluster {
    let context: HandleContext | undefined;
    const scoped = (): HandleContext =>
      scopedContext(this.#context, {
        signal: scope.signal,
        beforeWrite: (step) => scope.beforeWrite(step),
        written: (call: ApiCall, answer: unknown) => this.#router.take(call, answer),
      });
    return {
      resources: <O extends KubeObject, S extends string>(kind: Kind<O, S>) => {
        expectKind(kind);
        context ??= scoped();
        return new ResourceHandle<O, S>(context, new Selection<O>(kind));
      },
      store: (kind) => this.#store(kind),
    };
  }

  #store<T extends KubeObject>(kind: Kind<T>): ObjectStore<T> {
    expectKind(kind);
    const found = this.#followed.filter(
      (one) =>
        one.kind.group === kind.group && one.kind.version === kind.version && one.kind.kind === kind.kind,
    );
    const followed = found.find(({ isMetadata }) => !isMetadata) ?? found[0];
    // One kind is one type; the list cannot say so.
    if (followed !== undefined) return followed.store as ObjectStore<T>;
    const known = this.#followed.map((one) => `${resourceName(one.kind)} (${one.kind.version})`);
    throw new KubeError(
      "INVALID_ARGUMENT",
      `Read the local copy of ${resourceName(kind)} (${kind.version}): this controller does not follow it, but ` +
        `${known.length === 0 ? "nothing" : known.join(", ")}; follow it too, or ask the server by resources(kind)`,
    );
  }
}

function expectKind(kind: unknown): void {
  if (!isKind(kind)) throw invalidArgument("kind", "a kind, such as Pod or what defineKind returns", kind);
}

function selectionOf<T extends KubeObject>(kind: Kind<T>, options: FollowOptions): Selection<T> {
  expectKind(kind);
  expectOptions("options", options);
  const { namespaces = [], labels, metadata } = options;
  expectText("labels", labels);
  expectBoolean("metadata", metadata);
  let selection = new Selection<T>(kind);
  if (namespaces.length > 0) selection = selection.inNamespaces(namespaces);
  if (labels !== undefined) selection = selection.withLabels(labels);
  // Who asked for metadata alone knows that the rest of the type is not there.
  return metadata === true ? (selection.onlyMetadata() as unknown as Selection<T>) : selection;
}

/** What the server selects by, for objects that it has not shown yet. */
function matcherOf<T extends KubeObject>(selection: Selection<T>): (object: KubeObject) => boolean {
  const { namespaces } = selection;
  const labels = parseLabelSelector(selection.labelSelector);
  return ({ metadata }) =>
    (namespaces.length === 0 || namespaces.includes(metadata?.namespace ?? "")) &&
    matchesLabels(labels, metadata?.labels);
}
