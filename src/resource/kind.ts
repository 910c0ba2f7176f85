import { expectOptions, expectText, invalidArgument } from "../base/arguments.ts";
import { isJsonObject } from "../base/json-object.ts";
import { isDnsLabel, isDnsSubdomain } from "./dns-name.ts";
import type { KubeObject } from "./object.ts";

/** Whether a kind's objects live in namespaces. */
export type Scope = "Namespaced" | "Cluster";

function expectTexts(name: string, value: unknown): void {
  if (value === undefined || (Array.isArray(value) && value.every((one) => typeof one === "string"))) return;
  throw invalidArgument(name, "an array of strings", value);
}

/** What {@link defineKind} is told of a kind; `S` are the names of its subresources. */
export interface KindDefinition<S extends string = string> {
  /** The API group; `""` is the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The name in URLs, lower case. */
  readonly plural: string;
  readonly scope: Scope;
  /** The subresources it serves, such as `status` and `scale`. @default [] */
  readonly subresources?: readonly S[];
  /** What the server offers for it, in discovery's words: `update` is a replace. @default all eight verbs */
  readonly verbs?: readonly string[];
  /** @default the kind in lower case */
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

declare const objectType: unique symbol;

/**
 * A kind as a value: group, version, plural, scope, the object's type `T`, the names `S` of its subresources.
 *
 * Nothing is looked up by class name, so minifiers are safe and two versions of
 * one kind live side by side (P35).
 */
export interface Kind<T extends KubeObject = KubeObject, S extends string = string> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: Scope;
  readonly subresources: readonly S[];
  readonly verbs: readonly string[];
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Carries the type only; never present at run time. */
  readonly [objectType]?: T;
}

/** The object type of a kind: `ObjectOf<typeof Pod>`. */
export type ObjectOf<K> = K extends Kind<infer T> ? T : never;

/** What a kind offers that does not say otherwise; the words of discovery and of RBAC rules. */
const allVerbs: readonly string[] = Object.freeze([
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
]);

const kindName = /^[A-Za-z][A-Za-z0-9]*$/;

/**
 * Define a kind of objects of type `T`: `defineKind<Widget>()({ group, version, kind, plural, scope })`.
 *
 * Called twice because TypeScript infers all type arguments of a call or none.
 * Throws `INVALID_ARGUMENT` for a group, version, plural or kind that no API server would accept.
 */
export function defineKind<T extends KubeObject>(): <const S extends string = never>(
  definition: KindDefinition<S>,
) => Kind<T, S> {
  return (definition) => {
    expectOptions("definition", definition ?? null);
    const { group, version, kind, plural, scope } = definition;
    for (const [name, value] of Object.entries({ group, version, kind, plural })) {
      if (typeof value !== "string") throw invalidArgument(name, "a string", value);
    }
    if (group !== "" && !isDnsSubdomain(group)) {
      throw invalidArgument("group", 'a DNS subdomain, or "" for the core group', group);
    }
    if (!isDnsLabel(version)) throw invalidArgument("version", "an API version such as v1", version);
    if (!isDnsLabel(plural)) throw invalidArgument("plural", "a lower-case DNS label", plural);
    if (!kindName.test(kind)) throw invalidArgument("kind", "a kind such as Widget", kind);
    if (scope !== "Namespaced" && scope !== "Cluster") {
      throw invalidArgument("scope", '"Namespaced" or "Cluster"', scope);
    }
    const { subresources, verbs, singular, shortNames, categories } = definition;
    for (const [name, value] of Object.entries({ subresources, verbs, shortNames, categories })) {
      expectTexts(name, value);
    }
    expectText("singular", singular);
    return Object.freeze({
      group,
      version,
      kind,
      plural,
      scope,
      subresources: Object.freeze([...(subresources ?? [])]),
      verbs: verbs === undefined ? allVerbs : Object.freeze([...verbs]),
      singular: singular ?? kind.toLowerCase(),
      shortNames: Object.freeze([...(shortNames ?? [])]),
      categories: Object.freeze([...(categories ?? [])]),
    });
  };
}

/** Tell whether a value has what a kind needs; one written by hand may lack its scope, or its verbs. */
export function isKind(value: unknown): value is Kind {
  if (!isJsonObject(value)) return false;
  const { group, version, kind, plural, scope, subresources, verbs } = value;
  return (
    [group, version, kind, plural].every((one) => typeof one === "string") &&
    (scope === "Namespaced" || scope === "Cluster") &&
    [subresources, verbs].every((one) => Array.isArray(one))
  );
}

/** A kind's `apiVersion` as objects carry it: `v1`, `apps/v1`. */
export function apiVersionOf(kind: Pick<Kind, "group" | "version">): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** A kind's name in messages: `pods`, `deployments.apps`. */
export function resourceName(kind: Pick<Kind, "group" | "plural">): string {
  return kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
}
