import { setTimeout as sleep } from "node:timers/promises";
import { Cluster } from "kube-reflex";
import { Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";
import { line, logProgress } from "./log.ts";
import { compareHistories, compareStates, type Happening } from "./proof.ts";
import { Writer } from "./writer.ts";

/** The story: an informer follows a server through all that can happen to a watch; returns the exit code. */
export async function runEmbeddedDemo(): Promise<number> {
  await using server = await TestApiServer.start({ namespaces: ["shop"] });
  await using cluster = await Cluster.connect({ server: server.url });
  await using writing = await Cluster.connect({ server: server.url });
  console.log(
    `An embedded API server listens on ${server.url}; an informer follows its pods with app=web.\n`,
  );

  const pods = cluster.resources(Pod).inNamespace("shop").withLabel("app", "web");
  const informer = pods.informer({
    indexers: { zone: (pod) => pod.metadata.labels?.zone },
  });
  const seen: Happening[] = [];
  const saw = (type: Happening["type"], pod: Pod, why: string): void => {
    const { namespace, name, resourceVersion } = pod.metadata;
    const key = `${namespace}/${name}`;
    seen.push({ type, key, resourceVersion: resourceVersion ?? "" });
    const sign = { ADDED: "+", MODIFIED: "~", DELETED: "-" }[type];
    line(sign, type, `${key.padEnd(12)} rv ${resourceVersion}  ${why}`);
  };
  informer
    .on("progress", logProgress)
    .on("health", ({ state }) => line("♥", "health", state))
    .on("ADDED", (pod, { initial }) => saw("ADDED", pod, initial ? "(was there already)" : ""))
    .on("MODIFIED", (pod, previous) =>
      saw("MODIFIED", pod, `labels ${describe(previous)} → ${describe(pod)}`),
    )
    .on("DELETED", (pod, { finalStateUnknown }) =>
      saw("DELETED", pod, finalStateUnknown ? "(found by the relist)" : ""),
    );

  const writer = new Writer(writing, "shop", 120);
  await writer.create("web-0", "a");
  await writer.create("web-1", "a");
  await informer.synced({ timeoutMs: 10_000 });

  headline("Creations, changes, deletions");
  await writer.create("web-2", "b");
  await writer.label("web-0", "track", "canary");
  await writer.move("web-1", "b");
  await writer.leave("web-2");
  await writer.delete("web-0");
  await writer.recreate("web-1", "c");

  headline("The connection is cut in the middle of the stream");
  server.cutWatches({ mode: "reset" });
  await writer.create("web-3", "a");
  await writer.move("web-3", "b");
  await sleep(1500);

  headline("The stream is silent, history moves on and expires, then the connection is cut");
  server.stallWatches();
  writer.isUnseen = true;
  await writer.label("web-1", "track", "stable");
  await writer.delete("web-3");
  await writer.create("web-4", "a");
  server.expire();
  server.cutWatches({ mode: "reset" });
  server.resumeWatches();
  writer.isUnseen = false;
  await sleep(500);
  await writer.move("web-4", "c");

  await settled(() => seen.length >= writer.history.length);
  const { items } = await pods.list();
  const wrong = [...compareStates(items, informer.store.list()), ...compareHistories(writer.history, seen)];

  headline("Proof");
  const { state, resourceVersion, lists, watches } = informer.health();
  console.log(`health: ${state} at resourceVersion ${resourceVersion}, ${lists} lists, ${watches} watches`);
  console.log(`zone c, by index: ${informer.store.indexKeys("zone", "c").join(", ")}`);
  console.log(
    `${writer.history.length} changes written, ${seen.length} seen; ${items.length} pods on the server`,
  );
  if (wrong.length === 0) {
    console.log("✔ the store equals the server, and every event was seen once and in order");
    return 0;
  }
  for (const message of wrong) console.log(`✘ ${message}`);
  return 1;
}

function describe(pod: Pod): string {
  const { app: _selected, ...labels } = pod.metadata.labels ?? {};
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

function headline(text: string): void {
  console.log(`\n── ${text} ──`);
}

/** Wait until it is so, then a moment longer: whatever comes twice comes late. */
async function settled(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!isSo() && Date.now() < deadline) await sleep(20);
  await sleep(300);
}
