import { onAbort } from "../../src/base/abort.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { ConfigMap } from "../../src/kinds/index.ts";
import type { Transport, TransportRequest } from "../../src/transport/port.ts";

/** One state of one object on the server. */
export interface State {
  readonly key: string;
  readonly rv: number;
  readonly uid: string;
  readonly bytes: number;
  /** Its JSON is broken behind the metadata. */
  readonly isBroken: boolean | "labels";
}

interface Change {
  readonly rv: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly state: State;
}

interface Connection {
  readonly namespace: string;
  pending: Buffer[];
  isEnded: boolean;
  wake: () => void;
}

const namespaceOf = (key: string): string => key.split("/")[0] ?? "";

/** What the text of a state is. */
export function textOf(key: string, rv: string | number, bytes: number): string {
  return `${key}@${rv};`.repeat(Math.ceil(bytes / 16)).slice(0, bytes);
}

/** Throw for an object that is no state the server ever had; returns which it is. */
export function stateOf(world: ByteWorld, object: ConfigMap | undefined): State {
  const { namespace, name, resourceVersion = "", uid } = object?.metadata ?? {};
  const state = world.states.get(`${namespace}/${name}@${resourceVersion}`);
  if (
    state === undefined ||
    state.uid !== uid ||
    object?.data?.text !== textOf(state.key, state.rv, state.bytes)
  ) {
    throw new Error(`${namespace}/${name}@${resourceVersion} of ${uid} was never written`);
  }
  return state;
}

/** The JSON of a state as the server writes it. */
export function jsonOf({ key, rv, uid, bytes, isBroken }: State): string {
  const [namespace, name] = key.split("/");
  const metadata = {
    name,
    namespace,
    uid,
    resourceVersion: String(rv),
    labels: { parity: rv % 2 === 0 ? "even" : "odd" },
    managedFields: [{ manager: "writer", fieldsV1: { "f:data": { "f:text": {} } } }],
  };
  const data = { node: `n${rv % 3}`, text: textOf(key, rv, bytes) };
  const json = JSON.stringify({ kind: "ConfigMap", apiVersion: "v1", metadata, data });
  if (isBroken === "labels") return json.replace('"labels":{', '"labels":{"bad":hunter2,');
  return isBroken ? json.replace('"data":{', '"data":{"bad":nope,') : json;
}

/** A collection that tests write to; what it answers are bytes, in chunks of any size. */
export class ByteWorld {
  readonly requests: string[] = [];
  readonly objects: Map<string, State> = new Map();
  /** Every state that there was, by key and resourceVersion. */
  readonly states: Map<string, State> = new Map();
  rv = 10;
  /** Watches end each chunk here; the rest follows in the next. */
  chunkBytes: number = 64 * 1024;
  /** What the server answers instead of a list or watch, while it is set. */
  refuses: ((request: TransportRequest) => unknown) | undefined;
  /** Lists wait for this before they answer. */
  holdList: Promise<void> | undefined;
  #history: Change[] = [];
  #oldest = 10;
  readonly #connections = new Set<Connection>();

  get open(): number {
    return this.#connections.size;
  }

  get lists(): number {
    return this.requests.filter((request) => request.startsWith("list") || request.startsWith("stream"))
      .length;
  }

  async connect(): Promise<Cluster> {
    return Cluster.connect({ transport: this.transport });
  }

  put(key: string, { bytes = 200, uid, isBroken = false }: Partial<State> = {}): State {
    const before = this.objects.get(key);
    const rv = ++this.rv;
    const state: State = { key, rv, uid: uid ?? before?.uid ?? `uid-${key}-${rv}`, bytes, isBroken };
    this.objects.set(key, state);
    this.#tell({ rv, type: before?.uid === state.uid ? "MODIFIED" : "ADDED", state });
    return state;
  }

  /** Repair what is broken in lists, without a change: the same state, as it was meant. */
  mend(): void {
    for (const [key, state] of this.objects) this.objects.set(key, { ...state, isBroken: false });
  }

  /** Break the next lists in one object. */
  breakStored(key: string): void {
    const state = this.objects.get(key);
    if (state !== undefined) this.objects.set(key, { ...state, isBroken: true });
  }

  remove(key: string, { isBroken = false }: Partial<State> = {}): void {
    const before = this.objects.get(key);
    if (before === undefined) return;
    this.objects.delete(key);
    const rv = ++this.rv;
    this.#tell({ rv, type: "DELETED", state: { ...before, rv, isBroken } });
  }

