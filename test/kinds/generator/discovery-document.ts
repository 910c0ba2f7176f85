import { isJsonObject } from "../../../src/base/json-object.ts";
import { apiVersionOf, defineKind, type Kind } from "../../../src/resource/kind.ts";
import type { KubeObject } from "../../../src/resource/object.ts";
import type { Transport } from "../../../src/transport/port.ts";
import { request } from "../../contracts/server-under-test.ts";

/** The media type under which `/api` and `/apis` answer with everything at once. */
const aggregatedDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** A server's answers of `/api` and `/apis`, in this order: what {@link readDiscovery} reads. */
export async function askDiscovery(transport: Transport): Promise<unknown[]> {
  const documents: unknown[] = [];
  for (const path of ["/api", "/apis"]) {
    const answer = await request({ transport }, "GET", path, { headers: { accept: aggregatedDiscovery } });
    documents.push(JSON.parse(answer.text));
  }
  return documents;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const objects = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter((item) => isJsonObject(item)) : [];
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : []);

function kindOf(group: string, version: string, resource: Record<string, unknown>): Kind {
  const { responseKind, resource: plural, scope, singularResource } = resource;
  return defineKind<KubeObject>()({
    group,
    version,
    kind: text(isJsonObject(responseKind) ? responseKind.kind : undefined),
    plural: text(plural),
    scope: scope === "Namespaced" ? "Namespaced" : "Cluster",
    singular: text(singularResource),
    shortNames: texts(resource.shortNames),
    categories: texts(resource.categories),
    verbs: texts(resource.verbs),
    subresources: objects(resource.subresources).map(({ subresource }) => text(subresource)),
  });
}

/**
 * The kinds in answers of a server's aggregated discovery, the preferred version of a group first.
 *
 * `documents` are the answers of `/api` and `/apis`, in this order.
 */
export function readDiscovery(documents: readonly unknown[]): Kind[] {
  return documents
    .flatMap((document) => objects(isJsonObject(document) ? document.items : undefined))
    .flatMap(({ metadata, versions }) => {
      const group = text(isJsonObject(metadata) ? metadata.name : undefined);
      return objects(versions).flatMap(({ version, resources }) =>
        objects(resources).map((resource) => kindOf(group, text(version), resource)),
      );
    });
}

/** All that discovery says of a kind, as one line to be compared and recorded. */
export function lineOf(kind: Kind): string {
  return [
    apiVersionOf(kind),
    kind.plural,
    kind.kind,
    kind.scope,
    kind.singular,
    ...[kind.shortNames, kind.categories, kind.verbs, kind.subresources].map((names) => names.join(",")),
  ].join(" | ");
}

/** The kind of a recorded line. */
export function kindOfLine(line: string): Kind {
  const [apiVersion = "", plural = "", kind = "", scope, singular = "", ...lists] = line.split(" | ");
  const [shortNames, categories, verbs, subresources] = lists.map((names) =>
    names.split(",").filter((name) => name !== ""),
  );
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  return defineKind<KubeObject>()({
    ...{ group, version, plural, kind, singular },
    scope: scope === "Namespaced" ? "Namespaced" : "Cluster",
    shortNames: shortNames ?? [],
    categories: categories ?? [],
    verbs: verbs ?? [],
    subresources: subresources ?? [],
  });
}
