/** What follows these words in prose is no credential: "bearer token expired", "basic authentication". */
const prose = "(?:tokens?|auth|authentication|authorization|credentials?|scheme|realm|error|constraints?)\\b";

const schemes = new RegExp(`\\b(Bearer|Basic)(["']?\\s+["']?)(?!${prose})[^\\s"',;]+`, "gi");
const header = /\b((?:proxy-)?authorization)(["']?\s*[:=]\s*["']?)(?:\w+\s+)?[^\s"',;]+/gi;
const parameter =
  /(?<![\w-])([\w-]*(?:token|password|passwd|secret|api[-_]?key))(=["']?|["']\s*:\s*["'])[^\s"'&,;]+/gi;
const inUrl = /(\/\/)[^\s/@:]*:[^\s/@]+@/g;
const jwt = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g;
/** Bootstrap tokens, OpenShift's, EKS', Google's. */
const known = /\b(?:[a-z0-9]{6}\.[a-z0-9]{16}\b|sha256~[\w-]+|k8s-aws-v1\.[\w-]+|ya29\.[\w.-]+)/g;

/** `token: abc`, as programs write it; an API server's own messages have fields there (`spec.token: Required value`). */
const loose = /\b(tokens?|password|secret|credentials?)(\s*:\s*["']?)[^\s"'&,;]+/gi;
/** Longer than a UUID, with a digit: nothing that people write. */
const opaque = /(?<![\w+=~-])(?=[\w+=~-]*\d)[\w+=~-]{40,}/g;

/** Replace whatever looks like a credential in an API server's message: tokens, basic credentials, JWTs. */
export function maskCredentials(text: string): string {
  return text
    .replace(header, "$1$2***")
    .replace(schemes, "$1$2***")
    .replace(inUrl, "$1***@")
    .replace(jwt, "***")
    .replace(parameter, "$1$2***")
    .replace(known, "***");
}

/** The same for a text that anybody may have written, such as a proxy: masks more, at the price of false alarms. */
export function maskForeignText(text: string): string {
  return maskCredentials(text).replace(loose, "$1$2***").replace(opaque, "***");
}
