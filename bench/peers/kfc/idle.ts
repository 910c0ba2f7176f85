/** KFC: 100 watches on which nothing happens. */
import { cpuMs, memory, report, task } from "../../contestants/contestant.ts";

process.env.KUBECONFIG = task.kubeconfig;
const { K8s, kind } = await import("kubernetes-fluent-client");
const count = 100;
const windowMs = 1_500;
const start = (namespace: string): Promise<unknown> =>
  K8s(kind.Pod)
    .InNamespace(namespace)
    .Watch(() => {})
    .start();
await start("ns-100");
const before = await memory();
for (let i = 0; i < count; i++) await start(`ns-${i}`);
const cpu = cpuMs();
await new Promise((resolve) => setTimeout(resolve, windowMs));
const cpuPercent = ((cpuMs() - cpu) / windowMs) * 100;
const after = await memory();
report({
  cpuPercent,
  heapKBEach: (after.heap - before.heap) / count / 1000,
  rssKBEach: (after.rss - before.rss) / count / 1000,
});
