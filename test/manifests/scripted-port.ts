import { ApiError } from "../../src/base/api-error.ts";
import type { Applied, ApplyCall, ApplyPort } from "../../src/manifests/apply-port.ts";
import type { ManifestObject } from "../../src/manifests/manifest.ts";
import { defineKind, type Kind } from "../../src/resource/kind.ts";
import type { KubeObject } from "../../src/resource/object.ts";

const served: readonly (readonly [apiVersion: string, kind: string, isNamespaced: boolean])[] = [
  ["v1", "Namespace", false],
  ["v1", "ConfigMap", true],
  ["v1", "Secret", true],
  ["v1", "Service", true],
  ["apps/v1", "Deployment", true],
  ["rbac.authorization.k8s.io/v1", "ClusterRole", false],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition", false],
];

/** A kind as discovery would tell it. */
export function kindOf(apiVersion: string, kind: string, isNamespaced = true): Kind {
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  return defineKind<KubeObject>()({
    ...{ group, version, kind },
    plural: `${kind.toLowerCase()}s`,
    scope: isNamespaced ? "Namespaced" : "Cluster",
  });
}

/** A 404 for a path that is not served. */
export const notServed = (): ApiError =>
  new ApiError("patch widgets.example.com: the server could not find the requested resource (404)", {
    status: 404,
    reason: "NotFound",
  });

/** A cluster that answers as told, and remembers what it was asked. */
export class ScriptedPort implements ApplyPort {
  /** Every request in order: `find v1 Pod`, `apply ConfigMap shop/web`, `get widgets.example.com`. */
  readonly asked: string[] = [];
  readonly calls: { readonly object: ManifestObject; readonly call: ApplyCall }[] = [];
  readonly kinds: Map<string, Kind> = new Map(
    served.map(([apiVersion, kind, isNamespaced]) => [
      `${apiVersion} ${kind}`,
      kindOf(apiVersion, kind, isNamespaced),
    ]),
  );
  /** What is there already: applying it does not create it. */
  readonly there: Set<string> = new Set<string>();
  /** Answers that come before the usual one, by request, one after the other; an error is thrown. */
  readonly script: Map<string, unknown[]> = new Map<string, unknown[]>();

  async kindOf(type: { apiVersion: string; kind: string }, options: { isFresh: boolean }): Promise<Kind> {
    const name = `${type.apiVersion} ${type.kind}`;
    const scripted = this.#next(`find ${name}${options.isFresh ? " anew" : ""}`);
    const kind = this.kinds.get(name);
    if (scripted === undefined && kind !== undefined) return kind;
    throw new ApiError(`find the kind ${name}: not served (404)`, { status: 404, reason: "NotFound" });
  }

  async apply(_kind: Kind, object: ManifestObject, call: ApplyCall): Promise<Applied> {
    const { name, namespace } = object.metadata;
    const request = `${object.kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
    this.calls.push({ object, call });
    this.#next(`apply ${request}`);
    const metadata = { ...object.metadata, uid: `uid of ${request}`, resourceVersion: "7" };
    return { object: { ...object, metadata }, isCreated: !this.there.has(request) };
  }

  async get(_kind: Kind, name: string): Promise<KubeObject> {
    const scripted = this.#next(`get ${name}`);
    if (typeof scripted === "object" && scripted !== null) return scripted;
    return withConditions({ type: "Established", status: "True" });
  }

  #next(request: string): unknown {
    this.asked.push(request);
    const answer = this.script.get(request)?.shift();
    if (answer instanceof Error) throw answer;
    if (typeof answer === "function") answer();
    return answer;
  }

  /** What was changed, in order. */
  get applied(): string[] {
    return this.asked.filter((request) => request.startsWith("apply ")).map((request) => request.slice(6));
  }
}

/** A definition as the server has it. */
export function withConditions(...conditions: Record<string, string>[]): KubeObject {
  const object = { metadata: {}, status: { conditions } };
  return object;
}

/** A manifest in YAML. */
export function yaml(apiVersion: string, kind: string, name: string, namespace?: string, rest = ""): string {
  const place = namespace === undefined ? "" : `, namespace: ${namespace}`;
  return `---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}${place}}\n${rest}`;
}

/** The definition of Widgets, `example.com/v1`. */
export const widgetDefinition: string = yaml(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "widgets.example.com",
  undefined,
  `spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - {name: v1, served: true, storage: true}
    - {name: v0, served: false, storage: false}
`,
);
