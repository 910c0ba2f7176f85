import { isJsonObject } from "../../base/json-object.ts";
import { badRequest } from "./refusals.ts";

/** Where a list goes on. */
export interface ContinuePoint {
  /** The revision of the first page; -1 for "as it is now". */
  readonly revision: number;
  /** The first key that may be on the next page. */
  readonly from: string;
}

/** Write a continue token as kube-apiserver does; the key without its namespace where the list has one. */
export function encodeContinue(point: ContinuePoint, prefix: string): string {
  const start = point.from.slice(prefix.length);
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: point.revision, start }), "utf8").toString(
    "base64url",
  );
}

function invalid(why: string): Error {
  return badRequest(`invalid continue token: ${why}`);
}

function parse(token: string): Record<string, unknown> {
  const illegal = token.search(/[^A-Za-z0-9_-]/);
  if (illegal >= 0 || token.length % 4 === 1) {
    const at = illegal >= 0 ? illegal : token.length - 1;
    throw invalid(`continue key is not valid: illegal base64 data at input byte ${at}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    throw invalid("continue key is not valid: it is not JSON");
  }
  if (!isJsonObject(value)) throw invalid("continue key is not valid: it is not a JSON object");
  return value;
}

/** Read a continue token of a list whose keys begin with `prefix`; throws 400 for anything that is none. */
export function decodeContinue(token: string, prefix: string): ContinuePoint {
  const { v, rv = 0, start = "" } = parse(token);
  if (v !== "meta.k8s.io/v1") {
    throw invalid(`continue key is not valid: server does not recognize this encoded version ${v ?? ""}`);
  }
  if (typeof rv !== "number" || !Number.isSafeInteger(rv) || typeof start !== "string") {
    throw invalid("continue key is not valid: its fields have other types");
  }
  if (rv === 0) {
    throw invalid(
      "continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
    );
  }
  if (start === "") {
    throw invalid("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  }
  // No path tricks: a token of one namespace must not reach into another.
  const segments = start.replace(/^\//, "").split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw invalid(`continue key is not valid: ${start}`);
  }
  return { revision: rv, from: prefix + start.replace(/^\//, "") };
}
