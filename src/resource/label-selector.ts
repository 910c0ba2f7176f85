import { invalidArgument } from "../base/arguments.ts";

/** One requirement of a label selector; all of a selector's must hold. */
export type LabelRequirement =
  | { readonly operator: "in" | "notin"; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: "exists" | "!"; readonly key: string }
  | { readonly operator: "gt" | "lt"; readonly key: string; readonly value: number };

/** A parsed label selector: requirements joined by "and"; none selects everything. */
export type LabelSelector = readonly LabelRequirement[];

const keyPattern =
  /^([a-z0-9A-Z]([-a-z0-9A-Z.]{0,251}[a-z0-9A-Z])?\/)?[a-z0-9A-Z]([-a-z0-9A-Z_.]{0,61}[a-z0-9A-Z])?$/;
const valuePattern = /^([a-z0-9A-Z]([-a-z0-9A-Z_.]{0,61}[a-z0-9A-Z])?)?$/;
const setRequirement = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const orderRequirement = /^([^\s=!<>]+)\s*([<>])\s*(-?\d+)$/;
const equalityRequirement = /^([^\s=!<>]+)\s*(==|=|!=)\s*([^\s=!<>]*)$/;

function checkedKey(key: string, selector: string): string {
  if (keyPattern.test(key)) return key;
  throw invalidArgument("labelSelector", `a label selector; \`${key}\` is not a label key`, selector);
}

function checkedValue(value: string, selector: string): string {
  if (valuePattern.test(value)) return value;
  throw invalidArgument("labelSelector", `a label selector; \`${value}\` is not a label value`, selector);
}

function parseRequirement(text: string, selector: string): LabelRequirement {
  const set = setRequirement.exec(text);
  if (set?.[1] !== undefined && set[3] !== undefined) {
    const values = set[3].split(",").map((value) => checkedValue(value.trim(), selector));
    return { operator: set[2] === "in" ? "in" : "notin", key: checkedKey(set[1], selector), values };
  }
  const order = orderRequirement.exec(text);
  if (order?.[1] !== undefined) {
    return {
      operator: order[2] === ">" ? "gt" : "lt",
      key: checkedKey(order[1], selector),
      value: Number(order[3]),
    };
  }
  const equality = equalityRequirement.exec(text);
  if (equality?.[1] !== undefined && equality[3] !== undefined) {
    return {
      operator: equality[2] === "!=" ? "notin" : "in",
      key: checkedKey(equality[1], selector),
      values: [checkedValue(equality[3], selector)],
    };
  }
  const absent = text.startsWith("!");
  return {
    operator: absent ? "!" : "exists",
    key: checkedKey(absent ? text.slice(1).trim() : text, selector),
  };
}

/** Split at the commas that are not inside parentheses. */
function splitRequirements(selector: string): string[] {
  return selector.split(/,(?![^()]*\))/).map((part) => part.trim());
}

/**
 * Parse a label selector: `app=web,tier in (a, b),!canary,track!=beta,rev>3`.
 *
 * Throws `INVALID_ARGUMENT` for text that the API server would refuse; an empty
 * text selects everything.
 */
export function parseLabelSelector(selector: string): LabelSelector {
  if (typeof selector !== "string") throw invalidArgument("labelSelector", "a string", selector);
  if (selector.trim() === "") return [];
  return splitRequirements(selector).map((part) => parseRequirement(part, selector));
}

function holds(requirement: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case "notin":
      return value === undefined || !requirement.values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) > requirement.value;
    case "lt":
      return value !== undefined && /^-?\d+$/.test(value) && Number(value) < requirement.value;
  }
}

/** Tell whether labels satisfy a selector; as on the server, `!=` and `notin` hold for an absent label. */
export function matchesLabels(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return selector.every((requirement) => holds(requirement, labels ?? {}));
}

/** What `withLabel` can be told of a key: a value, several, or only that it is there or not. */
export type LabelCondition =
  | string
  | readonly string[]
  | { readonly exists: boolean }
  | { readonly not: string | readonly string[] };

/** Write one requirement as the query parameter has it, checked. */
export function formatLabelRequirement(key: string, condition: LabelCondition): string {
  const shown = `${key}: ${JSON.stringify(condition)}`;
  checkedKey(key, shown);
  const list = (values: readonly string[]): string => {
    if (values.length === 0) throw invalidArgument("labelSelector", "at least one value", shown);
    return values.map((value) => checkedValue(value, shown)).join(",");
  };
  if (typeof condition === "string") return `${key}=${list([condition])}`;
  if (Array.isArray(condition)) return `${key} in (${list(condition)})`;
  if ("exists" in condition) return condition.exists ? key : `!${key}`;
  if ("not" in condition) {
    return typeof condition.not === "string"
      ? `${key}!=${list([condition.not])}`
      : `${key} notin (${list(condition.not)})`;
  }
  throw invalidArgument("labelSelector", "a value, values, { exists } or { not }", condition);
}
