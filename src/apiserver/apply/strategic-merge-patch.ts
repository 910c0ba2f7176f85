import { isJsonObject } from "../../base/json-object.ts";
import { badRequest, patchRejected, StatusError } from "../http/status-error.ts";
import type { PatchRule, TypeSchema } from "../schema/type-schema.ts";
import { equalJson } from "../storage/frozen-json.ts";
import { goText } from "./go-format.ts";
import { inOrder, keyIn } from "./list-order.ts";

type JsonMap = Record<string, unknown>;

const directive = "$patch";
const retainKeys = "$retainKeys";
const deleteFrom = "$deleteFromPrimitiveList/";
const setOrder = "$setElementOrder/";

/** 500 for a patch that kube-apiserver stumbles over. */
function broken(message: string): StatusError {
  return new StatusError(500, "", message);
}

const badRetainKeys = (): StatusError => badRequest("invalid patch format of retainKeys");
const keyless = (item: JsonMap, key: string): StatusError =>
  broken(`map: ${goText(item)} does not contain declared merge key: ${key}`);

function unknownDirective(value: unknown, map: JsonMap): StatusError {
  return broken(`unknown patch type: ${goText(value)} in map: ${goText(map)}`);
}

/**
 * Apply a strategic merge patch and give the result; neither argument is changed.
 *
 * Lists with a merge key are merged item by item, lists of scalars with the merge
 * strategy by value; `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and
 * `$setElementOrder` are directives. What has no type here is merged as by a
 * merge patch. Throws 400, 422 and 500 as kube-apiserver does.
 */
export function strategicMergePatch(type: TypeSchema | undefined, target: unknown, patch: JsonMap): unknown {
  return mergeMap(type, isJsonObject(target) ? target : {}, patch);
}

function ruleOf(type: TypeSchema | undefined, name: string): PatchRule | undefined {
  return type?.map?.fields.get(name)?.patch;
}

function memberOf(type: TypeSchema | undefined, name: string): TypeSchema | undefined {
  return (type?.map?.fields.get(name)?.type ?? type?.map?.item)?.();
}

function mergeMap(type: TypeSchema | undefined, original: JsonMap, patch: JsonMap): JsonMap {
  if (Object.hasOwn(patch, directive)) {
    const { [directive]: what, ...rest } = patch;
    if (what === "replace") return rest;
    if (what === "delete") return {};
    throw unknownDirective(what, patch);
  }
  const result = new Map(Object.entries(retained(original, patch)));
  const done = new Set([retainKeys]);
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(setOrder)) continue;
    const field = name.slice(setOrder.length);
    done.add(name).add(field);
    const ordered = orderedList(type, field, result.get(field), patch[field], order);
    if (ordered !== undefined) result.set(field, ordered);
  }
  for (const [name, value] of Object.entries(patch)) {
    if (done.has(name)) continue;
    if (name.startsWith(deleteFrom)) {
      const field = name.slice(deleteFrom.length);
      const [from, what] = [result.get(field), value];
      if (!Array.isArray(from) || !Array.isArray(what)) continue;
      result.set(
        field,
        from.filter((item) => !what.includes(item)),
      );
    } else if (value === null) {
      result.delete(name);
    } else {
      const merged = mergeMember(type, name, result.get(name), value);
      if (merged === undefined) result.delete(name);
      else result.set(name, merged);
    }
  }
  return Object.fromEntries(result);
}

/** What `$retainKeys` leaves of a map; a patch may set only what it retains. */
function retained(original: JsonMap, patch: JsonMap): JsonMap {
  if (!Object.hasOwn(patch, retainKeys)) return original;
  const keys = patch[retainKeys];
  if (!Array.isArray(keys)) throw badRetainKeys();
  for (const [name, value] of Object.entries(patch)) {
    const isSetting = value !== null && !name.startsWith("$");
    if (isSetting && !keys.includes(name)) throw badRetainKeys();
  }
  return Object.fromEntries(Object.entries(original).filter(([name]) => keys.includes(name)));
}

