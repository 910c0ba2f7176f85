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

/**
 * Refuse (406) a request that would not take plain JSON.
 *
 * A Table, metadata alone, protobuf and YAML are not offered; a client that
 * names JSON as well, as kubectl does, gets JSON.
 */
export function checkAccept(accept: string | undefined): void {
  if (accept === undefined || accept.trim() === "") return;
  const ranges = accept
    .split(",")
    .map(parseMediaRange)
    .filter(({ type, quality }) => json.has(type) && quality > 0);
  const isPlain = ranges.some(
    ({ parameters: { as, stream } }) => as === undefined && (stream === undefined || stream === "watch"),
  );
  if (!isPlain) throw notAcceptable(ranges.length > 0);
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
export type PatchType = "application/json-patch+json" | "application/merge-patch+json";

const patchTypes: readonly PatchType[] = ["application/json-patch+json", "application/merge-patch+json"];

const unofferedPatchTypes: readonly string[] = [
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
  "application/apply-patch+cbor",
];

/** The kind of patch a body is; 415 for all others, with the offered ones where a kube-apiserver offers more. */
export function patchTypeOf(header: string | undefined): PatchType {
  const type = contentTypeOf(header);
  const found = patchTypes.find((offered) => offered === type);
  if (found !== undefined) return found;
  throw unofferedPatchTypes.includes(type) ? unsupportedMediaType(patchTypes) : unknownPatchType();
}
