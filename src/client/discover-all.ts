import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { apiVersionOf, type Kind } from "../resource/kind.ts";
import type { DynamicObject } from "../resource/object.ts";
import type { CallOptions, Client } from "./client.ts";
import { discoverKinds } from "./discover-kinds.ts";
import { aggregatedVersions, type GroupVersion, versionsOfGroupList } from "./discovered-kinds.ts";

/** A group's version that could not be read, such as that of an aggregated API whose server is down. */
export interface DiscoveryFailure {
  readonly apiVersion: string;
  readonly error: KubeError;
}

/** What a server has, as far as it could be read. */
export interface DiscoveredVersions {
  /** By `apiVersion`; the core group first, each group's preferred version before its others. */
  readonly versions: ReadonlyMap<string, readonly Kind<DynamicObject>[]>;
  readonly failures: readonly DiscoveryFailure[];
}

const json = "application/json";
const as = "as=APIGroupDiscoveryList";
const accept = `${json};g=apidiscovery.k8s.io;v=v2;${as},${json};g=apidiscovery.k8s.io;v=v2beta1;${as},${json}`;

/** How many versions are asked for at once where the server answers for each by itself. */
const maxAtOnce = 8;

interface Found {
  readonly apiVersion: string;
  readonly kinds: readonly Kind<DynamicObject>[];
  readonly error?: KubeError | undefined;
}

/** Each version by itself, in order; one that fails hides no other. */
async function walk(
  client: Client,
  groupVersions: readonly GroupVersion[],
  options: CallOptions,
): Promise<Found[]> {
  const found: Found[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < groupVersions.length; index = next++) {
      const groupVersion = groupVersions[index];
      if (groupVersion === undefined) return;
      const apiVersion = apiVersionOf(groupVersion);
      try {
        found[index] = { apiVersion, kinds: await discoverKinds(client, apiVersion, options) };
      } catch (cause) {
        const error = KubeError.from(cause, "CONNECTION_FAILED", `discover ${apiVersion}`);
        if (error.code === "ABORTED" || error.code === "TIMEOUT") throw error;
        found[index] = { apiVersion, kinds: [], error };
      }
    }
  };
  await Promise.all(Array.from({ length: maxAtOnce }, work));
  return found;
}

async function discoverRoot(client: Client, root: "/api" | "/apis", options: CallOptions): Promise<Found[]> {
  const step = `discover ${root}`;
  const answer = await client.read(root, step, { ...options, accept });
  const aggregated = aggregatedVersions(answer);
  if (aggregated !== undefined) {
    return aggregated.map(({ group, version, kinds, isStale }) => {
      const apiVersion = apiVersionOf({ group, version });
      const why = `discover ${apiVersion}: the API server cannot reach who serves it; what is known may be out of date`;
      return { apiVersion, kinds, error: isStale ? new KubeError("CONNECTION_FAILED", why) : undefined };
    });
  }
  const versions = isJsonObject(answer) && Array.isArray(answer.versions) ? answer.versions : [];
  const groupVersions =
    root === "/api"
      ? versions.filter((one) => typeof one === "string").map((version) => ({ group: "", version }))
      : versionsOfGroupList(answer);
  if (groupVersions.length === 0 && !isGroupList(answer)) {
    throw new KubeError("BAD_RESPONSE", `${step}: expected a list of API groups`);
  }
  return walk(client, groupVersions, options);
}

function isGroupList(answer: unknown): boolean {
  return isJsonObject(answer) && (Array.isArray(answer.groups) || answer.groups === null);
}

/**
 * Ask the server for everything it has: two requests, or one per group's version where it cannot answer at once.
 *
 * Groups that fail are reported and hide no others; rejects where not even
 * their list can be read.
 */
export async function discoverAll(client: Client, options: CallOptions = {}): Promise<DiscoveredVersions> {
  const found = (
    await Promise.all([discoverRoot(client, "/api", options), discoverRoot(client, "/apis", options)])
  ).flat();
  return {
    versions: new Map(found.map(({ apiVersion, kinds }) => [apiVersion, kinds])),
    failures: found.flatMap(({ apiVersion, error }) => (error === undefined ? [] : [{ apiVersion, error }])),
  };
}
