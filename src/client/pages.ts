import { ApiError } from "../base/api-error.ts";
import { expectInteger } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { KubeList, ListMeta } from "../resource/object.ts";
import type { ApiCall, Query } from "./api-call.ts";
import { describeCall } from "./call.ts";
import type { CallOptions, Client, ListPartsOptions } from "./client.ts";

/** How a list is paged. */
export interface PageOptions extends CallOptions {
  /** How many objects the server is asked for at once. @default 500 */
  readonly pageSize?: number | undefined;
}

/** How a list is paged, and what its items become. */
export interface PagedPartsOptions<T> extends PageOptions, ListPartsOptions<T> {}

/** A part of one list of many pages; shaped as the reflector's `ListPart`, with plain objects. */
export interface PagedPart<T> {
  readonly items: readonly T[];
  /** In the last part of a page: the first page's, which is the list's (R15). */
  readonly resourceVersion?: string | undefined;
  /** The list began anew: whatever came before this part is void (R16). */
  readonly isRestart?: boolean | undefined;
}

const defaultPageSize = 500;

/** The token of the next page; throws for one that leads back to the page just read. */
function nextToken(call: ApiCall, metadata: ListMeta, token: string | undefined): string | undefined {
  const next: unknown = metadata.continue;
  // Not every server is written in Go, which leaves out what is empty.
  if (next === undefined || next === null || next === "") return undefined;
  if (typeof next === "string" && next !== token) return next;
  const problem = next === token ? "repeats its continue token" : "sends a continue token that is no text";
  throw new KubeError("BAD_RESPONSE", `${describeCall(call)}: the server ${problem}`);
}

/** The query of a page: the server refuses a continue token beside a resourceVersion (R15). */
function pageQuery(query: Query | undefined, limit: number, token: string | undefined): Query {
  if (token === undefined) return { ...query, limit };
  return { ...query, limit, continue: token, resourceVersion: undefined, resourceVersionMatch: undefined };
}

/**
 * Yield a whole list in parts, following its pages; the reflector's list.
 *
 * When the continue token expires on a later page, everything is listed once
 * more in one request, with the query's own resourceVersion and match, after a
 * part with `isRestart` (R16, P12). Only for reason `Expired`, never on the
 * first page: there it is the caller's to repair (R17). `timeoutMs` covers each
 * request by itself.
 */
export async function* pagedParts<T>(
  client: Client,
  call: ApiCall,
  options: PagedPartsOptions<T> = {},
): AsyncGenerator<PagedPart<T>, void, void> {
  const { pageSize = defaultPageSize, ...callOptions } = options;
  expectInteger("pageSize", pageSize, 1);
  let token: string | undefined;
  let resourceVersion: string | undefined;
  do {
    const isFirst = token === undefined;
    try {
      const page = client.listParts<T>(
        { ...call, query: pageQuery(call.query, pageSize, token) },
        callOptions,
      );
      for await (const { items, metadata } of page) {
        if (metadata === undefined) {
          yield { items };
          continue;
        }
        if (isFirst) resourceVersion = metadata.resourceVersion;
        token = nextToken(call, metadata, token);
        yield { items, resourceVersion };
      }
    } catch (error) {
      if (isFirst || !ApiError.is(error) || error.reason !== "Expired") throw error;
      yield { items: [], isRestart: true };
      yield* wholeList<T>(client, call, callOptions);
      return;
    }
  } while (token !== undefined);
}

async function* wholeList<T>(
  client: Client,
  call: ApiCall,
  options: ListPartsOptions<T>,
): AsyncGenerator<PagedPart<T>, void, void> {
  const query = { ...call.query, limit: undefined, continue: undefined };
  for await (const { items, metadata } of client.listParts<T>({ ...call, query }, options)) {
    yield metadata === undefined ? { items } : { items, resourceVersion: metadata.resourceVersion };
  }
}

/**
 * Yield a list page by page, for users who walk through it.
 *
 * A continue token that expires is thrown as it is: what was handed out
 * already cannot be taken back (H31). `timeoutMs` covers each request by itself.
 */
export async function* listPages<T>(
  client: Client,
  call: ApiCall,
  options: PageOptions = {},
): AsyncGenerator<KubeList<T>, void, void> {
  const { pageSize = defaultPageSize, ...callOptions } = options;
  expectInteger("pageSize", pageSize, 1);
  let token: string | undefined;
  do {
    const page = await client.list<T>(
      { ...call, query: pageQuery(call.query, pageSize, token) },
      callOptions,
    );
    token = nextToken(call, page.metadata, token);
    yield page;
  } while (token !== undefined);
}
