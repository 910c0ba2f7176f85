import { vi } from "vitest";
import type { RequestInfo } from "../../src/apiserver/http/request-info.ts";
import { ConfigMap, Deployment, Secret } from "../../src/kinds/index.ts";
import { keyOf, keyOfMeta } from "../../src/resource/key.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { FailNext } from "../../src/testing/faults.ts";
import { Seeded } from "../leader-election/simulated-time.ts";
import { SimulatedClient } from "./simulated-client.ts";
import type { Design, SimulatedController, Surroundings } from "./simulated-controller.ts";
import { SimulatedUnit } from "./simulated-replica.ts";
import { calm, isAsWanted, Ledger, type Mood, wantedOf } from "./simulated-shops.ts";
import { childKinds, pass, Shop, World } from "./simulated-world.ts";
import { Writers } from "./simulated-writers.ts";

const faultsForMs = 40_000;
const quietWithinMs = 240_000;

/** What happened in a run, to be sure that there was something to prove. */
export interface Statistics {
  runs: number;
  cleanups: number;
  requests: number;
  lost: number;
}

/** One run: controllers of shops, a server between which everything goes wrong, and what must hold. */
export class Simulation {
  readonly #seed: number;
  readonly #random: Seeded;
  readonly #isTraced: boolean;
  readonly #mood: Mood = { ...calm };
  readonly #units: SimulatedUnit[] = [];
  readonly #clients: SimulatedClient[] = [];
  /** Which unit is elected by which user. */
  readonly #unitOf = new Map<string, SimulatedUnit>();
  readonly #statistics: Statistics = { runs: 0, cleanups: 0, requests: 0, lost: 0 };
  #hangs = Promise.withResolvers<void>();
  #allow: (() => void) | undefined;

  constructor(seed: number, isTraced = false) {
    this.#seed = seed;
    this.#random = new Seeded(seed);
    this.#isTraced = isTraced;
  }

  /** Run it; throws where something does not hold, naming the seed. */
  async run(): Promise<Statistics> {
    vi.useFakeTimers({ now: 1_750_000_000_000 });
    const mocked = vi.spyOn(Math, "random").mockImplementation(this.#random.next);
    try {
      await this.#simulate();
    } finally {
      mocked.mockRestore();
      vi.useRealTimers();
    }
    return this.#statistics;
  }

  async #simulate(): Promise<void> {
    const world = await World.start(this.#random, this.#isTraced, (user, info) =>
      this.#onSent(world, user, info),
    );
    const ledger = new Ledger(world);
    world.onVanished = (resource, uid) => {
      if (resource === "shops") ledger.vanished(uid);
    };
    await this.#assemble(world, ledger);
    const writers = new Writers(world, await this.#client(world, "writer"), ledger, this.#random.chance(0.4));
    writers.begin();
    for (const unit of this.#units) unit.start();
    this.#electOne();
    this.#worsen(world);
    await this.#storm(world, writers);
    await this.#calmDown(world, writers);
    await this.#becomeQuiet(world, writers);
    await this.#stopAll(world);
    this.#statistics.cleanups += ledger.cleanups;
    await world.server.stop();
    if (world.failure !== undefined) {
      throw new Error(`seed ${this.#seed}, ${world.failure}\n${world.journal.slice(-4000).join("\n")}`);
    }
  }

  async #client(world: World, user: string): Promise<SimulatedClient> {
    const client = await SimulatedClient.connect(world, user);
    this.#clients.push(client);
    return client;
  }

  async #assemble(world: World, ledger: Ledger): Promise<void> {
    const random = this.#random;
    const design: Design = {
      concurrency: random.pick([1, 2, 3, 4, 5]),
      timeouts: {
        graceMs: random.pick([0, 500, 5000]),
        hungAfterMs: 2000,
        syncTimeoutMs: random.pick([5000, 600_000]),
        reconcileTimeoutMs: random.chance(0.5) ? undefined : random.pick([400, 2500]),
      },
      backoff: { initialMs: random.pick([1, 5, 100]), maxMs: random.pick([1000, 8000]) },
      isSelecting: random.chance(0.5),
      isChoosy: random.chance(0.5),
      isApplying: random.chance(0.5),
      isPoked: random.chance(0.3),
    };
    const around = (client: SimulatedClient): Omit<Surroundings, "leads"> => ({
      world,
      client,
      ledger,
      mood: this.#mood,
      design,
      hang: () => this.#hangs.promise,
    });
    const split = random.pick<readonly (readonly string[])[]>([
      [[]],
      [["n1", "n2"], ["n3"]],
      [["n1"], ["n2"], ["n3"]],
    ]);
    if (random.chance(0.5)) {
      const surroundings = around(await this.#client(world, "r0"));
      split.forEach((part, index) => {
        this.#units.push(new SimulatedUnit(`c${index}`, [part], false, surroundings));
      });
      return;
    }
    for (const user of ["r0", "r1", "r2"].slice(0, random.pick([2, 3]))) {
      const unit = new SimulatedUnit(user, split, true, around(await this.#client(world, user)));
      this.#units.push(unit);
      this.#unitOf.set(user, unit);
    }
  }

  #onSent(world: World, user: string, info: RequestInfo): void {
    this.#statistics.requests += 1;
    const isWrite = !["get", "list", "watch"].includes(info.verb);
    const unit = this.#unitOf.get(user);
    if (!isWrite || unit === undefined || unit.elector?.isLeader() === true) return;
    world.fail(`${user} sends a write (${info.verb} ${info.resource} ${info.name}) and does not lead`);
  }

  #worsen(world: World): void {
    const random = this.#random;
    const some = (most: number): number => (random.chance(0.6) ? random.between(0, most) : 0);
    Object.assign(this.#mood, {
      throws: some(0.3),
      terminal: some(0.1),
      slow: some(0.4),
      hangs: some(0.03),
      requeues: some(0.5),
      rubbish: some(0.05),
    });
    Object.assign(world.weather, { slow: some(0.3), lostAnswers: some(0.2) });
  }

