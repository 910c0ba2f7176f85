import { abortError } from "../base/abort.ts";
import { KubeError } from "../base/errors.ts";
import type { Kind, Scope } from "../resource/kind.ts";
import type { ApplyManifestsOptions } from "./apply-manifests.ts";
import type { Applied, ApplyPort } from "./apply-port.ts";
import type { ApplyOutcome, ApplyReport } from "./apply-report.ts";
import {
  type DefinedType,
  definedTypes,
  isDefinition,
  isEstablished,
  isNotServed,
  refusalOf,
  untilThere,
} from "./custom-definition.ts";
import {
  expectNoDuplicates,
  groupOf,
  invalidManifest,
  type Manifest,
  type ManifestObject,
  nameManifest,
} from "./manifest.ts";
import { inInstallOrder } from "./order-manifests.ts";
import { withoutSecrets } from "./secret-values.ts";

const defaultDefinitionTimeoutMs = 30_000;

/** One object on its way. */
interface Item {
  readonly manifest: Manifest;
  readonly type: string;
  /** Known once it is located; undefined for a kind that is not known. */
  namespace: string | undefined;
  outcome: ApplyOutcome;
  answer: Applied | undefined;
  error: KubeError | undefined;
  reason: string | undefined;
}

/** What is known of one type: the kind, or why there is none. */
type Resolved = { readonly kind: Kind } | { readonly error: KubeError };

const typeOf = ({ apiVersion, kind }: ManifestObject): string => `${apiVersion} ${kind}`;
const isNamespace = ({ object }: Manifest): boolean =>
  object.kind === "Namespace" && groupOf(object.apiVersion) === "" && object.apiVersion === "v1";
const isIn = (outcome: ApplyOutcome): boolean => outcome === "created" || outcome === "applied";

/** One call of `applyManifests`: finds where each object goes, applies them in order, remembers what became of each. */
export class ApplyRun {
  readonly #port: ApplyPort;
  readonly #options: ApplyManifestsOptions & { readonly step: string };
  readonly #items: readonly Item[];
  readonly #defined: ReadonlyMap<string, DefinedType>;
  readonly #resolved = new Map<string, Resolved>();

