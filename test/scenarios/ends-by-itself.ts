/** A process of its own: does what its argument says, tells what still runs, and must end without being told to. */
import { Cluster } from "../../src/index.ts";
import { Pod } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/index.ts";

const pod = { metadata: { name: "web" }, spec: { containers: [{ name: "web", image: "web:1" }] } };

/** Everything at work over HTTP, then closed. */
async function started(): Promise<object> {
  const server = await TestApiServer.start();
  const cluster = await Cluster.connect({ server: server.url });
  const pods = cluster.resources(Pod).inNamespace("default");
  const informer = pods.informer();
  const added = Promise.withResolvers<void>();
  informer.listen({ added: () => added.resolve() });
  await informer.synced();
  const opened = Promise.withResolvers<void>();
  pods
    .watch()
    .on("open", () => opened.resolve())
    .on("ADDED", () => {})
    .start();
  await opened.promise;
  await pods.create(pod);
  await added.promise;
  const watches = server.openWatches;
  await cluster.close();
  await server.stop();
  return { watches };
}

/** Everything built, nothing started or closed. */
async function unstarted(): Promise<object> {
  const server = await TestApiServer.start({ listen: false });
  for (const place of [{ transport: server.transport }, { server: "http://127.0.0.1:9" }]) {
    const pods = (await Cluster.connect(place)).resources(Pod).inNamespace("default");
    pods.informer().listen({ added: () => {} }, { resyncMs: 60_000 });
    pods.watch({ minTimeoutSeconds: 300 });
  }
  await turn();
  return { requests: server.requests.length };
}

/** Let the event loop go round once. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const told = process.argv[2] === "started" ? await started() : await unstarted();
// Twice: in a round of the loop, sockets that were closed are let go after the immediates.
await turn();
await turn();
const running = process.getActiveResourcesInfo().filter((resource) => /Timeout|TCP|TLS/.test(resource));
const over = performance.now();
process.once("exit", () => {
  console.log(JSON.stringify({ ...told, running, heldForMs: Math.round(performance.now() - over) }));
});
