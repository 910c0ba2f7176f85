import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { Kind } from "../resource/kind.ts";
import type { DynamicObject } from "../resource/object.ts";
import { pathSegment } from "../resource/path.ts";
import type { CallOptions, Client } from "./client.ts";
import { type GroupVersion, kindsOfResourceList } from "./discovered-kinds.ts";

/** The parts of an `apiVersion`: `v1` is the core group's. */
function splitApiVersion(apiVersion: string): GroupVersion {
  const parts = apiVersion.split("/");
  const [first = "", second] = parts;
  if (parts.length > 2) {
    throw new KubeError("INVALID_ARGUMENT", `Discover ${apiVersion}: expected v1 or group/version`);
  }
  return second === undefined ? { group: "", version: first } : { group: first, version: second };
}

/**
 * Ask the server which kinds one `apiVersion` has, such as `v1` or `apps/v1`.
 *
 * Rejects with `ApiError` 404 where the server does not serve it, and with
 * `BAD_RESPONSE` for an answer that is no APIResourceList.
 */
export async function discoverKinds(
  client: Client,
  apiVersion: string,
  options: CallOptions = {},
): Promise<Kind<DynamicObject>[]> {
  const step = `discover ${apiVersion}`;
  const groupVersion = splitApiVersion(apiVersion);
  const { group, version } = groupVersion;
  const root = group === "" ? "/api" : `/apis/${pathSegment("group", group)}`;
  const answer = await client.read(`${root}/${pathSegment("version", version)}`, step, options);
  if (!isJsonObject(answer) || !(Array.isArray(answer.resources) || answer.resources === null)) {
    throw new KubeError("BAD_RESPONSE", `${step}: expected an APIResourceList`);
  }
  return kindsOfResourceList(groupVersion, answer.resources);
}
