import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import type { AuthProviderConfig, HeaderSource } from "../config/cluster-config.ts";
import { causeCode } from "./connection-error.ts";
import type { Credential } from "./credential.ts";
import { type Grant, RenewableCredential } from "./renewable-credential.ts";

type Headers = Record<string, string>;

/** A token this close to its end is not used any more. */
const expiryMarginMs = 10_000;
/** How long a value is used that does not tell its end. */
const unknownTtlMs = 60_000;

/** When a JWT ends, in milliseconds since the epoch; `undefined`: it is none, or does not say. */
function expiryOf(authorization: string): number | undefined {
  const payload = authorization.split(".")[1];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return isJsonObject(claims) && typeof claims.exp === "number" ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** Make the provider get a new token: it believes what its settings say of the old one. */
function forgetToken({ name, settings }: AuthProviderConfig): void {
  if (name === "oidc" && settings["refresh-token"]) settings["id-token"] = "refused";
  if (name !== "oidc" && settings["cmd-path"]) delete settings["access-token"];
}

/** What a failure may show: its code, never its message, which may quote tokens or a program's output. */
function codeOf(error: unknown): string {
  const oauth = isJsonObject(error) && typeof error.error === "string" ? error.error : causeCode(error);
  return /^\w+$/.test(oauth) ? ` (${oauth})` : "";
}

/** client-node's own fetch for a private authority cannot send what its OIDC library gives it. */
function remedyFor({ settings }: AuthProviderConfig): string {
  const isPrivate = Object.keys(settings).some((key) => key.startsWith("idp-certificate-authority"));
  if (!isPrivate) return "Log in again, or use an exec plugin";
  return (
    "client-node cannot renew tokens with `idp-certificate-authority`: remove it and give the file as " +
    "NODE_EXTRA_CA_CERTS, or use an exec plugin"
  );
}

/**
 * What client-node, with this one user, would send.
 *
 * Loaded here, since importing it costs more than the rest of a program; made
 * anew each time, since it takes the seconds that a token lives for its end.
 */
async function clientNodeHeaders({ name, settings }: AuthProviderConfig): Promise<Headers> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const issuer = settings["idp-issuer-url"];
  const given = { ...settings };
  // It hands this on to a library that takes nothing but a URL.
  if (typeof issuer === "string" && URL.canParse(issuer)) given["idp-issuer-url"] = new URL(issuer);
  // For it no token means that nobody has logged in, and one that cannot be read has expired.
  if (name === "oidc" && !given["id-token"]) given["id-token"] = "none";
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [],
    users: [{ name: "user", authProvider: { name, config: given } }],
    contexts: [{ name: "context", cluster: "", user: "user" }],
    currentContext: "context",
  });
  const headers = await headersOf(kubeConfig);
  Object.assign(settings, given, { "idp-issuer-url": issuer });
  return headers;
}

async function headersOf(source: HeaderSource): Promise<Headers> {
  const options: { headers: Headers } = { headers: {} };
  await source.applyToHTTPSOptions(options);
  return options.headers;
}

/**
 * The token of a legacy `auth-provider`, worked out by `@kubernetes/client-node`.
 *
 * That package is loaded at the first request, and not at all where a
 * `KubeConfig` was handed over that has an authenticator of its own. A token is
 * kept until shortly before it expires, and renewed when the server refuses it;
 * renewed tokens stay in memory.
 */
export function authProviderCredential(provider: AuthProviderConfig): Credential {
  const { name, source } = provider;
  const step = `ask the auth-provider ${name} of ${provider.origin}`;
  const failed = (why: string): KubeError => {
    return new KubeError("CREDENTIAL_FAILED", `${step}: ${why}. ${remedyFor(provider)}.`);
  };
  return new RenewableCredential(step, async (_signal, refused): Promise<Grant> => {
    if (refused !== undefined) forgetToken(provider);
    let headers: Headers;
    try {
      headers = await (source === undefined ? clientNodeHeaders(provider) : headersOf(source));
    } catch (error) {
      // No cause: it may hold the answer with the tokens, or the program's output.
      throw failed(`it failed${codeOf(error)}`);
    }
    const authorization = headers.Authorization;
    if (authorization === undefined) throw failed("it gave no token");
    const expires = expiryOf(authorization);
    const goodUntil = expires === undefined ? Date.now() + unknownTtlMs : expires - expiryMarginMs;
    return { authorization, goodUntil };
  });
}
