import { vi } from "vitest";
import { parseTarget, type RequestInfo, requestInfo } from "../../src/apiserver/http/request-info.ts";
import { delay } from "../../src/base/abort.ts";
import { KubeError } from "../../src/base/errors.ts";
import { ConfigMap, Deployment } from "../../src/kinds/index.ts";
import { keyOfMeta } from "../../src/resource/key.ts";
import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { TestApiServer } from "../../src/testing/index.ts";
import type { Interceptor, TransportRequest } from "../../src/transport/port.ts";
import type { Seeded } from "../leader-election/simulated-time.ts";

export interface Shop extends KubeObject {
  spec?: { maps: number; apps: number; value: number; secret?: string };
  status?: { observed?: number };
}

export const Shop: Kind<Shop, "status"> = defineKind<Shop>()({
  group: "example.com",
  version: "v1",
  kind: "Shop",
  plural: "shops",
  scope: "Namespaced",
  subresources: ["status"],
});

export const foreignFinalizer = "other.org/keep";
export const namespaces: readonly string[] = ["n1", "n2", "n3"];
export const shopNames: readonly string[] = ["a", "b", "c", "d"];
export const secretNames: readonly string[] = ["s0", "s1"];
export const childKinds: readonly Kind[] = [ConfigMap, Deployment];
const followed: readonly Kind[] = [Shop, ...childKinds];

const realImmediate = setImmediate;

/** Let all promises react. */
function drained(): Promise<void> {
  return new Promise((resolve) => realImmediate(resolve));
}

/**
 * Move the fake clock from timer to timer.
 *
 * `vi.advanceTimersByTimeAsync` waits a real millisecond for each of them.
 */
export async function pass(ms: number): Promise<void> {
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, ms);
  await drained();
  while (!isOver) {
    vi.advanceTimersToNextTimer();
    await drained();
  }
}

/** What a request is about. */
export function infoOf({ method, path }: Pick<TransportRequest, "method" | "path">): RequestInfo | undefined {
  const target = parseTarget(path);
  return target === undefined ? undefined : requestInfo(method, target);
}

/** How bad the connection is: probabilities. */
export interface Weather {
  slow: number;
  lostAnswers: number;
}

/** One state of an object of some name, or that there was none. */
interface State {
  readonly uid: string;
  readonly resourceVersion: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  readonly isGone: boolean;
}

/** A write that was answered to somebody. */
export interface Answered {
  readonly resource: string;
  readonly key: string;
  readonly uid: string;
  /** Undefined: the object was deleted. */
  readonly resourceVersion: number | undefined;
}

/** The server of a simulation, what its objects went through, and what was found to be wrong. */
export class World {
  readonly random: Seeded;
  readonly server: TestApiServer;
  readonly weather: Weather;
  readonly journal: string[] = [];
  failure: string | undefined;
  /** How many states there were so far. */
  states = 0;
  /** The uids of shops that have somebody else's finalizer. */
  readonly foreign: Set<string> = new Set();
  /** Of each object's uid that is gone; told by what was noted. */
  onVanished: (resource: string, uid: string) => void = () => {};
  readonly #history = new Map<string, State[]>();
  readonly #isTraced: boolean;

  private constructor(random: Seeded, server: TestApiServer, weather: Weather, isTraced: boolean) {
    this.random = random;
    this.server = server;
    this.weather = weather;
    this.#isTraced = isTraced;
  }

