import { ApiError } from "../base/api-error.ts";
import type { KubeError } from "../base/errors.ts";
import type { HealthState } from "../informer/health.ts";

const refusals: Readonly<Record<number, string>> = {
  401: "the server does not know who we are (401); check the token or certificate",
  403: "listing or watching it is forbidden (403); allow it by RBAC",
  404: "the server does not serve it (404); is its CRD installed?",
};

/** What is wrong with a source that is watched, in one line, or nothing. */
export function sourceProblem(
  name: string,
  state: HealthState,
  hasSynced: boolean,
  lastError: KubeError | undefined,
): string | undefined {
  if (state === "live" && hasSynced) return undefined;
  const refusal = ApiError.is(lastError) ? refusals[lastError.status] : undefined;
  if (state === "failed" && refusal !== undefined) return `waiting for ${name}: ${refusal}`;
  if (state === "stale") return `${name} is stale: the server has not been heard for too long`;
  if (state === "stopped") return `${name} was stopped`;
  const error = lastError === undefined ? "" : `, last error ${lastError.code}`;
  return `${name} has not synced yet${error}`;
}
