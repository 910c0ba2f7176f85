import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { ApiCall, Verb } from "../client/api-call.ts";
import { formatFieldRequirement, parseFieldSelector } from "../resource/field-selector.ts";
import { type Kind, resourceName } from "../resource/kind.ts";
import {
  formatLabelRequirement,
  type LabelCondition,
  parseLabelSelector,
} from "../resource/label-selector.ts";
import type { KubeObject, PartialObjectMetadata } from "../resource/object.ts";
import { pathSegment } from "../resource/path.ts";

/**
 * Which objects are meant: a kind, namespaces, a name, selectors.
 *
 * An immutable value: every method returns a new one (P34). Whatever would
 * reach another address is refused here, before any request (P30).
 */
export class Selection<T extends KubeObject> {
  readonly kind: Kind<T>;
  /** Empty: every namespace. */
  readonly namespaces: readonly string[];
  readonly name: string | undefined;
  readonly labelRequirements: readonly string[];
  readonly fieldRequirements: readonly string[];
  /** What the server sends of each object. */
  readonly representation: "object" | "metadata";

  constructor(
    kind: Kind<T>,
    namespaces: readonly string[] = [],
    name?: string,
    labelRequirements: readonly string[] = [],
    fieldRequirements: readonly string[] = [],
    representation: "object" | "metadata" = "object",
  ) {
    this.kind = kind;
    this.namespaces = namespaces;
    this.name = name;
    this.labelRequirements = labelRequirements;
    this.fieldRequirements = fieldRequirements;
    this.representation = representation;
    for (const part of [namespaces, labelRequirements, fieldRequirements]) Object.freeze(part);
    Object.freeze(this);
  }

  /** The label selector as the query parameter has it. */
  get labelSelector(): string {
    return this.labelRequirements.join(",");
  }

  /** The field selector as the query parameter has it. */
  get fieldSelector(): string {
    return this.fieldRequirements.join(",");
  }

  inNamespaces(namespaces: readonly string[]): Selection<T> {
    if (this.kind.scope === "Cluster") {
      throw new KubeError(
        "INVALID_ARGUMENT",
        `Select ${resourceName(this.kind)} in a namespace: they are cluster-scoped`,
      );
    }
    if (namespaces.length === 0) throw invalidArgument("namespaces", "at least one namespace", "none");
    for (const namespace of namespaces) pathSegment("namespace", namespace);
    return this.#with({ namespaces: [...new Set(namespaces)] });
  }

  withName(name: string): Selection<T> {
    pathSegment("name", name);
    return this.#with({ name });
  }

  withLabels(selector: string): Selection<T> {
    if (parseLabelSelector(selector).length === 0) return this;
    return this.#with({ labelRequirements: [...this.labelRequirements, selector.trim()] });
  }

  withLabel(key: string, condition: LabelCondition): Selection<T> {
    const requirement = formatLabelRequirement(key, condition);
    return this.#with({ labelRequirements: [...this.labelRequirements, requirement] });
  }

  withFields(selector: string): Selection<T> {
    if (parseFieldSelector(selector).length === 0) return this;
    return this.#with({ fieldRequirements: [...this.fieldRequirements, selector.trim()] });
  }

  withField(path: string, value: string): Selection<T> {
    const requirement = formatFieldRequirement(path, value);
    return this.#with({ fieldRequirements: [...this.fieldRequirements, requirement] });
  }

  /** The same objects, of which only the metadata is sent. */
  onlyMetadata(): Selection<PartialObjectMetadata> {
    const { group, version, kind, plural, scope, subresources, singular, shortNames, categories, verbs } =
      this.kind;
    // The same kind, but for its object type.
    const ofMetadata = Object.freeze<Kind<PartialObjectMetadata>>({
      ...{ group, version, kind, plural, scope, subresources, singular, shortNames, categories, verbs },
    });
    return new Selection(
      ofMetadata,
      this.namespaces,
      this.name,
      this.labelRequirements,
      this.fieldRequirements,
      "metadata",
    );
  }

  /** Throw unless the kind offers a verb, in the words of discovery. */
  expectVerb(verb: Verb): void {
    const { kind } = this;
    const offered = verb === "replace" ? "update" : verb;
    if (kind.verbs.includes(offered)) return;
    const list = kind.verbs.length === 0 ? "nothing" : kind.verbs.join(", ");
    throw new KubeError("INVALID_ARGUMENT", `${verb} ${resourceName(kind)}: the server offers only ${list}`);
  }

  /** The call of a verb on this selection, to be completed with a query or a body. */
  call(verb: Verb): ApiCall {
    if (this.namespaces.length > 1) {
      throw new KubeError(
        "INVALID_ARGUMENT",
        `${verb} ${resourceName(this.kind)}: a request reaches one namespace or all; only informer() joins several`,
      );
    }
    const isCollection = verb === "list" || verb === "watch" || verb === "deletecollection";
    if (!isCollection) {
      if (this.labelRequirements.length > 0 || this.fieldRequirements.length > 0) {
        throw new KubeError(
          "INVALID_ARGUMENT",
          `${verb} ${resourceName(this.kind)}: selectors choose from a collection, ${verb} takes a name`,
        );
      }
      return { ...this.#base(verb), name: this.name };
    }
    // One object of a collection: the server takes it as a field selector, for all three verbs.
    const named = this.name === undefined ? this : this.withField("metadata.name", this.name);
    return {
      ...this.#base(verb),
      query: { labelSelector: named.labelSelector, fieldSelector: named.fieldSelector },
    };
  }

  /** The selection of one of its namespaces. */
  onlyNamespace(namespace: string): Selection<T> {
    return this.#with({ namespaces: [namespace] });
  }

  /** The same text for the same objects: what informers are shared by. */
  get identity(): string {
    const { kind } = this;
    return JSON.stringify([
      kind.group,
      kind.version,
      kind.plural,
      [...this.namespaces].sort(),
      this.name ?? "",
      this.labelSelector,
      this.fieldSelector,
      this.representation,
    ]);
  }

  #base(verb: Verb): ApiCall {
    const { kind, namespaces, representation } = this;
    return { verb, kind, namespace: namespaces[0], representation };
  }

  #with(change: {
    namespaces?: readonly string[];
    name?: string;
    labelRequirements?: readonly string[];
    fieldRequirements?: readonly string[];
  }): Selection<T> {
    return new Selection(
      this.kind,
      change.namespaces ?? this.namespaces,
      change.name ?? this.name,
      change.labelRequirements ?? this.labelRequirements,
      change.fieldRequirements ?? this.fieldRequirements,
      this.representation,
    );
  }
}