  /** `onSent` is told of each request as it arrives, by whom. */
  static async start(
    random: Seeded,
    isTraced: boolean,
    onSent: (user: string, info: RequestInfo) => void,
  ): Promise<World> {
    const weather = { slow: 0, lostAnswers: 0 };
    let world: World | undefined;
    const between: Interceptor = (next) => async (request) => {
      const info = infoOf(request);
      if (info === undefined || world === undefined) return next(request);
      onSent(request.headers.authorization?.replace("Bearer ", "") ?? "", info);
      await world.#dawdle(request);
      const response = await next(request);
      if (request.method === "GET") {
        world.trace(`  ${info.verb} ${request.path} -> ${response.status}`);
        return response;
      }
      world.note();
      world.trace(`${info.verb} ${info.resource} ${info.namespace}/${info.name} -> ${response.status}`);
      if (random.chance(weather.lostAnswers)) {
        world.trace("  its answer was lost");
        throw new KubeError("CONNECTION_FAILED", "Answer a request: it was lost");
      }
      await world.#dawdle(request);
      return response;
    };
    const users = ["r0", "r1", "r2", "writer"];
    const server = await TestApiServer.start({
      listen: false,
      kinds: [Shop],
      namespaces: [...namespaces],
      interceptors: [between],
      tokens: Object.fromEntries(users.map((user) => [user, { user }])),
    });
    world = new World(random, server, weather, isTraced);
    return world;
  }

  trace(line: string): void {
    if (this.#isTraced) this.journal.push(`${Math.round(performance.now())} ${line}`);
  }

  /** The first thing that is wrong counts. */
  fail(what: string): void {
    this.trace(`FAILURE ${what}`);
    this.failure ??= `at ${Math.round(performance.now())} ms: ${what}`;
  }

  /** Look what became of the objects; after each write. */
  note(): void {
    for (const kind of followed) {
      const present = new Map(this.server.list(kind).map((object) => [keyOfMeta(object.metadata), object]));
      for (const [key, { metadata = {} }] of present) {
        const { uid = "", resourceVersion = "", labels = {}, finalizers = [] } = metadata;
        this.#add(kind, key, {
          uid,
          resourceVersion: Number(resourceVersion),
          labels,
          finalizers,
          isGone: false,
        });
      }
      for (const [id, states] of this.#history) {
        const last = states.at(-1);
        const [resource = "", key = ""] = id.split(" ");
        if (resource !== kind.plural || present.has(key) || last === undefined || last.isGone) continue;
        states.push({ ...last, isGone: true });
        this.onVanished(resource, last.uid);
      }
    }
  }

  /**
   * Whether a reader may see this of an object, or nothing, who was answered a write of it.
   *
   * Nothing only where it was deleted, or was none of those that `matches` any more, after that write.
   */
  maySee(
    answered: Answered,
    seen: KubeObject | undefined,
    matches: (labels: Readonly<Record<string, string>>) => boolean,
  ): boolean {
    const { uid, resourceVersion, resource, key } = answered;
    if (seen !== undefined) {
      const { uid: seenUid, resourceVersion: version = "" } = seen.metadata ?? {};
      if (resourceVersion === undefined) return seenUid !== uid;
      return seenUid === uid ? Number(version) >= resourceVersion : Number(version) > resourceVersion;
    }
    if (resourceVersion === undefined) return true;
    const states = this.#history.get(`${resource} ${key}`) ?? [];
    const at = states.findLastIndex((one) => one.uid === uid && one.resourceVersion <= resourceVersion);
    return states.slice(Math.max(0, at)).some((one) => one.isGone || one.uid !== uid || !matches(one.labels));
  }

  #add(kind: Kind, key: string, state: State): void {
    const id = `${kind.plural} ${key}`;
    const states = this.#history.get(id) ?? [];
    this.#history.set(id, states);
    const last = states.at(-1);
    if (last?.uid === state.uid && last.resourceVersion === state.resourceVersion && !last.isGone) return;
    if (last !== undefined && !last.isGone && last.uid !== state.uid) this.onVanished(kind.plural, last.uid);
    states.push(state);
    this.states += 1;
    if (state.finalizers.includes(foreignFinalizer) !== this.foreign.has(state.uid)) {
      this.fail(`somebody touched the finalizer of others on ${id}`);
    }
  }

  async #dawdle({ signal }: TransportRequest): Promise<void> {
    if (!this.random.chance(this.weather.slow)) return;
    const isInTime = await delay(this.random.between(1, 800), signal);
    if (!isInTime) throw new KubeError("ABORTED", "Send a request: it was aborted");
  }
}
