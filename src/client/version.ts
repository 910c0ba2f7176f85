import { expectOptions } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { CallOptions, Client } from "./client.ts";

/** What a server says of itself at `/version`; newer servers say more. */
export interface ServerVersion {
  readonly major: string;
  readonly minor: string;
  /** Such as `v1.36.3`. */
  readonly gitVersion: string;
  readonly gitCommit?: string;
  readonly buildDate?: string;
  readonly goVersion?: string;
  readonly platform?: string;
}

function isVersion(value: unknown): value is ServerVersion {
  if (!isJsonObject(value)) return false;
  const { major, minor, gitVersion } = value;
  return [major, minor, gitVersion].every((one) => typeof one === "string");
}

/** Ask the server which version it is; rejects with `BAD_RESPONSE` for an answer that is none. */
export async function version(client: Client, options: CallOptions = {}): Promise<ServerVersion> {
  expectOptions("options", options);
  const step = "read the server's version";
  const answer = await client.read("/version", step, options);
  if (isVersion(answer)) return answer;
  throw new KubeError("BAD_RESPONSE", `${step}: the answer has no major, minor and gitVersion`);
}
