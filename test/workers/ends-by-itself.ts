/** A process of its own: runs a controller in threads, stops it, tells what still runs, and must end without being told to. */
import { Cluster } from "../../src/cluster/cluster.ts";
import { TestApiServer } from "../../src/testing/index.ts";
import { Widget, widget } from "./widget.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

const server = await TestApiServer.start({ kinds: [Widget], namespaces: ["shop"] });
server.create(Widget, widget("a"));
const cluster = await Cluster.connect({ server: server.url });
const controller = cluster
  .controller(Widget, { log })
  .workers(2, new URL("./reconcilers/tell.ts", import.meta.url));
const stop = new AbortController();
const outcomes: string[] = [];
controller.on("reconciled", ({ outcome }) => {
  outcomes.push(outcome);
  stop.abort();
});
await controller.run(stop.signal);
await cluster.close();
await server.stop();
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
// Twice: in a round of the loop, sockets that were closed are let go after the immediates.
await turn();
await turn();
const running = process
  .getActiveResourcesInfo()
  .filter((resource) => /Timeout|TCP|TLS|Worker|MessagePort/.test(resource));
const over = performance.now();
process.once("exit", () => {
  console.log(JSON.stringify({ outcomes, running, heldForMs: Math.round(performance.now() - over) }));
});
