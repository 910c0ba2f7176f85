/** A large collection until it is synced, and what it then costs to hold and to read. */
import { Cluster, labelIndex } from "kube-reflex";
import { ConfigMap, Pod } from "kube-reflex/kinds";
import { LoopDelay, memory, peakBytes, report, task } from "../contestant.ts";
import { informerOptions } from "./features.ts";

const cluster = await Cluster.connect({ kubeconfig: task.kubeconfig });
const isSmall = task.kind === "configmaps";
const informer = isSmall
  ? cluster
      .resources(ConfigMap)
      .informer({ ...informerOptions<ConfigMap>(), indexers: { app: labelIndex("app") } })
  : cluster.resources(Pod).informer(informerOptions<Pod>());
const before = await memory();
const delay = new LoopDelay();
const began = performance.now();
await informer.synced({ timeoutMs: 300_000 });
const syncMs = performance.now() - began;
const syncPeakMB = peakBytes() / 1e6;
const loop = await delay.figures();
const { store } = informer;
if (store.size !== task.objects) throw new Error(`has ${store.size} of ${task.objects}`);
const after = await memory();
const kbEach = (of: "rss" | "heap"): number => (after[of] - before[of]) / task.objects / 1000;

const reads = 20_000;
const stride = 7_919;
let letters = 0;
const readBegan = performance.now();
for (let i = 0; i < reads; i++) {
  const number = (i * stride) % task.objects;
  const key = isSmall ? `ns-${number % 1000}/settings-${number}` : `ns-${number % 20}/web-${number}`;
  letters += (store.get(key)?.metadata.name ?? "").length;
}
const getUs = ((performance.now() - readBegan) / reads) * 1000;
if (letters < reads) throw new Error("an object was not found");

/** Microseconds for each object in the answers of an index. */
function byIndexUs(answers: number): number {
  const byApp = store as unknown as { byIndex(name: string, value: string): readonly unknown[] };
  const indexBegan = performance.now();
  let found = 0;
  for (let i = 0; i < answers; i++)
    found += byApp.byIndex("app", `app-${(i * stride) % (task.objects / 100)}`).length;
  if (found !== answers * 100) throw new Error(`found ${found} in place of ${answers * 100}`);
  return ((performance.now() - indexBegan) / found) * 1000;
}
const index = isSmall ? { byIndexUs: byIndexUs(200) } : {};
report({ syncMs, syncPeakMB, ...loop, getUs, ...index, kbEach: kbEach("rss"), heapKbEach: kbEach("heap") });
