import { neededAccess } from "./access-review.ts";
import { apiVersionOf, type Kind, resourceName } from "./kind.ts";
import type { Status } from "./status.ts";

/** What a failed call asked for, as far as remedies depend on it. */
export interface FailedCall {
  readonly verb: string;
  readonly kind: Pick<Kind, "group" | "version" | "plural" | "kind">;
  readonly namespace?: string | undefined;
  readonly subresource?: string | undefined;
  readonly patchType?: string | undefined;
}

/** The verbs of RBAC where they differ from a call's. */
const rbacVerbs: Readonly<Record<string, string>> = { replace: "update", apply: "patch" };

/** What to do where the server knows no such kind at all, as opposed to no such object. */
export function unknownKindRemedy(call: FailedCall | undefined): string | undefined {
  if (call === undefined) return "Is the path right, and is what serves it installed?";
  const { kind, subresource } = call;
  const ofSubresource = subresource === undefined ? "" : `, with the subresource ${subresource}`;
  const isBuiltIn = !kind.group.includes(".") || kind.group.endsWith(".k8s.io");
  if (isBuiltIn)
    return `Does this server serve ${resourceName(kind)} in ${apiVersionOf(kind)}${ofSubresource}?`;
  const definition = `the CustomResourceDefinition of ${resourceName(kind)}`;
  return `Is ${definition} installed, and does it serve ${kind.version}${ofSubresource}?`;
}

function waitRemedy(retryAfterMs: number | undefined): string | undefined {
  return retryAfterMs === undefined ? undefined : `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`;
}

/** Whether a 404 means the kind, not one object: only then does it carry no name (facts of 1.36). */
function isUnknownKind({ message, details }: Status): boolean {
  return details?.name === undefined && /could not find the requested resource/.test(String(message));
}

function conflictRemedy(status: Status, call: FailedCall | undefined): string {
  const causes = status.details?.causes ?? [];
  if (causes.some(({ reason }) => reason === "FieldManagerConflict")) {
    return "Leave these fields to their manager, or take them over with { force: true }.";
  }
  if (call?.verb === "delete") return "Read the object again, and decide anew.";
  return "Read the object again and repeat the change, or use edit().";
}

/** What can be done about a failure, as a sentence; `undefined` where nothing is known to help. */
export function statusRemedy(
  status: Status,
  reason: string,
  call: FailedCall | undefined,
  retryAfterMs: number | undefined,
): string | undefined {
  switch (reason) {
    case "Unauthorized":
      return "Check the credentials: they are missing, expired, or of another cluster.";
    case "Forbidden": {
      // With a message it is the message's to say: quotas and policies are not lifted by a role.
      if (call === undefined || status.message) return undefined;
      const { verb, kind, namespace, subresource } = call;
      const resource = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
      return neededAccess(rbacVerbs[verb] ?? verb, kind.group, resource, namespace);
    }
    case "NotFound":
      if (isUnknownKind(status)) return unknownKindRemedy(call);
      if (
        (call?.verb === "create" || call?.patchType === "apply") &&
        status.details?.kind === "namespaces" &&
        call.kind.plural !== "namespaces"
      ) {
        return "Create the namespace first.";
      }
      return undefined;
    case "Conflict":
      return conflictRemedy(status, call);
    case "Expired":
    case "Gone":
      return "List again: the history that this resourceVersion or continue token refers to is gone.";
    case "TooManyRequests":
      return waitRemedy(retryAfterMs) ?? "Try again later.";
    case "UnsupportedMediaType":
      if (call?.patchType !== "strategic") return undefined;
      return "Custom resources take no strategic patches: use a merge or JSON patch, or apply.";
    default:
      return waitRemedy(retryAfterMs);
  }
}
