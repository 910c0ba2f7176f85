import { createHash } from "node:crypto";
import type { TransportRequest } from "../../transport/port.ts";
import { badRequest, unauthorized } from "./status-error.ts";

/** Somebody who sends requests. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Whose a token is. */
export interface TokenUser {
  readonly user: string;
  readonly uid?: string;
  /** Besides `system:authenticated`. @default none */
  readonly groups?: readonly string[];
}

/** Who may come in, by bearer token. */
export interface Credentials {
  /** The administrator's token. */
  readonly token?: string | undefined;
  /** Further users' tokens. */
  readonly tokens?: Readonly<Record<string, TokenUser>> | undefined;
}

/** Who a request is from, and who sent it where that is somebody else. */
export interface Identity {
  readonly user: User;
  readonly impersonatedBy: User | undefined;
}

const authenticated = "system:authenticated";

/** Who has the token that is nobody's in particular, and everybody where none is needed. */
export const administrator: User = { name: "admin", groups: ["system:masters", authenticated] };

function userOf({ user, uid, groups = [] }: TokenUser): User {
  return { name: user, ...(uid === undefined ? {} : { uid }), groups: [...groups, authenticated] };
}

// Looked up by digest, so that the time of comparing tells nothing of a token.
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function valuesOf({ headers, repeatedHeaders = {} }: SentHeaders, name: string): string[] {
  const single = headers[name];
  return [...(single === undefined ? [] : [single]), ...(repeatedHeaders[name] ?? [])];
}

type SentHeaders = Pick<TransportRequest, "headers" | "repeatedHeaders">;

const extraPrefix = "impersonate-extra-";

function extraOf(request: SentHeaders): Record<string, readonly string[]> {
  const names = [...Object.keys(request.headers), ...Object.keys(request.repeatedHeaders ?? {})];
  const found = [...new Set(names)].filter((name) => name.startsWith(extraPrefix));
  return Object.fromEntries(
    found.map((name) => {
      const key = name.slice(extraPrefix.length).replace(/%[0-9a-f]{2}/gi, (hex) => decodeURIComponent(hex));
      return [key.toLowerCase(), valuesOf(request, name)];
    }),
  );
}

/** A user without a name, as Go prints it. */
function goUser({ uid = "", groups, extra = {} }: Omit<User, "name">): string {
  const list = (values: readonly string[]): string =>
    `{${values.map((value) => JSON.stringify(value)).join(", ")}}`;
  const members = Object.entries(extra).map(
    ([key, values]) => `${JSON.stringify(key)}:[]string${list(values)}`,
  );
  const shownGroups = groups.length === 0 ? "(nil)" : list(groups);
  const shownExtra = members.length === 0 ? "(nil)" : `{${members.join(", ")}}`;
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:[]string${shownGroups}, Extra:map[string][]string${shownExtra}}`;
}

/** The groups of somebody impersonated without any. */
function ownGroups(name: string): string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name) ?? [];
  return namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}

/** Whom a request asks to be taken for; 400 for groups, uid or extra without a name. */
function impersonated(request: SentHeaders): User | undefined {
  const name = request.headers["impersonate-user"] ?? "";
  const asked = valuesOf(request, "impersonate-group");
  const uid = request.headers["impersonate-uid"] ?? "";
  const extra = extraOf(request);
  const hasExtra = Object.keys(extra).length > 0;
  if (name === "") {
    if (asked.length === 0 && uid === "" && !hasExtra) return undefined;
    throw badRequest(`requested ${goUser({ uid, groups: asked, extra })} without impersonating a user name`);
  }
  const given = asked.length === 0 ? ownGroups(name) : asked;
  const last = name === "system:anonymous" ? "system:unauthenticated" : authenticated;
  return {
    name,
    ...(uid === "" ? {} : { uid }),
    groups: [...new Set([...given, last])],
    ...(hasExtra ? { extra } : {}),
  };
}

/**
 * Tells who a request is from: the bearer token's user, or whom that one impersonates.
 *
 * Without tokens everybody is the administrator. Whether one may impersonate is
 * not asked here.
 */
export class Authenticator {
  readonly #users = new Map<string, User>();

  constructor({ token, tokens = {} }: Credentials) {
    if (token !== undefined) this.#users.set(digest(token), administrator);
    for (const [each, user] of Object.entries(tokens)) this.#users.set(digest(each), userOf(user));
  }

  /** Throws 401 for a token that is missing or nobody's, 400 for an impersonation of nobody. */
  identify(request: SentHeaders): Identity {
    const user = this.#bearer(request.headers.authorization);
    const other = impersonated(request);
    return other === undefined ? { user, impersonatedBy: undefined } : { user: other, impersonatedBy: user };
  }

  #bearer(authorization: string | undefined): User {
    if (this.#users.size === 0) return administrator;
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
    const user = given === undefined ? undefined : this.#users.get(digest(given));
    if (user === undefined) throw unauthorized();
    return user;
  }
}
