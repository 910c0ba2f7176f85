import type { Identity, User } from "./authentication.ts";
import type { RequestInfo } from "./request-info.ts";
import { matchesRequest, type RequestFilter } from "./request-log.ts";
import { forbidden, type StatusError } from "./status-error.ts";

/** Requests that are forbidden: all given members must be true of one. */
export interface ForbidRule extends RequestFilter {
  /** Of the user of this name; absent: everybody's. */
  readonly user?: string;
  /** Of the members of this group. */
  readonly group?: string;
}

/** The denial of kube-apiserver's RBAC authorizer. */
function denied(user: User, verb: string, info: RequestInfo): StatusError {
  const { group, resource, subresource, name = "" } = info;
  // To the authorizer a namespace is in itself.
  const own = resource === "namespaces" ? info.name : undefined;
  const namespace = info.namespace ?? own;
  const what = subresource === "" ? resource : `${resource}/${subresource.split("/", 1)[0]}`;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const why = `User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return forbidden({ group, plural: resource }, name, why);
}

/** What somebody does who sends a request as somebody else. */
function impersonation({ name }: User, { verb }: RequestInfo): string {
  const [, , serviceAccount] = /^(system:serviceaccount:)([^:]+:[^:]+)$/.exec(name) ?? [];
  return `impersonate-on:${serviceAccount === undefined ? "user-info" : "serviceaccount"}:${verb}`;
}

function concerns({ user, group }: ForbidRule, { name, groups }: User): boolean {
  return (user === undefined || user === name) && (group === undefined || groups.includes(group));
}

/** Who may not do what, as a test says: everything else is allowed. */
export class Authorizer {
  readonly #rules = new Set<ForbidRule>();

  /** Forbid what a rule describes; returns how to allow it again. */
  forbid(rule: ForbidRule): () => void {
    const own = { ...rule };
    this.#rules.add(own);
    return () => {
      this.#rules.delete(own);
    };
  }

  /** Throw 403, in the words of RBAC, for what is forbidden; the verb `impersonate` is for that itself. */
  check({ user, impersonatedBy }: Identity, info: RequestInfo): void {
    for (const rule of this.#rules) {
      if (rule.verb === "impersonate") {
        if (impersonatedBy === undefined || !concerns(rule, impersonatedBy)) continue;
        throw denied(impersonatedBy, impersonation(user, info), info);
      }
      if (concerns(rule, user) && matchesRequest(rule, info)) throw denied(user, info.verb, info);
    }
  }
}
