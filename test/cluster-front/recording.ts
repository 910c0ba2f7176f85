import { vi } from "vitest";
import { onAbort } from "../../src/base/abort.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import type { ConnectOptions } from "../../src/cluster/connection.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/transport/port.ts";

/** What a server says to a request: a value is sent as JSON, an async iterable as it comes. */
export type Reply = (request: TransportRequest) => unknown;

export class Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, string>;

  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

async function* bodyOf(value: unknown): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
}

/** Sends frames, then stays open until the request is aborted. */
export async function* openStream(
  signal: AbortSignal | undefined,
  ...frames: readonly unknown[]
): AsyncGenerator<Uint8Array, void, void> {
  for (const frame of frames) yield Buffer.from(`${JSON.stringify(frame)}\n`);
  await new Promise<void>((resolve) => onAbort(signal, resolve));
}

/** A transport that writes down what is sent. */
export class Recording {
  readonly sent: TransportRequest[] = [];
  open = 0;
  reply: Reply;

  constructor(reply: Reply = () => ({})) {
    this.reply = reply;
  }

  readonly transport: Transport = async (request: TransportRequest): Promise<TransportResponse> => {
    this.sent.push(request);
    const reply = await this.reply(request);
    const answer = reply instanceof Answer ? reply : new Answer(200, reply);
    const { body } = answer;
    const isStream = typeof body === "object" && body !== null && Symbol.asyncIterator in body;
    const chunks = isStream ? (body as AsyncIterable<Uint8Array>) : bodyOf(body);
    return {
      status: answer.status,
      headers: { "content-type": "application/json", ...answer.headers },
      body: this.#counted(chunks),
    };
  };

  async *#counted(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    this.open += 1;
    try {
      yield* body;
    } finally {
      this.open -= 1;
    }
  }

  /** `GET /api/v1/pods?limit=500`, escapes undone. */
  get lines(): string[] {
    return this.sent.map(({ method, path }) => `${method} ${decodeURIComponent(path)}`);
  }

  connect(options: ConnectOptions = {}): Promise<Cluster> {
    return Cluster.connect({ transport: this.transport, ...options });
  }
}

/** A collection of pods in memory: lists, and watches that stay open. */
export function podServer(...names: string[]): Recording {
  return new Recording(({ path, signal }) => {
    if (path.includes("watch=true")) return path.includes("sendInitialEvents") ? refusal : openStream(signal);
    const namespace = /namespaces\/([^/]+)/.exec(path)?.[1] ?? "shop";
    const items = names.map((name) => ({
      metadata: { name, namespace, uid: `${namespace}-${name}`, resourceVersion: "5" },
    }));
    return { kind: "PodList", metadata: { resourceVersion: "10" }, items };
  });
}

const refusal = new Answer(422, { kind: "Status", status: "Failure", code: 422, reason: "Invalid" });

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

/** Wait until something holds, turn by turn of the event loop. */
export function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitUntil(check, { interval: 1 });
}
