/**
 * A minute of trouble on the embedded server: `npm run soak`.
 *
 * 2,000 objects, 50 changes a second, one request in a hundred fails, and three
 * replicas of an operator with an election, whose leader is once cut off and
 * once restarted. In the end everything must be as it should be, no key may be
 * stuck, at no moment may two have led, and memory must be flat. Exits with 1 otherwise.
 */
import { TestApiServer } from "kube-reflex/testing";
import { Cell, namespace, type Outside } from "./soak/cell.ts";
import { SoakFaults } from "./soak/faults.ts";
import { randomNumbers } from "./soak/random.ts";
import { Replica } from "./soak/replica.ts";
import { World } from "./soak/world.ts";

const [seconds = 60, objects = 2_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const changesPerSecond = 50;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const problems: string[] = [];

const random = randomNumbers(seed);
const faults = new SoakFaults(random);
const server = await TestApiServer.start({
  kinds: [Cell],
  namespaces: [namespace],
  interceptors: [faults.interceptor],
});
const outside: Outside = new Map();
const world = new World(server, await server.cluster(), outside, objects, random);
const replicas: Replica[] = [];
const begins = (): void => {
  const leaders = replicas.filter(({ isLeader }) => isLeader).map(({ name }) => name);
  if (leaders.length > 1) problems.push(`several leaders at once: ${leaders.join(", ")}`);
};
for (const name of ["replica-a", "replica-b", "replica-c"]) {
  replicas.push(new Replica(name, server.url, outside, begins));
}

const heapMb = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};
const leader = (): Replica | undefined => replicas.find(({ isLeader }) => isLeader);
const say = (text: string): void => console.log(text);

/** Wait until nothing differs; resolves to what does at the deadline. */
async function settled(limitMs: number): Promise<string[]> {
  const deadlineAt = performance.now() + limitMs;
  for (;;) {
    const wrong = world.different();
    if (wrong.length === 0 || performance.now() > deadlineAt) return wrong;
    await sleep(100);
  }
}

say(`soak: ${objects} objects, ${changesPerSecond} changes a second for ${seconds} s, seed ${seed}`);
world.create();
for (const replica of replicas) replica.start();
const first = await settled(60_000);
if (first.length > 0) problems.push(`not reconciled at the start: ${first.length}, such as ${first[0]}`);

const samples: number[] = [];
const startedAt = performance.now();
const elapsed = (): number => (performance.now() - startedAt) / 1000;
const events = [
  { at: seconds * 0.25, what: "its leader is cut off", act: () => faults.cut(leader()?.name) },
  { at: seconds * 0.4, what: "it is heard again", act: () => faults.cut(undefined) },
  { at: seconds * 0.55, what: "its leader is restarted", act: () => leader()?.restart() },
];
let nextSampleAt = 0;
while (elapsed() < seconds) {
  while (world.changes < elapsed() * changesPerSecond) await world.change();
  if (events[0] !== undefined && elapsed() >= events[0].at) {
    const { what, act } = events.shift() ?? { what: "", act: () => {} };
    say(`${elapsed().toFixed(0).padStart(4)} s  ${what}`);
    act();
  }
  if (elapsed() >= nextSampleAt) {
    nextSampleAt += Math.max(1, seconds / 12);
    samples.push(heapMb());
    const reconciles = replicas.reduce((sum, replica) => sum + replica.reconciles, 0);
    const parts = [`heap ${samples.at(-1)?.toFixed(1)} MB`, `leader ${leader()?.name ?? "none"}`];
    parts.push(`${reconciles} reconciles`, `${faults.requests} requests, ${faults.broken} of them broken`);
    say(`${elapsed().toFixed(0).padStart(4)} s  ${parts.join(", ")}`);
  }
  await sleep(5);
}

let missing = world.complete();
for (let tries = 0; missing > 0 && tries < 100; tries++) {
  await sleep(200);
  missing = world.complete();
}
const wrong = await settled(30_000);
say(
  `${elapsed().toFixed(1).padStart(4)} s  ${wrong.length === 0 ? "everything is as it should be" : "it is not"}`,
);
if (wrong.length > 0)
  problems.push(`${wrong.length} objects differ, such as ${wrong.slice(0, 3).join(", ")}`);

if (world.slips > 0) problems.push(`${world.slips} objects were gone before their cleanup had run`);

const health = leader()?.controller?.health();
if (health === undefined) problems.push("nobody leads");
else if (health.failingKeys > 0 || health.queued > 0 || health.running.length > 0) {
  // What looks again at an object that is right already may still run.
  await sleep(3_000);
  const { failingKeys, queued, running, failing } = leader()?.controller?.health() ?? health;
  if (failingKeys > 0 || queued > 0 || running.length > 0) {
    problems.push(
      `stuck: ${failingKeys} failing, ${queued} queued, ${running.length} running: ${failing[0]?.key}`,
    );
  }
}

// The first twelfth is warm-up, and for a while after the first quarter one replica is down.
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const [before, after] = [mean(samples.slice(1, 4)), mean(samples.slice(-3))];
say(`heap after warm-up ${before.toFixed(1)} MB, at the end ${after.toFixed(1)} MB`);
if (globalThis.gc === undefined) say("without --expose-gc memory is not judged");
else if (after > before * 1.1 + 2)
  problems.push(`memory grows: from ${before.toFixed(1)} to ${after.toFixed(1)} MB`);

const losses = replicas.reduce((sum, replica) => sum + replica.losses, 0);
say(`starts ${replicas.map(({ starts }) => starts).join(" ")}, leadership lost ${losses} times`);
if (seconds >= 30 && losses === 0) problems.push("the leader that was cut off did not notice");
await Promise.all(replicas.map((replica) => replica.stop()));
await server.stop();
for (const problem of new Set(problems)) console.error(`PROBLEM: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
