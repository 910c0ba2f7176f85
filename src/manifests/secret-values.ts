import { ApiError } from "../base/api-error.ts";
import { KubeError } from "../base/errors.ts";
import type { ManifestObject } from "./manifest.ts";

/** Shorter texts are in every message by chance, and keep no secret. */
const shortestSecret = 3;

function leavesOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  return typeof value === "object" ? Object.values(value).flatMap(leavesOf) : [String(value)];
}

function secretsOf(object: ManifestObject): string[] {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return [];
  const data = "data" in object ? object.data : undefined;
  const stringData = "stringData" in object ? object.stringData : undefined;
  return [...new Set([...leavesOf(data), ...leavesOf(stringData)])]
    .filter((text) => text.length >= shortestSecret)
    .sort((a, b) => b.length - a.length);
}

/**
 * An error without what a Secret holds: servers quote what they refuse.
 *
 * The same error where it quotes nothing, and for all other kinds.
 */
export function withoutSecrets(error: KubeError, object: ManifestObject): KubeError {
  const secrets = secretsOf(object);
  const hide = (text: string): string => secrets.reduce((left, secret) => left.replaceAll(secret, "…"), text);
  const causes = ApiError.is(error) ? (error.details?.causes ?? []) : [];
  const texts = [error.message, ...causes.map(({ message = "" }) => message)];
  if (texts.every((text) => hide(text) === text)) return error;
  // Without its cause, which would quote it again.
  if (!ApiError.is(error)) return new KubeError(error.code, hide(error.message));
  const { status, reason, retryAfterMs, details } = error;
  const hidden = causes.map((cause) =>
    cause.message === undefined ? cause : { ...cause, message: hide(cause.message) },
  );
  return new ApiError(hide(error.message), {
    ...{ status, reason, retryAfterMs },
    details: details === undefined ? undefined : { ...details, causes: hidden },
  });
}
