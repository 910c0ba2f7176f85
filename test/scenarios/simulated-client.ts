import { isJsonObject } from "../../src/base/json-object.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import { keyOf } from "../../src/resource/key.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { Interceptor, TransportRequest, TransportResponse } from "../../src/transport/port.ts";
import { type Answered, infoOf, type World } from "./simulated-world.ts";

function answeredBy(request: TransportRequest, body: unknown): Answered | undefined {
  const info = infoOf(request);
  if (info === undefined || !isJsonObject(body)) return undefined;
  const { resource, namespace } = info;
  if (body.kind === "Status") {
    const { uid, name } = isJsonObject(body.details) ? body.details : {};
    if (typeof uid !== "string" || typeof name !== "string") return undefined;
    return { resource, key: keyOf(namespace, name), uid, resourceVersion: undefined };
  }
  if (!isJsonObject(body.metadata)) return undefined;
  const { name, uid, resourceVersion, deletionTimestamp } = body.metadata;
  if (typeof name !== "string" || typeof uid !== "string") return undefined;
  const isGone = info.verb === "delete" && deletionTimestamp === undefined;
  return {
    resource,
    key: keyOf(namespace, name),
    uid,
    resourceVersion: isGone ? undefined : Number(resourceVersion),
  };
}

/** A client of one process, which remembers what its writes were answered with. */
export class SimulatedClient {
  readonly cluster: Cluster;
  readonly world: World;
  /** Its requests so far. */
  readonly requests: () => number;
  readonly #answered: Map<string, Answered>;

  private constructor(
    world: World,
    cluster: Cluster,
    answered: Map<string, Answered>,
    requests: () => number,
  ) {
    this.world = world;
    this.cluster = cluster;
    this.#answered = answered;
    this.requests = requests;
  }

  static async connect(world: World, user: string): Promise<SimulatedClient> {
    const answered = new Map<string, Answered>();
    let requests = 0;
    const remember: Interceptor = (next) => async (request) => {
      requests += 1;
      const response = await next(request);
      if (request.method === "GET" || response.status >= 300) return response;
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      const whole = Buffer.concat(chunks);
      const write = answeredBy(request, JSON.parse(whole.toString("utf8")));
      // Who was told to end is not answered any more.
      if (write !== undefined && request.signal?.aborted !== true) {
        answered.set(`${write.resource} ${write.key}`, write);
      }
      return { ...response, body: once(whole) };
    };
    const cluster = await Cluster.connect({
      transport: (request): Promise<TransportResponse> =>
        world.server.transport({
          ...request,
          headers: { ...request.headers, authorization: `Bearer ${user}` },
        }),
      interceptors: [remember],
      fieldManager: "simulation",
    });
    return new SimulatedClient(world, cluster, answered, () => requests);
  }

  /** Whatever was answered of these keys, it was to somebody else. */
  forget(keys: (key: string) => boolean): void {
    for (const [id, { key }] of this.#answered) if (keys(key)) this.#answered.delete(id);
  }

  /** Fail where a copy of an object is older than the last write that this client was answered. */
  expectOwnWrites(
    resource: string,
    keys: (key: string) => boolean,
    seen: (key: string) => KubeObject | undefined,
    matches: (labels: Readonly<Record<string, string>>) => boolean,
  ): void {
    for (const write of this.#answered.values()) {
      if (write.resource !== resource || !keys(write.key)) continue;
      const copy = seen(write.key);
      if (this.world.maySee(write, copy, matches)) continue;
      const { uid, resourceVersion } = copy?.metadata ?? {};
      const what = copy === undefined ? "nothing" : `${uid} at ${resourceVersion}`;
      this.world.fail(
        `a reconcile sees ${what} of ${resource} ${write.key}, and was answered ${write.uid} at ${write.resourceVersion}`,
      );
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  yield bytes;
}
