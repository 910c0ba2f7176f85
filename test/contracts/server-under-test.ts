import type { Cluster } from "../../src/cluster/cluster.ts";
import type { ConnectOptions } from "../../src/cluster/connection.ts";
import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { TestApiServer } from "../../src/testing/index.ts";
import type { Transport, TransportRequest } from "../../src/transport/port.ts";

/** Any JSON, read without ceremony in expectations. */
// biome-ignore lint/suspicious/noExplicitAny: bodies are compared, not relied on
export type Json = any;

/** An object of a kind that the servers are told of: a custom resource. */
export interface Widget extends KubeObject {
  spec?: { readonly size?: number };
  status?: { readonly ready?: boolean };
}

/** Served by both servers, with a status of its own; fields nobody declared are kept. */
export const Widget: Kind<Widget> = defineKind<Widget>()({
  group: "contracts.example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
  subresources: ["status", "scale"],
});

/** One answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body, where it says that it is JSON. */
  readonly json: Json;
}

/** What a raw request carries. */
export interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown;
}

/** What of a client's connection a test may choose. */
export type ClientOptions = Pick<ConnectOptions, "interceptors" | "onWarning" | "userAgent">;

/**
 * An API server that the contract suites run against: the embedded one or a real one.
 *
 * Everything here means the same on both. What only one of them can do is
 * behind `isReal` and `embedded`.
 */
export interface ServerUnderTest {
  readonly name: string;
  readonly isReal: boolean;
  /** HTTP lies between: what belongs to a connection, such as compression, takes place. */
  readonly hasSockets: boolean;
  /** The embedded server itself, for the faults that no real one has. */
  readonly embedded: TestApiServer | undefined;
  /** A kubeconfig, as text, that leads here as the administrator. */
  readonly kubeconfig: string;
  /** The administrator's requests, sent as they are: no retries, nothing decoded. */
  readonly transport: Transport;
  /** The administrator's client; the server's `close()` closes it. */
  connect(options?: ClientOptions): Promise<Cluster>;
  /** A client whose every request is answered 403. */
  forbidden(): Promise<Cluster>;
  /** A client whose token nobody knows. */
  unauthorized(): Promise<Cluster>;
  /** Create a namespace with a name of its own. */
  namespace(): Promise<string>;
  close(): Promise<void>;
}

/** Send one raw request as the administrator and read its answer. */
export async function request(
  { transport }: Pick<ServerUnderTest, "transport">,
  method: TransportRequest["method"],
  path: string,
  { headers = {}, body }: Sent = {},
): Promise<Answer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const type = text === undefined ? {} : { "content-type": "application/json" };
  const sent = { accept: "application/json", "user-agent": "contracts", ...type, ...headers };
  const answer = await transport({ method, path, headers: sent, body: text, isStream: false, retry: false });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  const received = Buffer.concat(chunks).toString("utf8");
  const isWatch = /[?&]watch=/.test(path) && answer.status === 200;
  const isJson = answer.headers["content-type"] === "application/json" && !isWatch;
  const json: Json = isJson ? JSON.parse(received) : undefined;
  return { status: answer.status, headers: answer.headers, text: received, json };
}

/** Create a namespace through the API, so that nothing of two test files meets. */
export async function createNamespace(server: Pick<ServerUnderTest, "transport">): Promise<string> {
  const body = { metadata: { generateName: "contracts-" } };
  const { status, json, text } = await request(server, "POST", "/api/v1/namespaces", { body });
  if (status !== 201) throw new Error(`create a namespace: ${status} ${text}`);
  return json.metadata.name;
}