  async #storm(world: World, writers: Writers): Promise<void> {
    const random = this.#random;
    const until = performance.now() + faultsForMs;
    const pauseMs = random.pick([50, 150, 400]);
    while (performance.now() < until && world.failure === undefined) {
      await pass(random.between(0, 2 * pauseMs));
      for (const unit of this.#units) if (random.chance(0.1)) unit.start();
      this.#electOne();
      if (random.chance(0.65)) writers.write();
      else if (random.chance(0.75)) this.#disturb(world);
      else this.#upset(world);
    }
  }

  /** Something goes wrong between the server and everybody. */
  #disturb(world: World): void {
    const random = this.#random;
    const { server } = world;
    const resource = random.pick(["shops", "configmaps", "deployments", "secrets", "all"]);
    const filter = resource === "all" ? {} : { resource };
    const fault = random.pick(["fail", "fail", "cut", "stall", "resume", "expire", "forbid", "allow"]);
    world.trace(`${fault} ${resource}`);
    if (fault === "fail") server.failNext({ ...filter, ...this.#failure() });
    if (fault === "cut") server.cutWatches({ ...filter, mode: random.pick(["end", "reset"]) });
    if (fault === "stall") server.stallWatches(filter);
    if (fault === "resume") server.resumeWatches(filter);
    if (fault === "expire") {
      const open = random.pick(["keep", "error-event", "end"] as const);
      server.expire({ ...filter, open, refuseBy: random.pick(["event", "status"]) });
    }
    if (fault === "forbid" && this.#allow === undefined) {
      const verb = random.pick(["all", "list", "watch"]);
      const rule = { resource: random.pick(["configmaps", "deployments", "secrets"]) };
      const allow = server.forbid(verb === "all" ? rule : { ...rule, verb });
      if (verb === "all") server.cutWatches(rule);
      this.#allow = allow;
    }
    if (fault === "allow") {
      this.#allow?.();
      this.#allow = undefined;
    }
  }

  #failure(): FailNext {
    const random = this.#random;
    const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
    const fault = {
      verb: random.pick(verbs),
      status: random.pick([409, 410, 422, 429, 500, 503, "reset"] as const),
      times: random.pick([1, 1, 2, 5]),
      after: random.pick([0, 0, 1, 3]),
    };
    const isAsking = random.chance(0.6) && [429, 500, 503].includes(Number(fault.status));
    if (isAsking) return { ...fault, retryAfterSeconds: random.pick([0, 1, 3]) };
    return fault.status === 409 && fault.verb === "create" ? { ...fault, reason: "AlreadyExists" } : fault;
  }

  /** Something happens to the processes. */
  #upset(world: World): void {
    const random = this.#random;
    const unit = random.pick(this.#units);
    const what = random.pick(["stop", "lose", "lose", "release"]);
    if (what === "release") {
      this.#hangs.resolve();
      this.#hangs = Promise.withResolvers();
    } else if (what === "stop") {
      unit.stop();
    } else {
      this.#lose(world);
    }
  }

  #lose(world: World): void {
    const leader = this.#units.find(({ elector }) => elector?.isLeader() === true);
    const { elector } = leader ?? {};
    if (elector === undefined) return;
    this.#statistics.lost += 1;
    world.trace(`${leader?.title} does not lead any more`);
    elector.lapse();
    // Nobody is told at first: its process was paused, as it were.
    setTimeout(() => elector.tell(), this.#random.pick([0, 0, 100, 4000]));
  }

  /** One of those that are there leads, if nobody does. */
  #electOne(): void {
    if (this.#units.some(({ elector }) => elector?.isLeader() === true)) return;
    const candidates = this.#units.filter(({ isCandidate }) => isCandidate);
    if (candidates.length > 0) this.#random.pick(candidates).elector?.elect();
  }

  async #calmDown(world: World, writers: Writers): Promise<void> {
    world.trace("calm");
    Object.assign(this.#mood, calm);
    Object.assign(world.weather, { slow: 0, lostAnswers: 0 });
    this.#allow?.();
    world.server.resumeWatches();
    this.#hangs.resolve();
    await useUpFaults(world);
    writers.repair();
  }

