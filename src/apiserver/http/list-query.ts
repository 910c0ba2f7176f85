import { type FieldSelector, parseFieldSelector } from "../../resource/field-selector.ts";
import type { Kind } from "../../resource/kind.ts";
import { type LabelSelector, parseLabelSelector } from "../../resource/label-selector.ts";
import type { ListQuery, WatchQuery } from "../watch-cache/query.ts";
import { fieldsOf } from "./field-labels.ts";
import { isTrue } from "./request-info.ts";
import { badRequest } from "./status-error.ts";

/** A whole number of the query string; undefined where it is absent, 400 for what is none. */
export function integer(params: URLSearchParams, name: string): number | undefined {
  const value = params.get(name);
  if (value === null || value === "") return undefined;
  if (!/^[+-]?\d+$/.test(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  }
  if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  }
  return Number(value);
}

function labelsOf(params: URLSearchParams): LabelSelector | undefined {
  const text = params.get("labelSelector");
  if (text === null || text === "") return undefined;
  try {
    return parseLabelSelector(text);
  } catch (error) {
    const operand = /(?:^|,)\s*[^\s,=!<>()]+\s+(?!in\b|notin\b)([^\s,=!<>()]+)/.exec(text)?.[1];
    const why =
      operand === undefined
        ? error instanceof Error && error.message
        : `found '${operand}', expected: in, notin, =, ==, !=, gt, lt`;
    throw badRequest(`unable to parse requirement: ${why}`);
  }
}

function fieldSelectorOf(kind: Kind, params: URLSearchParams): FieldSelector | undefined {
  const text = params.get("fieldSelector");
  if (text === null || text === "") return undefined;
  let selector: FieldSelector;
  try {
    selector = parseFieldSelector(text);
  } catch {
    const part = text.split(/(?<!\\),/).find((term) => !/[=]/.test(term)) ?? text;
    throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
  }
  return fieldsOf(kind, selector);
}

/** A list or watch as its query string asks for it, checked as far as its form goes. */
export interface ParsedListQuery {
  readonly isWatch: boolean;
  readonly query: ListQuery & WatchQuery;
}

/**
 * Read the parameters that lists, watches and deletions of collections share.
 *
 * `name` is the one of the path, of a watch of a single object. Throws 400 for
 * what does not parse; combinations that are not allowed are left to the cache.
 */
export function parseListQuery(
  kind: Kind,
  namespace: string | undefined,
  name: string | undefined,
  params: URLSearchParams,
): ParsedListQuery {
  const labelSelector = labelsOf(params);
  const fields = fieldSelectorOf(kind, params);
  const limit = integer(params, "limit");
  const timeoutSeconds = integer(params, "timeoutSeconds");
  const sendInitialEvents = params.get("sendInitialEvents");
  const byName: FieldSelector =
    name === undefined ? [] : [{ path: "metadata.name", operator: "=", value: name }];
  const fieldSelector = [...byName, ...(fields ?? [])];
  return {
    isWatch: isTrue(params.get("watch")),
    query: {
      namespace,
      labelSelector,
      fieldSelector: fieldSelector.length === 0 ? undefined : fieldSelector,
      resourceVersion: params.get("resourceVersion") ?? undefined,
      resourceVersionMatch: params.get("resourceVersionMatch") ?? undefined,
      continue: params.get("continue") ?? undefined,
      limit,
      timeoutSeconds,
      sendInitialEvents: sendInitialEvents === null ? undefined : isTrue(sendInitialEvents),
      allowWatchBookmarks: isTrue(params.get("allowWatchBookmarks")),
    },
  };
}
