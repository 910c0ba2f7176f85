import { apiVersionOf, type Kind } from "../../src/resource/kind.ts";
import { type Answer, type Json, request, type Sent, type ServerUnderTest } from "./server-under-test.ts";

/** The body of a refusal, word for word. */
export function failure(code: number, reason: string, message: string, details?: object): Json {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason === "" ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** The 422 of options or of an object that break one rule. */
export function invalid(
  of: { readonly kind: string; readonly group?: string; readonly name?: string },
  field: string,
  reason: string,
  message: string,
): Json {
  const { kind, group, name = "" } = of;
  const what = group === undefined ? kind : `${kind}.${group}`;
  return failure(422, "Invalid", `${what} "${name}" is invalid: ${field}: ${message}`, {
    ...(name === "" ? {} : { name }),
    ...(group === undefined ? {} : { group }),
    kind,
    causes: [{ reason, message, field }],
  });
}

/** Where a kind's objects of one namespace are. */
export function collection(kind: Kind, namespace: string): string {
  const root = kind.group === "" ? "/api" : "/apis";
  const scope = kind.scope === "Cluster" ? "" : `/namespaces/${namespace}`;
  return `${root}/${apiVersionOf(kind)}${scope}/${kind.plural}`;
}

export const mergePatch: Readonly<Record<string, string>> = {
  "content-type": "application/merge-patch+json",
};
export const jsonPatch: Readonly<Record<string, string>> = { "content-type": "application/json-patch+json" };

/** Create an object by a raw request; throws unless it is there now. */
export async function create(server: ServerUnderTest, path: string, body: object): Promise<Json> {
  const { status, text, json } = await request(server, "POST", path, { body });
  if (status !== 201) throw new Error(`POST ${path}: ${status} ${text}`);
  return json;
}

/** Change an object by a merge patch; throws unless it was changed. */
export async function merge(server: ServerUnderTest, path: string, body: object): Promise<Json> {
  const { status, text, json } = await request(server, "PATCH", path, { body, headers: mergePatch });
  if (status !== 200) throw new Error(`PATCH ${path}: ${status} ${text}`);
  return json;
}

/** Calls bound to one server, for tests that make many. */
export function caller(
  server: () => ServerUnderTest,
): (method: Parameters<typeof request>[1], path: string, sent?: Sent) => Promise<Answer> {
  return (method, path, sent) => request(server(), method, path, sent);
}

export function named(name: string, labels?: Readonly<Record<string, string>>): { metadata: object } {
  return { metadata: { name, ...(labels === undefined ? {} : { labels }) } };
}