  /** Everybody runs, and after a while nothing is left to do. */
  async #becomeQuiet(world: World, writers: Writers): Promise<void> {
    const deadline = performance.now() + quietWithinMs;
    let quietSince: number | undefined;
    let written = -1;
    while (performance.now() < deadline && world.failure === undefined) {
      for (const unit of this.#units) unit.start();
      this.#electOne();
      await pass(1000);
      const terminal = this.#units.flatMap(({ controllers }) =>
        controllers.flatMap((one) => one.terminalKeys()),
      );
      for (const key of terminal) writers.touch(key);
      const wrong = [...this.#differences(world), ...this.#acting().flatMap((one) => one.unrest())];
      if (wrong.length === 0 && written === world.states) quietSince ??= performance.now();
      else quietSince = undefined;
      written = world.states;
      if (quietSince !== undefined && performance.now() - quietSince > 20_000) {
        return;
      }
    }
    if (world.failure === undefined) {
      const unrest = this.#acting().flatMap((one) => one.unrest());
      world.fail(`no end of it: ${[...this.#differences(world), ...unrest].join("; ")}`);
    }
  }

  /** Who does not lead has warmed up only: its keys wait for it. */
  #acting(): SimulatedController[] {
    const acting = this.#units.filter(({ elector }) => elector === undefined || elector.isLeader());
    return acting.flatMap(({ controllers }) => controllers);
  }

  /** What is not as the shops ask for. */
  #differences({ server }: World): string[] {
    const wrong: string[] = [];
    const shops = server.list(Shop);
    const wanted = new Map<string, string>();
    for (const shop of shops) {
      const { namespace = "", generation, deletionTimestamp } = shop.metadata ?? {};
      const key = keyOfMeta(shop.metadata);
      if (deletionTimestamp !== undefined) wrong.push(`${key} is still there`);
      else if (shop.status?.observed !== generation) wrong.push(`${key} was not observed`);
      const secret = server.get(Secret, keyOf(namespace, shop.spec?.secret ?? "?"))?.data?.value ?? "none";
      for (const part of ["maps", "apps"] as const) {
        for (const one of wantedOf(shop, part, secret)) {
          const id = `${part === "maps" ? "configmaps" : "deployments"} ${keyOf(namespace, one.name)}`;
          wanted.set(id, key);
          const child: KubeObject | undefined =
            part === "maps"
              ? server.get(ConfigMap, keyOf(namespace, one.name))
              : server.get(Deployment, keyOf(namespace, one.name));
          if (child === undefined) wrong.push(`${id} is missing`);
          else if (!isAsWanted(child, shop, one)) wrong.push(`${id} is not as wanted`);
        }
      }
    }
    for (const kind of childKinds) {
      for (const child of server.list(kind)) {
        const id = `${kind.plural} ${keyOfMeta(child.metadata)}`;
        if (!wanted.has(id)) wrong.push(`${id} is an orphan`);
      }
    }
    return wrong;
  }

  async #stopAll(world: World): Promise<void> {
    for (const unit of this.#units) unit.stop();
    for (let waitedMs = 0; waitedMs < 60_000 && this.#units.some((unit) => unit.isAlive); waitedMs += 100) {
      await pass(100);
    }
    for (const unit of this.#units) if (unit.isAlive) world.fail(`${unit.title} does not end`);
    const { openWatches } = world.server;
    if (openWatches > 0) world.fail(`${openWatches} watches are open after the end`);
    const requests = this.#clients.map((client) => client.requests());
    if (vi.getTimerCount() > 0) world.fail(`${vi.getTimerCount()} timers are left after the end`);
    await pass(3_600_000);
    this.#clients.forEach((client, index) => {
      if (client.requests() !== requests[index]) world.fail("requests are sent after the end");
    });
    for (const { runs } of this.#units) this.#statistics.runs += runs;
    for (const client of this.#clients) await client.cluster.close();
    if (vi.getTimerCount() > 0)
      world.fail(`${vi.getTimerCount()} timers are left after the clusters are closed`);
  }
}

/** Meet the failures that were announced and have not happened; there is no way to take them back. */
async function useUpFaults({ server }: World): Promise<void> {
  const paths = [Shop, ...childKinds, Secret].map(({ group, version, plural }) => {
    const api = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    return `${api}/namespaces/n1/${plural}`;
  });
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
  const requests = paths.flatMap((path) => [
    { method: "GET" as const, path },
    { method: "GET" as const, path: `${path}?watch=true&timeoutSeconds=1` },
    ...methods.map((method) => ({ method, path: method === "POST" ? path : `${path}/nothing` })),
  ]);
  const headers = { authorization: "Bearer writer" };
  for (let clean = 0; clean < 4; clean += 1) {
    for (const request of requests) {
      const over = new AbortController();
      try {
        const answer = await server.transport({ ...request, headers, isStream: false, signal: over.signal });
        if ([409, 410, 422, 429, 500, 503].includes(answer.status)) clean = -1;
      } catch {
        clean = -1;
      }
      over.abort();
    }
  }
}
