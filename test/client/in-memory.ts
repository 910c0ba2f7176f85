import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../src/transport/port.ts";

export const Pod: Kind = defineKind<KubeObject>()({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  scope: "Namespaced",
});
export const Deployment: Kind = defineKind<KubeObject>()({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  scope: "Namespaced",
});
export const Node: Kind = defineKind<KubeObject>()({
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  scope: "Cluster",
});

export const Secret: Kind = defineKind<KubeObject>()({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  scope: "Namespaced",
});
export const Widget: Kind = defineKind<KubeObject>()({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
  subresources: ["status", "scale"],
});

/** An answer; a body of several texts arrives in as many chunks. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** The body breaks after its chunks. */
  readonly breaks?: Error;
}

async function* chunksOf({ body, breaks }: Answer): AsyncGenerator<Uint8Array, void, void> {
  const chunks = Array.isArray(body) ? body : body === undefined ? [] : [body];
  for (const chunk of chunks) {
    if (chunk instanceof Uint8Array) yield chunk;
    else yield Buffer.from(typeof chunk === "string" ? chunk : JSON.stringify(chunk));
  }
  if (breaks !== undefined) throw breaks;
}

export interface InMemory extends Transport {
  readonly sent: TransportRequest[];
}

/** A transport that answers in order, or as a function of the request. */
export function inMemory(...answers: readonly (Answer | Error)[]): InMemory {
  const sent: TransportRequest[] = [];
  const transport = async (request: TransportRequest): Promise<TransportResponse> => {
    const answer = answers[sent.length];
    sent.push(request);
    if (answer === undefined) throw new Error("no answer left");
    if (answer instanceof Error) throw answer;
    return { status: answer.status ?? 200, headers: answer.headers ?? {}, body: chunksOf(answer) };
  };
  return Object.assign(transport, { sent });
}

/** What a promise rejects with; fails where it does not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("expected a rejection");
}

export async function collect<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const part of parts) all.push(part);
  return all;
}
