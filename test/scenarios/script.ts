import { Cluster, type Informer, type InformerOptions } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { type Exchange, ScriptedApi } from "./scripted-api.ts";
import { ScriptedPods } from "./scripted-pods.ts";
import { until } from "./time.ts";
import { Witness } from "./witness.ts";

/** How a server gives a list: the two ways an informer may ask. */
export type ListStyle = "paged" | "streaming";

/** One scenario's server, its truth, a client, and a listener that remembers. */
export class Script {
  readonly api: ScriptedApi;
  readonly pods: ScriptedPods = new ScriptedPods();
  readonly witness: Witness = new Witness();
  readonly cluster: Cluster;
  readonly rejections: unknown[] = [];

  constructor(cluster: Cluster, api: ScriptedApi) {
    this.cluster = cluster;
    this.api = api;
  }

  /** An informer of the scenario's pods, witnessed and started. */
  follow(style: ListStyle = "paged", options: InformerOptions<Pod> = {}): Informer<Pod> {
    const streamingList = style === "paged" ? "off" : "auto";
    const informer = this.cluster
      .resources(Pod)
      .inNamespace("a")
      .informer({ streamingList, ...options });
    informer.listen(this.witness.handlers);
    informer.start();
    return informer;
  }

  /** Wait for the next request of a verb, as fake time passes. */
  async next(verb: Exchange["verb"], withinMs = 0): Promise<Exchange> {
    const taken: Exchange[] = [];
    void this.api.next(verb).then((exchange) => taken.push(exchange));
    await until(() => taken.length > 0, withinMs);
    const [exchange] = taken;
    if (exchange === undefined) throw new Error(`no ${verb}`);
    return exchange;
  }

  /** Answer the next list with the truth; gives the watch that follows it, open. */
  async sync(style: ListStyle = "paged", withinMs = 0): Promise<Exchange> {
    if (style === "streaming") return (await this.next("watch", withinMs)).send(...this.pods.stream());
    (await this.next("list", withinMs)).answer(200, this.pods.list());
    return (await this.next("watch", withinMs)).open();
  }
}

/** Before each test: fake timers and a new script. After it: all closed, nothing rejected unseen. */
export function useScript(): { readonly script: Script } {
  const scripts: Script[] = [];
  const onRejection = (reason: unknown): void => void scripts[0]?.rejections.push(reason);
  const current = {
    get script(): Script {
      const [script] = scripts;
      if (script === undefined) throw new Error("no script outside a test");
      return script;
    },
  };
  beforeEach(async () => {
    vi.useFakeTimers();
    const api = new ScriptedApi();
    scripts[0] = new Script(await Cluster.connect({ transport: api.transport }), api);
    process.on("unhandledRejection", onRejection);
  });
  afterEach(async () => {
    // Handlers that a failed test left running hold this up for the grace time only.
    await Promise.allSettled([current.script.cluster.close(), vi.advanceTimersByTimeAsync(60_000)]);
    process.off("unhandledRejection", onRejection);
    vi.useRealTimers();
    expect(current.script.rejections).toEqual([]);
  });
  return current;
}
