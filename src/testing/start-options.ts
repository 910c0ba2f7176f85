import type { ApiServerOptions } from "../apiserver/api-server.ts";
import type { Certificate } from "../apiserver/http/certificate.ts";
import {
  expectBoolean,
  expectFunction,
  expectInteger,
  expectOptions,
  invalidArgument,
} from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { builtInKinds } from "../kinds/index.ts";
import { isDnsLabel } from "../resource/dns-name.ts";
import { type Kind, resourceName } from "../resource/kind.ts";

/** How a test server is started. */
export interface TestApiServerOptions extends Omit<ApiServerOptions, "storage"> {
  /** Listen on loopback. @default true; without it there are only `transport` and `cluster()` */
  readonly listen?: boolean;
  /** @default 0, a free one */
  readonly port?: number;
  /** Serve HTTPS: with this certificate, or with one made now that signs itself. @default false */
  readonly tls?: boolean | Certificate;
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

function isKind(value: unknown): value is Kind {
  if (!isJsonObject(value)) return false;
  const { group, version, kind, plural, singular, scope, subresources, shortNames, categories } = value;
  return (
    typeof group === "string" &&
    [version, kind, plural, singular].every(isText) &&
    (scope === "Namespaced" || scope === "Cluster") &&
    [subresources, shortNames, categories].every(Array.isArray)
  );
}

/** The members of an option that is an array; none where it is left out. */
function membersOf(name: string, value: unknown, expected: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw invalidArgument(name, `an array of ${expected}`, value);
}

function expectKinds(value: unknown): void {
  for (const [i, kind] of membersOf("kinds", value, "kinds").entries()) {
    if (!isKind(kind))
      throw invalidArgument(`kinds[${i}]`, "a kind, such as Pod or what defineKind returns", kind);
  }
}

function expectNamespaces(value: unknown): void {
  for (const [i, name] of membersOf("namespaces", value, "strings").entries()) {
    if (!isText(name) || !isDnsLabel(name)) {
      throw invalidArgument(`namespaces[${i}]`, "a name of a namespace", name);
    }
  }
}

function expectInterceptors(value: unknown): void {
  for (const [i, interceptor] of membersOf("interceptors", value, "functions").entries()) {
    expectFunction(`interceptors[${i}]`, interceptor ?? null);
  }
}

function expectCacheSizes(sizes: TestApiServerOptions["watchCacheSizes"], kinds: readonly Kind[]): void {
  expectOptions("watchCacheSizes", sizes);
  const served = new Set([...builtInKinds, ...kinds].flatMap((kind) => [kind.plural, resourceName(kind)]));
  for (const [plural, size] of Object.entries(sizes ?? {})) {
    const name = `watchCacheSizes.${plural}`;
    if (!served.has(plural)) throw invalidArgument(name, "named after a kind that is served", plural);
    expectInteger(name, size, 1);
  }
}

// What came is not shown in the next three: it may be a key or a token.

function expectTls(tls: unknown): void {
  if (tls === undefined || typeof tls === "boolean") return;
  if (isJsonObject(tls) && isText(tls.key) && isText(tls.cert)) return;
  throw new KubeError("INVALID_ARGUMENT", "Expected `tls` to be true, false or { key, cert } as PEM texts");
}

const isToken = (value: unknown): boolean => typeof value === "string" && /^[\x21-\x7e]+$/.test(value);

function expectToken(token: unknown): void {
  if (token === undefined || isToken(token)) return;
  throw new KubeError(
    "INVALID_ARGUMENT",
    "Expected `token` to be a string of printable ASCII characters without spaces, not empty",
  );
}

function expectTokens(tokens: TestApiServerOptions["tokens"]): void {
  expectOptions("tokens", tokens);
  const isNames = (value: unknown): boolean =>
    value === undefined || (Array.isArray(value) && value.every(isText));
  for (const [token, user] of Object.entries(tokens ?? {})) {
    const isUser = isJsonObject(user) && isText(user.user) && isNames(user.groups);
    if (isToken(token) && isUser && (user.uid === undefined || isText(user.uid))) continue;
    throw new KubeError(
      "INVALID_ARGUMENT",
      "Expected `tokens` to be { [token]: { user, uid, groups } }: tokens of printable ASCII characters without spaces, names as strings",
    );
  }
}

function expectPort(port: unknown): void {
  const isPort = typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 65_535;
  if (port !== undefined && !isPort) throw invalidArgument("port", "a whole number from 0 to 65535", port);
}

/** Throw `INVALID_ARGUMENT` for options that no server can be started with; never shows credentials. */
export function checkStartOptions(options: TestApiServerOptions): void {
  expectOptions("options", options);
  const { kinds, namespaces, interceptors, watchCacheSizes, listen, port, tls } = options;
  expectKinds(kinds);
  expectNamespaces(namespaces);
  expectInterceptors(interceptors);
  expectCacheSizes(watchCacheSizes, kinds ?? []);
  expectBoolean("listen", listen);
  expectPort(port);
  expectTls(tls);
  expectToken(options.token);
  expectTokens(options.tokens);
}
