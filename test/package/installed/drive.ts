/** Runs the README's blocks in a user's project, whatever they were compiled to; prints `ok` once each did what it says. */
import { Cluster } from "kube-reflex";
import { Deployment, Pod } from "kube-reflex/kinds";
import { TestApiServer } from "kube-reflex/testing";

/** What the README's blocks use without declaring it. */
export interface Given {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly node: string;
  readonly signal: AbortSignal;
  readonly report: (pod: Pod) => Promise<void>;
  readonly print: (what: string, pod: Pod) => void;
  // biome-ignore lint/suspicious/noExplicitAny: a test runner's
  readonly vi: any;
  // biome-ignore lint/suspicious/noExplicitAny: a test runner's
  readonly expect: any;
}

type Block = (given: Given) => Promise<unknown>;

/** Run one block against a server over HTTP, with pods coming and going meanwhile. */
async function runBlock(run: Block): Promise<string[]> {
  const server = await TestApiServer.start();
  const namespace = "default";
  const template = { spec: { containers: [{ name: "web", image: "web:1" }] } };
  const web = { metadata: { name: "web", namespace }, spec: { selector: { matchLabels: {} }, template } };
  server.create(Deployment, web);
  const labels = { app: "web" };
  const spec = { nodeName: "n1", containers: [{ name: "web", image: "web:1" }] };
  server.create(Pod, { metadata: { name: "web-0", namespace, labels }, spec, status: { phase: "Running" } });
  server.setLog({ namespace, name: "web-0" }, ["ready"]);
  server.onExec(async ({ command, stdout }) => void stdout.write(command.slice(1).join(" ")));
  const cluster = await Cluster.connect({ server: server.url });
  const stop = new AbortController();
  const told: string[] = [];
  const calls: unknown[][] = [];
  const given: Given = {
    cluster,
    namespace,
    node: "n1",
    signal: stop.signal,
    report: async (pod) => void told.push(`reported ${pod.metadata.name}`),
    print: (what, pod) => void told.push(`${what} ${pod.metadata.name}`),
    vi: {
      fn: () => Object.assign((...args: unknown[]) => void calls.push(args), { calls }),
      waitFor: async (check: () => unknown) => {
        for (let attempt = 0; attempt < 500; attempt += 1) {
          try {
            return check();
          } catch {
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        }
        return check();
      },
    },
    expect: (mock: { calls: unknown[][] }) => ({
      toHaveBeenCalledWith(...args: unknown[]) {
        const isFound = mock.calls.some((call) => JSON.stringify(call) === JSON.stringify(args));
        if (!isFound) throw new Error(`not called with ${JSON.stringify(args)}`);
        told.push("expected");
      },
    }),
  };
  const { log } = console;
  console.log = (...words: unknown[]) => void told.push(words.join(" "));
  try {
    const ended = run(given);
    const pods = cluster.resources(Pod).inNamespace(namespace);
    for (let round = 0; round < 50 && !told.some((line) => line.includes("lively")); round += 1) {
      await pods.create({ metadata: { name: `lively-${round}` }, spec });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    stop.abort();
    await ended;
    return told;
  } finally {
    console.log = log;
    await cluster.close();
    await server.stop();
  }
}

/** Run all blocks; one that does nothing at all is an error. */
export async function drive(blocks: readonly Block[]): Promise<void> {
  for (const [number, run] of blocks.entries()) {
    const told = await runBlock(run);
    if (told.length === 0) throw new Error(`block ${number} of the README told nothing`);
  }
  console.log("ok", blocks.length);
}