  constructor(
    port: ApplyPort,
    manifests: readonly Manifest[],
    options: ApplyManifestsOptions & { readonly step: string },
  ) {
    this.#port = port;
    this.#options = options;
    this.#defined = definedTypes(manifests);
    this.#items = manifests.map((manifest) => ({
      manifest,
      type: typeOf(manifest.object),
      namespace: undefined,
      outcome: "skipped",
      answer: undefined,
      error: undefined,
      reason: "it was not its turn yet",
    }));
  }

  /**
   * Find the kind of everything, and the namespace it goes to; changes nothing.
   *
   * Throws `INVALID_ARGUMENT` for an object without a namespace that needs
   * one, and for two that turn out to be the same.
   */
  async locate(): Promise<void> {
    for (const item of this.#items) {
      const scope = this.#defined.get(item.type)?.scope ?? (await this.#scopeOf(item));
      item.namespace = scope === "Namespaced" ? this.#namespaceOf(item) : undefined;
    }
    const byManifest = new Map(this.#items.map((item) => [item.manifest, item]));
    expectNoDuplicates(
      this.#items.map(({ manifest }) => manifest),
      (manifest) => byManifest.get(manifest)?.namespace,
    );
  }

  /** Apply everything; rejects only when the signal ends it. */
  async applyAll(): Promise<void> {
    for (const item of inInstallOrder(this.#items, ({ manifest }) => manifest.object)) {
      this.#expectTime();
      const obstacle = this.#obstacleOf(item);
      if (obstacle !== undefined) {
        item.reason = obstacle;
        continue;
      }
      let isSent = false;
      try {
        const kind = await this.#kindOf(item);
        isSent = true;
        item.answer = await this.#applied(item, kind);
        item.outcome = item.answer.isCreated ? "created" : "applied";
      } catch (error) {
        // Ended while it waited for its kind, it is as untouched as what comes after it.
        if (!isSent) this.#expectTime();
        const step = `apply ${nameManifest(item.manifest, item.namespace)}`;
        item.outcome = "failed";
        item.error = withoutSecrets(KubeError.from(error, "APPLY_FAILED", step), item.manifest.object);
      }
    }
  }

  /** What became of everything until now. */
  report(): ApplyReport {
    return this.#items.map(({ manifest, namespace, outcome, answer, error, reason }) => ({
      apiVersion: manifest.object.apiVersion,
      kind: manifest.object.kind,
      namespace,
      name: manifest.object.metadata.name,
      document: manifest.document,
      line: manifest.line,
      outcome,
      uid: answer?.object.metadata?.uid,
      resourceVersion: answer?.object.metadata?.resourceVersion,
      error,
      reason: outcome === "skipped" ? reason : undefined,
    }));
  }

  #expectTime(): void {
    const { signal, step } = this.#options;
    if (signal?.aborted) throw abortError(signal, step);
  }

  /** The scope of what the server knows already; undefined where it has no such kind. */
  async #scopeOf(item: Item): Promise<Scope | undefined> {
    const found = this.#resolved.get(item.type) ?? (await this.#resolve(item, false));
    this.#expectTime();
    this.#resolved.set(item.type, found);
    return "kind" in found ? found.kind.scope : undefined;
  }

  async #resolve({ manifest }: Item, isFresh: boolean): Promise<Resolved> {
    const { apiVersion, kind } = manifest.object;
    try {
      return {
        kind: await this.#port.kindOf({ apiVersion, kind }, { signal: this.#options.signal, isFresh }),
      };
    } catch (error) {
      return { error: KubeError.from(error, "APPLY_FAILED", `find the kind ${kind} of ${apiVersion}`) };
    }
  }

  #namespaceOf({ manifest }: Item): string {
    const namespace = manifest.object.metadata.namespace ?? this.#options.namespace;
    if (namespace !== undefined) return namespace;
    throw invalidManifest(
      manifest.where,
      `${nameManifest(manifest)} names no namespace. Name one there, or give the option \`namespace\``,
    );
  }

  /** Why an object need not be tried: what it needs is not there. */
  #obstacleOf({ type, namespace }: Item): string | undefined {
    const { dryRun } = this.#options;
    const home = this.#items.find(
      ({ manifest }) => isNamespace(manifest) && manifest.object.metadata.name === namespace,
    );
    if (home !== undefined && !isIn(home.outcome))
      return `its namespace ${JSON.stringify(namespace)} was not applied`;
    if (dryRun === true && home?.outcome === "created") {
      return `its namespace ${JSON.stringify(namespace)} is not there, and a dry run does not create it`;
    }
    const definition = this.#defined.get(type)?.definition;
    const defining = this.#items.find(({ manifest }) => manifest === definition);
    if (defining === undefined) return undefined;
    const name = JSON.stringify(defining.manifest.object.metadata.name);
    if (!isIn(defining.outcome)) return `its definition ${name} was not applied`;
    if (dryRun === true && defining.outcome === "created") {
      return `its definition ${name} is not there, and a dry run does not create it`;
    }
    return undefined;
  }

  async #kindOf(item: Item): Promise<Kind> {
    const found = this.#resolved.get(item.type) ?? (await this.#definedKind(item));
    this.#resolved.set(item.type, found);
    if ("error" in found) throw found.error;
    return found.kind;
  }

  /** Wait until a kind that was defined just now is served; a failure counts for all of its objects. */
  async #definedKind(item: Item): Promise<Resolved> {
    const definition = this.#defined.get(item.type)?.definition;
    if (definition === undefined) return this.#resolve(item, false);
    const { name } = definition.object.metadata;
    const step = `wait until ${JSON.stringify(name)} is served`;
    const limitMs = this.#options.definitionTimeoutMs ?? defaultDefinitionTimeoutMs;
    try {
      const definitions = await this.#kindOf(this.#itemOf(definition));
      const kind = await untilThere(step, limitMs, this.#options.signal, async () => {
        const there = await this.#port.get(definitions, name, { signal: this.#options.signal });
        const refusal = refusalOf(there);
        if (refusal !== undefined) throw new KubeError("APPLY_FAILED", `${step}: ${refusal}`);
        if (!isEstablished(there)) return undefined;
        const found = await this.#resolve(item, true);
        this.#expectTime();
        return "kind" in found ? found.kind : undefined;
      });
      return { kind };
    } catch (error) {
      this.#expectTime();
      return { error: KubeError.from(error, "APPLY_FAILED", step) };
    }
  }

  #itemOf(manifest: Manifest): Item {
    const found = this.#items.find((item) => item.manifest === manifest);
    if (found === undefined)
      throw new KubeError("INVALID_ARGUMENT", `${manifest.where} is not one of those applied`);
    return found;
  }

  async #applied(item: Item, kind: Kind): Promise<Applied> {
    const { fieldManager, force, dryRun, signal, step } = this.#options;
    const { namespace } = item;
    const object = objectToSend(item.manifest.object, namespace);
    const apply = (): Promise<Applied> =>
      this.#port.apply(kind, object, { namespace, fieldManager, force, dryRun, signal });
    if (!this.#defined.has(item.type) || isDefinition(item.manifest)) return apply();
    // Discovery may know a new kind a moment before its handler does, and one server before another.
    let last: unknown;
    const limitMs = this.#options.definitionTimeoutMs ?? defaultDefinitionTimeoutMs;
    return untilThere(step, limitMs, signal, async () => {
      try {
        return await apply();
      } catch (error) {
        last = error;
        if (!isNotServed(error)) throw error;
        return undefined;
      }
    }).catch((error: unknown) => {
      throw KubeError.is(error) && error.code === "TIMEOUT" && last !== undefined ? last : error;
    });
  }
}

/** What is sent: with the namespace it goes to, and without what a server refuses in an apply. */
function objectToSend(object: ManifestObject, namespace: string | undefined): ManifestObject {
  const { namespace: _, managedFields: __, ...metadata } = object.metadata;
  return { ...object, metadata: namespace === undefined ? metadata : { ...metadata, namespace } };
}
