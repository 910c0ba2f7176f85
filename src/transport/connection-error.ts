import { KubeError } from "../base/errors.ts";

/** Why a TLS connection was refused, and what helps; the first pattern that fits OpenSSL's or Node's code counts. */
const tlsReasons: readonly (readonly [code: RegExp, what: string, remedy: string])[] = [
  [
    /^CERT_HAS_EXPIRED$/,
    "the server's certificate has expired",
    "Renew it on the server, or set this machine's clock",
  ],
  [/^CERT_NOT_YET_VALID$/, "the server's certificate is not valid yet", "Set this machine's clock"],
  [
    /^(UNABLE_TO_(GET|VERIFY)_|SELF_SIGNED_|DEPTH_ZERO_|CERT_(SIGNATURE|UNTRUSTED|REJECTED|CHAIN)|INVALID_CA)/,
    "the server's certificate is signed by an authority that is not trusted here",
    "Give the cluster's own as `ca`, in a kubeconfig as `certificate-authority`",
  ],
  [
    /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    "the server's certificate is for another name",
    "Connect by a name that it has, or expect one with `serverName`, in a kubeconfig `tls-server-name`",
  ],
  [
    /^ERR_SSL_[\w/]*ALERT_(BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/,
    "the server refused our client certificate, or that there is none",
    "Check `cert` and `key`: whether they expired, and whether this cluster's authority signed them",
  ],
  [
    /^(EPROTO|ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST))$/,
    "no TLS is spoken there",
    "Check the URL's scheme and port",
  ],
  [
    /^ERR_TLS_HANDSHAKE_TIMEOUT$/,
    "the server took the connection and never answered in TLS",
    "Check the URL's port, and whether the server is overloaded",
  ],
  [
    /^UND_ERR_PRX_TLS$/,
    "the proxy's certificate is not accepted",
    "Check the proxy's URL and its certificate",
  ],
  [
    /^(CERT_|INVALID_PURPOSE$|ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_)/,
    "the TLS connection failed",
    "Check the certificate authority, the server name and the URL",
  ],
];

const connectionRemedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nothing listens there: check the URL, and whether the server runs",
  ENOTFOUND: "Check the host in the URL",
  EAI_AGAIN: "Names cannot be resolved at the moment: check the network",
  EHOSTUNREACH: "Check the network, and whether a proxy is needed",
  ENETUNREACH: "Check the network, and whether a proxy is needed",
  ETIMEDOUT: "Check the network, and whether a proxy is needed",
  UND_ERR_CONNECT_TIMEOUT: "Check the network, and whether a proxy is needed",
};

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
  // OpenSSL ends its own with a line break, and begins them with a thread's address.
  const text = error instanceof Error ? error.message.trim().replace(/^[0-9A-F]{8,}:error:/, "") : "";
  return text !== "" ? text : causeCode(error) || String(error);
}

/**
 * Name what went wrong between us and a server, and what helps (P31).
 *
 * `TLS_FAILED` where a certificate was refused or no TLS was spoken, `TIMEOUT`
 * where an open connection went silent, `CONNECTION_FAILED` for all else; the
 * original is the `cause`.
 */
export function connectionError(error: unknown, server: string): KubeError {
  if (KubeError.is(error)) return error;
  const code = causeCode(error);
  const text = messageOf(error);
  for (const [pattern, what, remedy] of tlsReasons) {
    if (!pattern.test(code)) continue;
    return new KubeError("TLS_FAILED", `${server}: ${what}: ${text} (${code}). ${remedy}.`, { cause: error });
  }
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return new KubeError("TIMEOUT", `${server}: the server went silent: ${text} (${code})`, { cause: error });
  }
  const remedy = connectionRemedies[code];
  const message = remedy === undefined ? text : `${text}. ${remedy}.`;
  return new KubeError("CONNECTION_FAILED", `${server}: ${message}`, { cause: error });
}

/** Tell whether a connection that was there broke (H5), as opposed to one that could not be made. */
export function isBrokenConnection(error: unknown): boolean {
  if (!KubeError.is(error) || error.code !== "CONNECTION_FAILED") return false;
  const code = causeCode(error.cause);
  return code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET";
}
