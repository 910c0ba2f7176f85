import { ApiError } from "../base/api-error.ts";
import { expectDuration, expectOptions, expectText, invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { apiVersionOf, type Kind } from "../resource/kind.ts";
import type { DynamicObject } from "../resource/object.ts";
import type { CallOptions, Client } from "./client.ts";
import { closestKinds } from "./closest-kinds.ts";
import { type DiscoveredVersions, type DiscoveryFailure, discoverAll } from "./discover-all.ts";
import { discoverKinds } from "./discover-kinds.ts";
import { SharedRequests } from "./shared-requests.ts";

export type { DiscoveryFailure } from "./discover-all.ts";
export { discoverKinds } from "./discover-kinds.ts";

/** A kind by the names that objects carry. */
export interface KindName {
  readonly apiVersion: string;
  readonly kind: string;
}

/** How a {@link Discovery} keeps what it was told. */
export interface DiscoveryOptions {
  /** How soon the server is asked again for what it did not have; a CustomResourceDefinition may be new. @default 3000 */
  readonly minRefreshMs?: number | undefined;
}

interface Cached<T> {
  readonly value: T;
  readonly at: number;
}

/**
 * The kinds that a server has, asked for once and remembered: one per cluster.
 *
 * What was found stays found; what was not is asked for again, at most every
 * few seconds. Many callers at once share one request, each under a signal and
 * a time limit of its own.
 */
export class Discovery {
  readonly #client: Client;
  readonly #minRefreshMs: number;
  readonly #versions = new Map<string, Cached<readonly Kind<DynamicObject>[]>>();
  readonly #ofVersion = new SharedRequests<readonly Kind<DynamicObject>[]>();
  readonly #ofAll = new SharedRequests<DiscoveredVersions>();
  #all: Cached<DiscoveredVersions> | undefined;

  constructor(client: Client, options: DiscoveryOptions = {}) {
    const { minRefreshMs } = options;
    expectDuration("minRefreshMs", minRefreshMs);
    this.#client = client;
    this.#minRefreshMs = minRefreshMs ?? 3000;
  }

  /** The group versions that could not be read when everything was asked for last, such as a metrics server that is down. */
  get failures(): readonly DiscoveryFailure[] {
    return this.#all?.value.failures ?? [];
  }

  /**
   * Every kind, or those of one `apiVersion`; each group's preferred version comes before its others.
   *
   * Rejects with `ApiError` 404 for an `apiVersion` that is not served. Groups
   * that cannot be read are missing from every kind, see {@link Discovery.failures}.
   */
  async kinds(apiVersion?: string, options: CallOptions = {}): Promise<readonly Kind<DynamicObject>[]> {
    expectText("apiVersion", apiVersion);
    expectOptions("options", options);
    if (apiVersion !== undefined) {
      const cached = this.#versions.get(apiVersion)?.value ?? [];
      return cached.length > 0 ? cached : this.#ask(apiVersion, options);
    }
    const { versions } = this.#all?.value ?? (await this.#askAll(options));
    return [...versions.values()].flat();
  }

  /**
   * The kind that objects name by `apiVersion` and `kind`, with plural, scope, subresources and verbs from the server.
   *
   * Rejects with `UNKNOWN_KIND`, naming the closest ones, where there is none.
   */
  async find(name: KindName, options: CallOptions = {}): Promise<Kind<DynamicObject>> {
    const { apiVersion, kind } = name ?? {};
    if (typeof apiVersion !== "string" || apiVersion === "") {
      throw invalidArgument("apiVersion", "v1 or group/version", apiVersion);
    }
    if (typeof kind !== "string" || kind === "") throw invalidArgument("kind", "a kind such as Widget", kind);
    const cached = this.#versions.get(apiVersion);
    const known = cached?.value.find((one) => one.kind === kind);
    if (known !== undefined) return known;
    if (cached === undefined || this.#isOld(cached)) {
      const found = (await this.#askKnown(apiVersion, options)).find((one) => one.kind === kind);
      if (found !== undefined) return found;
    }
    throw await this.#unknown({ apiVersion, kind }, options);
  }

  /** Forget everything: the next call asks anew. */
  forget(): void {
    this.#versions.clear();
    this.#all = undefined;
  }

  #isOld({ at }: Cached<unknown>): boolean {
    return Date.now() - at >= this.#minRefreshMs;
  }

  async #ask(apiVersion: string, options: CallOptions): Promise<readonly Kind<DynamicObject>[]> {
    const step = `discover ${apiVersion}`;
    const start = (signal: AbortSignal): Promise<readonly Kind<DynamicObject>[]> =>
      discoverKinds(this.#client, apiVersion, { signal });
    const value = await this.#ofVersion.join(apiVersion, start, step, options);
    this.#versions.set(apiVersion, { value, at: Date.now() });
    return value;
  }

  /** The same, with nothing for a version that is not served: that is remembered, too. */
  async #askKnown(apiVersion: string, options: CallOptions): Promise<readonly Kind<DynamicObject>[]> {
    try {
      return await this.#ask(apiVersion, options);
    } catch (error) {
      if (!ApiError.is(error) || error.status !== 404) throw error;
      this.#versions.set(apiVersion, { value: [], at: Date.now() });
      return [];
    }
  }

  async #askAll(options: CallOptions): Promise<DiscoveredVersions> {
    const start = (signal: AbortSignal): Promise<DiscoveredVersions> => discoverAll(this.#client, { signal });
    const value = await this.#ofAll.join("", start, "discover every kind", options);
    const at = Date.now();
    this.#all = { value, at };
    const failed = new Set(value.failures.map(({ apiVersion }) => apiVersion));
    for (const [apiVersion, kinds] of value.versions) {
      if (!failed.has(apiVersion)) this.#versions.set(apiVersion, { value: kinds, at });
    }
    return value;
  }

  async #unknown(name: KindName, options: CallOptions): Promise<KubeError> {
    const step = `find ${name.kind} of ${name.apiVersion}`;
    let known: readonly Kind<DynamicObject>[] = [];
    try {
      const all = this.#all;
      const { versions } = all === undefined || this.#isOld(all) ? await this.#askAll(options) : all.value;
      known = [...versions.values()].flat();
    } catch (error) {
      if (KubeError.is(error) && (error.code === "ABORTED" || error.code === "TIMEOUT")) throw error;
      // The kind is unknown, whatever keeps the server from naming those it has.
      known = [...this.#versions.values()].flatMap(({ value }) => value);
    }
    const closest = closestKinds(known, name).map((kind) => `${kind.kind} of ${apiVersionOf(kind)}`);
    const hint = closest.length === 0 ? "none has a similar name" : `the closest: ${closest.join(", ")}`;
    return new KubeError("UNKNOWN_KIND", `${step}: the server has no such kind; ${hint}`);
  }
}
