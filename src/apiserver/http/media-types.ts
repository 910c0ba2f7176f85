import { isMetadataOnly, type Representation } from "../fan-out/representation.ts";
import { notAcceptable, unknownPatchType, unsupportedMediaType } from "./status-error.ts";

interface MediaRange {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly quality: number;
}

function parseMediaRange(text: string): MediaRange {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters = Object.fromEntries(
    rest.map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [part, ""] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    }),
  );
  const quality = Number(parameters.q ?? "1");
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality };
}

const json: ReadonlySet<string> = new Set(["application/json", "application/*", "*/*"]);

/** In what form an answer is wanted. */
export interface Shape {
  readonly representation: Representation;
  /** Metadata is wanted of a list, or of one object; undefined where objects come whole. */
  readonly isList?: boolean;
}

const wholeObjects: Shape = { representation: "object" };

/** Better qualities first, and of equal ones those that name a type. */
function byPreference(a: MediaRange, b: MediaRange): number {
  return b.quality - a.quality || Number(a.type.includes("*")) - Number(b.type.includes("*"));
}

/** The accepted ranges that JSON is in, best first; all JSON where nothing is said. */
function jsonRanges(accept: string | undefined): MediaRange[] {
  const text = accept === undefined || accept.trim() === "" ? "*/*" : accept;
  return text
    .split(",")
    .map(parseMediaRange)
    .filter(({ type, quality }) => json.has(type) && quality > 0)
    .sort(byPreference);
}

/** What a media range asks for; undefined for a form that is not offered. */
function shapeOf({ parameters: { as, g, v, stream } }: MediaRange): Shape | undefined {
  if (stream !== undefined && stream !== "watch") return undefined;
  if (as === undefined) return wholeObjects;
  const representation = `${g}/${v}`;
  if (!isMetadataOnly(representation)) return undefined;
  if (as === "PartialObjectMetadata") return { representation, isList: false };
  return as === "PartialObjectMetadataList" ? { representation, isList: true } : undefined;
}

/**
 * The form in which a client takes objects: the first of those it accepts that is offered.
 *
 * Whole, or PartialObjectMetadata of `meta.k8s.io` (H15). A Table, protobuf and YAML are
 * not offered: 406, unless JSON is named as well, as kubectl does.
 */
export function negotiate(accept: string | undefined): Shape {
  const ranges = jsonRanges(accept);
  for (const range of ranges) {
    const shape = shapeOf(range);
    if (shape !== undefined) return shape;
  }
  throw notAcceptable(ranges.length > 0);
}

/** Which form of discovery a client prefers: everything at once, or document by document; 406 for neither. */
export function negotiateDiscovery(
  accept: string | undefined,
  offersAggregated: boolean,
): "aggregated" | "plain" {
  const ranges = jsonRanges(accept);
  // kube-apiserver gives the aggregated form to whoever takes it, in whatever order.
  const isAggregated = ({ parameters: { as, g, v } }: MediaRange): boolean =>
    as === "APIGroupDiscoveryList" && g === "apidiscovery.k8s.io" && v === "v2";
  if (offersAggregated && ranges.some(isAggregated)) return "aggregated";
  if (ranges.some(({ parameters: { as } }) => as === undefined)) return "plain";
  throw notAcceptable(ranges.length > 0);
}

/** The media type of a body, without its parameters. */
export function contentTypeOf(header: string | undefined): string {
  return (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** Refuse (415) a body that says it is something else than JSON. */
export function checkJsonBody(header: string | undefined): void {
  const type = contentTypeOf(header);
  if (type !== "" && type !== "application/json") throw unsupportedMediaType(["application/json"]);
}

/** The patches that are offered. */
export type PatchType =
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json"
  | "application/apply-patch+yaml";

const customPatchTypes: readonly PatchType[] = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
];
const patchTypes: readonly PatchType[] = [...customPatchTypes, "application/strategic-merge-patch+json"];

/** The kind of patch a body is; 415 for all others. Extension kinds have no strategic merge patch. */
export function patchTypeOf(header: string | undefined, isCustom: boolean): PatchType {
  const type = contentTypeOf(header);
  const found = (isCustom ? customPatchTypes : patchTypes).find((offered) => offered === type);
  if (found !== undefined) return found;
  throw isCustom ? unsupportedMediaType(customPatchTypes) : unknownPatchType();
}
