import { expectBoolean, expectOptions, expectText } from "../base/arguments.ts";
import type { ApiCall } from "../client/api-call.ts";
import type { ControllerCluster, ReconcileScope } from "../controller/cluster-port.ts";
import type { ControllerHost, FollowedCollection, FollowOptions } from "../controller/host.ts";
import type { ReconcileThreads, ThreadsPlan } from "../controller/threads.ts";
import type { Kind } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";
import { storeOf } from "../store/lister.ts";
import { ControllerThreads } from "./controller-threads.ts";
import { expectKind, FollowedKinds } from "./followed-kinds.ts";
import { matcherOf } from "./followed-matcher.ts";
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

class ClusterHost implements ControllerHost {
  readonly #context: HandleContext;
  readonly #router = new WriteRouter();
  readonly #kinds = new FollowedKinds();
  readonly #threads: ControllerThreads;

  constructor(context: HandleContext) {
    this.#context = context;
    this.#threads = new ControllerThreads(context);
  }

  get closed(): AbortSignal {
    return this.#context.closed;
  }

  follow<T extends KubeObject>(kind: Kind<T>, options: FollowOptions): FollowedCollection<T> {
    const selection = selectionOf(kind, options);
    const isMetadata = selection.representation === "metadata";
    const { namespaces, labelSelector: labels } = selection;
    const informer = new ResourceHandle<T>(this.#context, selection).informer();
    const source = new FollowedSource<T>(informer);
    const store = informer.mutationCache({
      matches: matcherOf(namespaces, labels),
      mayReturn: labels !== "",
      onOvertaken: (object) => source.overtaken(object, (key) => store.get(key)),
    });
    const part = { kind, isMetadata, namespaces, labels, store: () => storeOf(informer.store) };
    this.#router.add({ kind, isMetadata }, this.#threads.share(part, store));
    this.#kinds.add({ kind, isMetadata, store });
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
    const cluster: ControllerCluster = {
      resources: <O extends KubeObject, S extends string>(kind: Kind<O, S>) => {
        expectKind(kind);
        context ??= scoped();
        return new ResourceHandle<O, S>(context, new Selection<O>(kind));
      },
      store: (kind) => this.#kinds.store(kind),
    };
    this.#threads.scoped(cluster, scope);
    return cluster;
  }

  threads<T extends KubeObject>(plan: ThreadsPlan<T>): ReconcileThreads<T> {
    return this.#threads.make(plan);
  }
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
