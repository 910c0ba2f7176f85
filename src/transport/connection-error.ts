import { KubeError } from "../base/errors.ts";

const tlsCodes: ReadonlySet<string> = new Set([
  "EPROTO",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "CERT_REJECTED",
  "CERT_CHAIN_TOO_LONG",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
]);

const tlsPrefixes = /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_)/;

/** The code of a socket's, undici's or TLS' error, also of several attempts at one name's addresses. */
export function causeCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const code = "code" in error ? error.code : undefined;
  if (typeof code === "string" && code !== "") return code;
  const first = error instanceof AggregateError ? error.errors[0] : undefined;
  if (first !== undefined) return causeCode(first);
  return error instanceof Error && error.cause !== undefined ? causeCode(error.cause) : "";
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map(messageOf).join("; ");
  }
  return error instanceof Error && error.message !== "" ? error.message : causeCode(error) || String(error);
}

/**
 * Name what went wrong between us and a server (P31).
 *
 * `TLS_FAILED` where a certificate was refused or no TLS was spoken, `TIMEOUT`
 * where an open connection went silent, `CONNECTION_FAILED` for all else; the
 * original is the `cause`.
 */
export function connectionError(error: unknown, server: string): KubeError {
  if (KubeError.is(error)) return error;
  const code = causeCode(error);
  const message = `${server}: ${messageOf(error)}`;
  if (tlsCodes.has(code) || tlsPrefixes.test(code)) {
    return new KubeError(
      "TLS_FAILED",
      `${message} (${code}); check the certificate authority, the server name and the URL`,
      { cause: error },
    );
  }
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return new KubeError("TIMEOUT", `${message}; the server went silent`, { cause: error });
  }
  return new KubeError("CONNECTION_FAILED", message, { cause: error });
}

/** Tell whether a connection that was there broke (H5), as opposed to one that could not be made. */
export function isBrokenConnection(error: unknown): boolean {
  if (!KubeError.is(error) || error.code !== "CONNECTION_FAILED") return false;
  const code = causeCode(error.cause);
  return code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET";
}
