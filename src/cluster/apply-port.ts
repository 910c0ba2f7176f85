import type { ApiCall } from "../client/api-call.ts";
import type { Client } from "../client/client.ts";
import type { Discovery } from "../client/discovery.ts";
import type { ApplyPort } from "../manifests/apply-port.ts";
import type { KubeObject } from "../resource/object.ts";
import { applyCall } from "./writes.ts";

/** What applying manifests needs, by a cluster's client and what it knows of its kinds. */
export function applyPort(client: Client, discovery: Discovery): ApplyPort {
  return {
    async kindOf(type, { signal, isFresh }) {
      if (isFresh) discovery.forget();
      return discovery.find(type, { signal });
    },

    async apply(kind, object, { namespace, fieldManager, force, dryRun, signal }) {
      const { name } = object.metadata;
      const call: ApiCall = { verb: "patch", kind, namespace, name };
      const applied = applyCall(call, object, { force, dryRun }, fieldManager);
      const { status, object: stored } = await client.jsonAnswer<KubeObject>(applied, { signal });
      return { object: stored, isCreated: status === 201 };
    },

    get(kind, name, { signal }) {
      return client.json<KubeObject>({ verb: "get", kind, name }, { signal });
    },
  };
}
