import { delay } from "../base/abort.ts";
import { ApiError } from "../base/api-error.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { Scope } from "../resource/kind.ts";
import { groupOf, type Manifest } from "./manifest.ts";

/** Whether an object defines a kind: a CustomResourceDefinition. */
export function isDefinition({ object }: Manifest): boolean {
  return object.kind === "CustomResourceDefinition" && groupOf(object.apiVersion) === "apiextensions.k8s.io";
}

/** A kind as a definition in a manifest describes it. */
export interface DefinedType {
  readonly scope: Scope;
  readonly definition: Manifest;
}

const objectIn = (value: unknown): Record<string, unknown> => (isJsonObject(value) ? value : {});
const listIn = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const specOf = (object: object): Record<string, unknown> =>
  objectIn("spec" in object ? object.spec : undefined);

/** The kinds that definitions among the manifests serve, by `apiVersion kind`. */
export function definedTypes(manifests: readonly Manifest[]): Map<string, DefinedType> {
  const types = new Map<string, DefinedType>();
  for (const definition of manifests.filter(isDefinition)) {
    const { group, names, scope, versions } = specOf(definition.object);
    for (const version of listIn(versions).map(objectIn)) {
      if (version.served === false) continue;
      const key = `${String(group)}/${String(version.name)} ${String(objectIn(names).kind)}`;
      types.set(key, { scope: scope === "Cluster" ? "Cluster" : "Namespaced", definition });
    }
  }
  return types;
}

const conditionsOf = (object: object): Record<string, unknown>[] =>
  listIn(objectIn("status" in object ? object.status : undefined).conditions).map(objectIn);

/** Whether a definition, as the server has it, is established: its kind is about to be served. */
export function isEstablished(object: object): boolean {
  return conditionsOf(object).some(({ type, status }) => type === "Established" && status === "True");
}

/** Why the server will never serve a definition as it is; undefined while it may. */
export function refusalOf(object: object): string | undefined {
  const refused = conditionsOf(object).find(
    ({ type, status }) => (type === "NamesAccepted" && status === "False") || type === "Terminating",
  );
  if (refused === undefined || (refused.type === "Terminating" && refused.status !== "True"))
    return undefined;
  return `${String(refused.reason ?? refused.type)}: ${String(refused.message ?? "")}`;
}

/** Whether an error says that a path is not served, rather than that an object or its namespace is missing. */
export function isNotServed(error: unknown): boolean {
  return ApiError.is(error) && error.status === 404 && error.details?.kind !== "namespaces";
}

const firstPauseMs = 50;
const longestPauseMs = 1_000;

/**
 * Repeat until `attempt` has an answer, with growing pauses; rejects with `TIMEOUT` after `limitMs`.
 *
 * `attempt` gives undefined for not yet, and throws for never.
 */
export async function untilThere<T>(
  step: string,
  limitMs: number,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) throw new KubeError("TIMEOUT", `${step}: not within ${limitMs} ms`);
    await delay(Math.min(pauseMs, leftMs), signal);
    signal?.throwIfAborted();
  }
}