function mergeMember(type: TypeSchema | undefined, name: string, original: unknown, value: unknown): unknown {
  const rule = ruleOf(type, name);
  if (isJsonObject(value) && isJsonObject(original)) {
    return rule?.isReplaced ? value : mergeMap(memberOf(type, name), original, value);
  }
  if (Array.isArray(value) && Array.isArray(original)) return mergeList(type, name, original, value);
  return withoutDirectives(value);
}

/** A value as it is taken where nothing is to be merged with; undefined for what is only a directive. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isJsonObject(value)) return value;
  if (Object.hasOwn(value, directive)) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      const kept = member === null ? undefined : withoutDirectives(member);
      return kept === undefined ? [] : [[name, kept]];
    }),
  );
}

function mergeList(
  type: TypeSchema | undefined,
  name: string,
  original: readonly unknown[],
  patch: readonly unknown[],
): unknown[] {
  const rule = ruleOf(type, name);
  if (!rule?.isMerged) return [...patch];
  if (original.length === 0 && patch.length === 0) return [];
  const all = [...original, ...patch];
  if (all.some(Array.isArray)) throw patchRejected();
  if (!all.every(isJsonObject)) {
    const merged = all.filter((item, at) => all.indexOf(item) === at);
    return inOrder(merged, patch, original, "");
  }
  const key = rule.mergeKey;
  const items = mergeItems(
    memberOf(type, name)?.list?.item(),
    original.filter(isJsonObject),
    patch.filter(isJsonObject),
    key,
  );
  return inOrder(items.merged, items.patch, items.original, key);
}

function mergeItems(
  type: TypeSchema | undefined,
  original: readonly JsonMap[],
  patch: readonly JsonMap[],
  key: string,
): { merged: JsonMap[]; patch: JsonMap[]; original: JsonMap[] } {
  let kept = [...original];
  const wanted: JsonMap[] = [];
  let isReplaced = false;
  for (const item of patch) {
    const what = item[directive];
    if (what === undefined) wanted.push(item);
    else if (what === "replace") isReplaced = true;
    else if (what === "merge") throw broken("merging lists cannot yet be specified in the patch");
    else if (what !== "delete") throw unknownDirective(what, item);
    else if (!Object.hasOwn(item, key)) throw keyless(item, key);
    else kept = kept.filter((one) => !equalJson(one[key], item[key]));
  }
  if (isReplaced) return { merged: wanted, patch: [], original: wanted };
  const merged = [...kept];
  for (const item of wanted) {
    if (!Object.hasOwn(item, key)) throw keyless(item, key);
    const at = keyIn(merged, item, key);
    const before = merged[at];
    if (before === undefined) merged.push(item);
    else merged[at] = mergeMap(type, before, item);
  }
  return { merged, patch: wanted, original: kept };
}

/** A list in the order that `$setElementOrder` says; undefined where there is no list. */
function orderedList(
  type: TypeSchema | undefined,
  name: string,
  original: unknown,
  patch: unknown,
  order: unknown,
): unknown[] | undefined {
  if (!Array.isArray(order)) throw broken("expected a []interface {}, but received another type");
  const key = ruleOf(type, name)?.mergeKey ?? "";
  const [before, wanted] = [
    Array.isArray(original) ? original : undefined,
    Array.isArray(patch) ? patch : undefined,
  ];
  checkOrder(wanted ?? [], order, key);
  if (before === undefined && wanted === undefined) return undefined;
  const merged =
    wanted === undefined
      ? [...(before ?? [])]
      : before === undefined
        ? wanted.map(withoutDirectives).filter((item) => item !== undefined)
        : mergeList(type, name, before, wanted);
  return inOrder(merged, order, before ?? [], key);
}

/** Refuse a patch whose items are not all in its own order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], key: string): void {
  if (order.length === 0 || patch.length === 0) return;
  let at = 0;
  for (const item of patch) {
    if (isJsonObject(item) && Object.hasOwn(item, directive)) continue;
    while (at < order.length && keyIn([order[at]], item, key) < 0) at++;
    if (at === order.length) {
      throw broken(
        `The order in patch list:\n${goText(patch)}\n doesn't match ${setOrder.slice(0, -1)} list:\n${goText(order)}\n`,
      );
    }
    at++;
  }
}
