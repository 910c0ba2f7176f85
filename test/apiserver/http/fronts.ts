import { defineKind } from "../../../src/resource/kind.ts";
import type { KubeObject } from "../../../src/resource/object.ts";
import { TestApiServer, type TestApiServerOptions } from "../../../src/testing/index.ts";
import type { TransportRequest } from "../../../src/transport/port.ts";

/** An object of a kind that the server was told of. */
export interface Widget extends KubeObject {
  spec?: { size?: number };
  status?: { ready?: boolean };
}

export const Widget: ReturnType<ReturnType<typeof defineKind<Widget>>> = defineKind<Widget>()({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced",
  subresources: ["status"],
});

/** Any JSON, read without ceremony in expectations. */
// biome-ignore lint/suspicious/noExplicitAny: bodies are compared, not relied on
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Json;
}

export interface Front extends AsyncDisposable {
  readonly server: TestApiServer;
  call(
    method: TransportRequest["method"],
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
}

function answerOf(status: number, headers: Readonly<Record<string, string>>, text: string): Answer {
  const isJson = headers["content-type"] === "application/json";
  return { status, headers, text, json: isJson ? JSON.parse(text) : undefined };
}

export async function inMemory(options: TestApiServerOptions = {}): Promise<Front> {
  const server = await TestApiServer.start({ kinds: [Widget], ...options, listen: false });
  return {
    server,
    async call(method, path, body, headers = {}) {
      const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
      const response = await server.transport({ method, path, headers, body: sent, isStream: false });
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      return answerOf(response.status, response.headers, Buffer.concat(chunks).toString());
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

export async function overHttp(options: TestApiServerOptions = {}): Promise<Front> {
  const server = await TestApiServer.start({ kinds: [Widget], ...options });
  return {
    server,
    async call(method, path, body, headers = {}) {
      const sent = body === undefined || typeof body === "string" ? (body ?? null) : JSON.stringify(body);
      const type = { "content-type": "application/json", ...headers };
      const response = await fetch(server.url + path, {
        method,
        body: sent,
        headers: sent === null ? headers : type,
      });
      return answerOf(response.status, Object.fromEntries(response.headers), await response.text());
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

export const fronts: readonly (readonly [string, typeof inMemory])[] = [
  ["in memory", inMemory],
  ["over HTTP", overHttp],
];

export const configMaps = "/api/v1/namespaces/default/configmaps";
export const pods = "/api/v1/namespaces/default/pods";
export const widgets = "/apis/example.com/v1/namespaces/default/widgets";
export const deployments = "/apis/apps/v1/namespaces/default/deployments";

export const mergePatch: Readonly<Record<string, string>> = {
  "content-type": "application/merge-patch+json",
};
export const jsonPatch: Readonly<Record<string, string>> = { "content-type": "application/json-patch+json" };

/** What an extension kind must say of itself. */
export function widget(name: string, more: object = {}): { metadata: { name: string } } {
  return { ...named(name), apiVersion: "example.com/v1", kind: "Widget", ...more } as {
    metadata: { name: string };
  };
}

export function named(name: string, more: object = {}): { metadata: { name: string } } {
  return { metadata: { name }, ...more };
}
