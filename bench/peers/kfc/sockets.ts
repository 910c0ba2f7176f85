/** KFC: 20 watches, and 1,000 GETs of which 100 run at once. */
import { report, task } from "../../contestants/contestant.ts";

process.env.KUBECONFIG = task.kubeconfig;
const { K8s, kind } = await import("kubernetes-fluent-client");
for (let i = 0; i < 20; i++) {
  await K8s(kind.Pod)
    .InNamespace(`ns-${i}`)
    .Watch(() => {})
    .start();
}
const began = performance.now();
await Promise.all(
  Array.from({ length: 100 }, async () => {
    for (let i = 0; i < 10; i++) await K8s(kind.Pod).InNamespace("ns-0").Get("web-0");
  }),
);
report({ getsMs: performance.now() - began });
