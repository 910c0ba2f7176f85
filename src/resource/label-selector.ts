import { invalidArgument } from "../base/arguments.ts";
import type { KubeError } from "../base/errors.ts";
import { isDnsSubdomain } from "./dns-name.ts";

/** One requirement of a label selector; all of a selector's must hold. */
export type LabelRequirement =
  | { readonly operator: "in" | "notin"; readonly key: string; readonly values: readonly string[] }
  | { readonly operator: "exists" | "!"; readonly key: string }
  | { readonly operator: "gt" | "lt"; readonly key: string; readonly value: bigint };

/** A parsed label selector: requirements joined by "and"; none selects everything. */
export type LabelSelector = readonly LabelRequirement[];

const namePattern = /^[a-z0-9A-Z]([-a-z0-9A-Z_.]{0,61}[a-z0-9A-Z])?$/;
const integerPattern = /^[-+]?\d+$/;
// The white space is exactly the server's; any other character belongs to a word and makes it invalid.
const token = /[ \t\r\n]*(==|!=|[=!<>(),]|[^ \t\r\n=!<>(),]+)/gy;

/** Tell whether a text can be a label's key: a name, or a DNS subdomain, `/` and a name. */
export function isLabelKey(text: string): boolean {
  const slash = text.indexOf("/");
  return slash === -1
    ? namePattern.test(text)
    : isDnsSubdomain(text.slice(0, slash)) && namePattern.test(text.slice(slash + 1));
}

/** Tell whether a text can be a label's value; it may be empty. */
export function isLabelValue(text: string): boolean {
  return text === "" || namePattern.test(text);
}

function checkedKey(key: string, selector: string): string {
  if (isLabelKey(key)) return key;
  throw invalidArgument("labelSelector", `a label selector; \`${key}\` is not a label key`, selector);
}

function checkedValue(value: string, selector: string): string {
  if (isLabelValue(value)) return value;
  throw invalidArgument("labelSelector", `a label selector; \`${value}\` is not a label value`, selector);
}

/** The integer that a text stands for, undefined if it is none of 64 bits: as the server's parser has it. */
function int64(text: string): bigint | undefined {
  if (!integerPattern.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** The parser of the API server's `labels.Parse`, token by token, so that both refuse the same texts. */
class SelectorParser {
  readonly #selector: string;
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(selector: string) {
    this.#selector = selector;
    this.#tokens = [...selector.matchAll(token)].map(([, text = ""]) => text);
  }

  /** All requirements; `""` stands for the end of the text. */
  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    if (this.#peek() === "") return requirements;
    for (;;) {
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator === "") return requirements;
      if (separator !== ",") throw this.#unexpected(separator, "`,` or the end");
    }
  }

  #requirement(): LabelRequirement {
    const isAbsent = this.#peek() === "!";
    if (isAbsent) this.#take();
    const key = checkedKey(this.#word("a label key"), this.#selector);
    if (isAbsent) return { operator: "!", key };
    const following = this.#peek();
    if (following === "" || following === ",") return { operator: "exists", key };
    const operator = this.#take();
    switch (operator) {
      case "in":
      case "notin":
        return { operator, key, values: this.#values() };
      case "=":
      case "==":
        return { operator: "in", key, values: [this.#value()] };
      case "!=":
        return { operator: "notin", key, values: [this.#value()] };
      case ">":
      case "<":
        return { operator: operator === ">" ? "gt" : "lt", key, value: this.#integer() };
      default:
        throw this.#unexpected(operator, "in, notin, =, ==, !=, < or >");
    }
  }

  #values(): string[] {
    const open = this.#take();
    if (open !== "(") throw this.#unexpected(open, "`(`");
    const values: string[] = [];
    for (;;) {
      const isEmpty = this.#peek() === "," || this.#peek() === ")";
      values.push(isEmpty ? "" : checkedValue(this.#word("a label value"), this.#selector));
      const separator = this.#take();
      if (separator === ")") return values;
      if (separator !== ",") throw this.#unexpected(separator, "`,` or `)`");
    }
  }

  #value(): string {
    const isEmpty = this.#peek() === "" || this.#peek() === ",";
    return isEmpty ? "" : checkedValue(this.#word("a label value"), this.#selector);
  }

  #integer(): bigint {
    const value = int64(this.#value());
    if (value === undefined) {
      throw invalidArgument("labelSelector", "a label selector; `<` and `>` take an integer", this.#selector);
    }
    return value;
  }

  #word(expected: string): string {
    const word = this.#take();
    if (word === "" || /^[=!<>(),]/.test(word)) throw this.#unexpected(word, expected);
    return word;
  }

  #peek(): string {
    return this.#tokens[this.#next] ?? "";
  }

  #take(): string {
    const taken = this.#peek();
    this.#next += 1;
    return taken;
  }

  #unexpected(found: string, expected: string): KubeError {
    const what = found === "" ? "the end" : `\`${found}\``;
    return invalidArgument(
      "labelSelector",
      `a label selector; found ${what} instead of ${expected}`,
      this.#selector,
    );
  }
}

/**
 * Parse a label selector: `app=web,tier in (a, b),!canary,track!=beta,rev>3`.
 *
 * Throws `INVALID_ARGUMENT` for text that the API server would refuse; an empty
 * text selects everything.
 */
export function parseLabelSelector(selector: string): LabelSelector {
  if (typeof selector !== "string") throw invalidArgument("labelSelector", "a string", selector);
  return new SelectorParser(selector).parse();
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
    case "lt": {
      const number = value === undefined ? undefined : int64(value);
      if (number === undefined) return false;
      return requirement.operator === "gt" ? number > requirement.value : number < requirement.value;
    }
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

function showCondition(key: string, condition: unknown): string {
  try {
    return `${key}: ${JSON.stringify(condition)}`;
  } catch {
    return key;
  }
}

/** Write one requirement as the query parameter has it, checked. */
export function formatLabelRequirement(key: string, condition: LabelCondition): string {
  if (typeof key !== "string") throw invalidArgument("key", "a label key", key);
  const shown = showCondition(key, condition);
  checkedKey(key, shown);
  const list = (values: readonly string[]): string => {
    if (!Array.isArray(values) || values.length === 0 || !values.every((one) => typeof one === "string")) {
      throw invalidArgument("labelSelector", "at least one value, all of them strings", shown);
    }
    return values.map((value) => checkedValue(value, shown)).join(",");
  };
  if (typeof condition === "string") return `${key}=${list([condition])}`;
  if (Array.isArray(condition)) return `${key} in (${list(condition)})`;
  // With both, one of them would be dropped, and more selected than was meant.
  if (typeof condition !== "object" || condition === null || ("exists" in condition && "not" in condition)) {
    throw invalidArgument("labelSelector", "a value, values, { exists } or { not }", condition);
  }
  if ("exists" in condition) {
    if (typeof condition.exists !== "boolean")
      throw invalidArgument("exists", "true or false", condition.exists);
    return condition.exists ? key : `!${key}`;
  }
  if ("not" in condition) {
    return typeof condition.not === "string"
      ? `${key}!=${list([condition.not])}`
      : `${key} notin (${list(condition.not)})`;
  }
  throw invalidArgument("labelSelector", "a value, values, { exists } or { not }", condition);
}
