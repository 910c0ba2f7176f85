import type { Impersonation } from "../config/cluster-config.ts";
import type { Interceptor } from "./port.ts";

/** Escape an extra key for a header's name: what is no token character, and `%` itself (H28). */
function escapedKey(key: string): string {
  let escaped = "";
  for (const byte of Buffer.from(key.toLowerCase())) {
    const char = String.fromCharCode(byte);
    escaped += /[a-z0-9!#$&'*+.^_`|~-]/.test(char)
      ? char
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

/** A value in the bytes that the server reads as UTF-8, where undici writes one byte for each character. */
function wireText(value: string): string {
  return Buffer.from(value, "utf8").toString("latin1");
}

/** Act for somebody else: adds the `Impersonate-…` headers, unless the request has some (H28). */
export function impersonation(whom: Impersonation): Interceptor {
  const single: Record<string, string> = { "impersonate-user": wireText(whom.user) };
  if (whom.uid !== undefined) single["impersonate-uid"] = wireText(whom.uid);
  const repeated: Record<string, readonly string[]> = {};
  if (whom.groups !== undefined && whom.groups.length > 0) {
    repeated["impersonate-group"] = whom.groups.map(wireText);
  }
  for (const [key, values] of Object.entries(whom.extra ?? {})) {
    if (values.length > 0) repeated[`impersonate-extra-${escapedKey(key)}`] = values.map(wireText);
  }
  return (next) => (request) => {
    if (request.headers["impersonate-user"] !== undefined) return next(request);
    return next({
      ...request,
      headers: { ...request.headers, ...single },
      repeatedHeaders: { ...request.repeatedHeaders, ...repeated },
    });
  };
}
