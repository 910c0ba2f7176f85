import { createHash } from "node:crypto";
import type { Kind } from "../../resource/kind.ts";
import type { TransportResponse } from "../../transport/port.ts";
import { textAnswer } from "./answer.ts";
import { describeKind, groupsOf, names, versionsOf } from "./discovery.ts";
import { strategyOf } from "./strategy.ts";

const contentType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

function resourceOf(kind: Kind): object {
  // kube-apiserver names the group and the version of extension kinds only; clients know those of the others.
  const own = strategyOf(kind).isCustom ? kind : { group: "", version: "" };
  const [itself, ...below] = describeKind(kind).map(({ group, version, kind: responseKind, ...rest }) => ({
    ...rest,
    responseKind: { group: group ?? own.group, version: version ?? own.version, kind: responseKind },
  }));
  return {
    resource: kind.plural,
    responseKind: itself?.responseKind,
    scope: kind.scope,
    singularResource: kind.singular,
    verbs: itself?.verbs,
    ...names(kind),
    ...(below.length === 0 ? {} : { subresources: below }),
  };
}

function groupOf(kinds: readonly Kind[], group: string): object {
  const versions = versionsOf(kinds, group).map((version) => ({
    version,
    resources: kinds
      .filter((kind) => kind.group === group && kind.version === version)
      .toSorted((a, b) => (a.plural < b.plural ? -1 : 1))
      .map(resourceOf),
    freshness: "Current",
  }));
  return { metadata: group === "" ? {} : { name: group }, versions };
}

/** All of discovery at once, as `apidiscovery.k8s.io/v2` has it; 304 for who has this one already. */
export function aggregatedAnswer(
  kinds: readonly Kind[],
  isCore: boolean,
  ifNoneMatch: string | undefined,
): TransportResponse {
  const items = (isCore ? [""] : groupsOf(kinds)).map((group) => groupOf(kinds, group));
  const document = {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items,
  };
  const text = `${JSON.stringify(document)}\n`;
  const etag = `"${createHash("sha512").update(text).digest("hex").toUpperCase()}"`;
  const headers = { "cache-control": "public", etag, vary: "Accept" };
  const answer = textAnswer(200, contentType, text, headers);
  return ifNoneMatch === etag ? { status: 304, headers, body: (async function* () {})() } : answer;
}