  bookmark(): void {
    for (const connection of this.#connections) this.#send(connection, bookmarkOf(this.rv));
  }

  /** End every watch, as a server does now and then. */
  cut(): void {
    for (const connection of this.#connections) {
      connection.isEnded = true;
      connection.wake();
    }
  }

  /** Forget the history: watches end with 410, and what `meanwhile` writes shows in lists only. */
  expire(meanwhile: () => void = () => {}): void {
    const before = [...this.#connections];
    this.#connections.clear();
    meanwhile();
    this.#history = [];
    this.#oldest = ++this.rv;
    for (const connection of before) {
      this.#connections.add(connection);
      const status = { kind: "Status", apiVersion: "v1", status: "Failure", code: 410, reason: "Expired" };
      this.#send(connection, frameOf("ERROR", JSON.stringify(status)));
      connection.isEnded = true;
    }
  }

  readonly transport: Transport = async (request) => {
    const url = new URL(request.path, "http://server");
    const query = url.searchParams;
    const namespace = /\/namespaces\/([^/]+)\//.exec(url.pathname)?.[1] ?? "";
    const isWatch = query.get("watch") === "true" || query.get("watch") === "1";
    const isStreaming = query.get("sendInitialEvents") === "true";
    const since = query.get("resourceVersion") ?? "";
    this.requests.push(`${isStreaming ? "stream" : isWatch ? "watch" : "list"} ${namespace}@${since}`);
    const answer = this.refuses?.(request);
    if (answer !== undefined) return answerOf(500, [Buffer.from(JSON.stringify(answer))]);
    if (!isWatch) return answerOf(200, this.#list(namespace));
    if (!isStreaming && Number(since) < this.#oldest) {
      const status = { kind: "Status", apiVersion: "v1", status: "Failure", code: 410, reason: "Expired" };
      return answerOf(410, [Buffer.from(JSON.stringify(status))]);
    }
    return answerOf(200, this.#watch(request, namespace, isStreaming, Number(since)));
  };

  async *#list(namespace: string): AsyncGenerator<Uint8Array, void, void> {
    await this.holdList;
    const items = [...this.objects.values()]
      .filter(({ key }) => namespace === "" || namespaceOf(key) === namespace)
      .map((state) => jsonOf(state));
    const head = `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"${this.rv}"},"items":[`;
    yield* this.#chunks(Buffer.from(`${head}${items.join(",")}]}`));
  }

  async *#watch(
    { signal }: TransportRequest,
    namespace: string,
    isStreaming: boolean,
    since: number,
  ): AsyncGenerator<Uint8Array, void, void> {
    const connection: Connection = { namespace, pending: [], isEnded: false, wake: () => {} };
    if (isStreaming) {
      for (const state of this.objects.values()) {
        if (namespace === "" || namespaceOf(state.key) === namespace) {
          connection.pending.push(frameOf("ADDED", jsonOf(state)));
        }
      }
      connection.pending.push(bookmarkOf(this.rv, true));
    } else {
      for (const change of this.#history) if (change.rv > since) this.#pass(connection, change);
    }
    this.#connections.add(connection);
    const stopListening = onAbort(signal, () => connection.wake());
    try {
      while (signal?.aborted !== true) {
        if (isStreaming) await this.holdList;
        const bytes = Buffer.concat(connection.pending);
        connection.pending = [];
        // Whoever keeps more than a copy of a chunk will see it: the memory is used again.
        for (const chunk of this.#chunks(bytes)) {
          yield chunk;
          chunk.fill(0x21);
        }
        if (connection.pending.length > 0) continue;
        if (connection.isEnded) return;
        await new Promise<void>((resolve) => {
          connection.wake = resolve;
        });
      }
    } finally {
      stopListening();
      this.#connections.delete(connection);
    }
  }

  *#chunks(bytes: Buffer): Generator<Uint8Array, void, void> {
    for (let at = 0; at < bytes.length; at += this.chunkBytes) {
      yield Buffer.from(bytes.subarray(at, at + this.chunkBytes));
    }
  }

  #tell(change: Change): void {
    this.states.set(`${change.state.key}@${change.rv}`, change.state);
    this.#history.push(change);
    for (const connection of this.#connections) this.#pass(connection, change);
  }

  #pass(connection: Connection, { type, state }: Change): void {
    const { namespace } = connection;
    if (namespace !== "" && namespaceOf(state.key) !== namespace) return;
    this.#send(connection, frameOf(type, jsonOf(state)));
  }

  #send(connection: Connection, bytes: Buffer): void {
    if (connection.isEnded) return;
    connection.pending.push(bytes);
    connection.wake();
  }
}

function answerOf(status: number, body: AsyncIterable<Uint8Array> | Uint8Array[]) {
  const chunks = Array.isArray(body)
    ? (async function* () {
        yield* body;
      })()
    : body;
  return { status, headers: { "content-type": "application/json" }, body: chunks };
}

function frameOf(type: string, json: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":${json}}\n`);
}

function bookmarkOf(rv: number, isEnd = false): Buffer {
  const annotations = isEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  const metadata = { resourceVersion: String(rv), ...annotations };
  return frameOf("BOOKMARK", JSON.stringify({ kind: "ConfigMap", apiVersion: "v1", metadata }));
}
