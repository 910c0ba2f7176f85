import { createPrivateKey, X509Certificate } from "node:crypto";
import { invalidConfig } from "./cluster-config.ts";

const certificateBlock =
  /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, each a text of its own; of a text without any, that text.
 *
 * OpenSSL passes over those that begin or end in the middle of a line, as files
 * do that were put behind each other, and what stands between them.
 */
export function certificateTexts(pem: string): string[] {
  return pem.match(certificateBlock) ?? [pem];
}

/** Why a text is no list of certificates, or those that it holds. */
function parseCertificates(pem: string): X509Certificate[] | { problem: string; cause?: unknown } {
  const blocks = pem.match(certificateBlock);
  if (blocks === null) return { problem: "holds no PEM certificate" };
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    return { problem: "holds a certificate that cannot be read", cause };
  }
}

/** Check that a text is one or more PEM certificates; throws `INVALID_CONFIG` naming where it stands. */
export function checkedCa(pem: string, where: string, what: string): string {
  const parsed = parseCertificates(pem);
  if ("problem" in parsed) throw invalidConfig(where, `${what} ${parsed.problem}`, parsed.cause);
  return pem;
}

/** What certificate and key are called in an error: with their files, where they have some. */
export interface KeyPairNames {
  readonly cert: string;
  readonly key: string;
}

const plainNames: KeyPairNames = { cert: "the client certificate", key: "the client key" };

/** Why a certificate is not good at this time: after its last day, before its first. */
function validityProblem(certificate: X509Certificate): string | undefined {
  const now = Date.now();
  const { validFromDate, validToDate } = certificate;
  if (now > validToDate.getTime()) return `expired on ${validToDate.toISOString()}; get a new one`;
  if (now < validFromDate.getTime()) {
    return `is not valid before ${validFromDate.toISOString()}; check this machine's clock`;
  }
  return undefined;
}

/** The last moment that a client certificate is good, in milliseconds since the epoch. */
export function certificateEnd(pem: string): number {
  const parsed = parseCertificates(pem);
  const leaf = "problem" in parsed ? undefined : parsed[0];
  return leaf?.validToDate.getTime() ?? Number.POSITIVE_INFINITY;
}

/** Say in words what is wrong with a client certificate and its key, never quoting them; `undefined`: nothing. */
export function keyPairProblem(
  cert: string,
  key: string,
  names: KeyPairNames = plainNames,
): string | undefined {
  const parsed = parseCertificates(cert);
  if ("problem" in parsed) return `${names.cert} ${parsed.problem}`;
  const [leaf] = parsed;
  let privateKey: ReturnType<typeof createPrivateKey>;
  try {
    privateKey = createPrivateKey(key);
  } catch {
    // What the parser says of a key is nobody's business.
    return `${names.key} cannot be read; it must be PEM and not encrypted`;
  }
  if (leaf?.checkPrivateKey(privateKey) === false) return `${names.key} does not belong to ${names.cert}`;
  const validity = leaf === undefined ? undefined : validityProblem(leaf);
  return validity === undefined ? undefined : `${names.cert} ${validity}`;
}

/** Check a client certificate and its key, that they belong together, and that today is within its validity. */
export function checkKeyPair(cert: string, key: string, where: string, names?: KeyPairNames): void {
  const problem = keyPairProblem(cert, key, names);
  if (problem !== undefined) throw invalidConfig(where, problem);
}
