import { isJsonObject } from "../../base/json-object.ts";
import { type LabelRequirement, matchesLabels } from "../../resource/label-selector.ts";

const operators: Readonly<Record<string, LabelRequirement["operator"]>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

function requirementOf(expression: unknown): LabelRequirement | undefined {
  if (!isJsonObject(expression)) return undefined;
  const key = String(expression.key ?? "");
  const values = Array.isArray(expression.values) ? expression.values.map(String) : [];
  const operator = operators[String(expression.operator)];
  if (operator === "in" || operator === "notin") return { operator, key, values };
  return operator === "exists" || operator === "!" ? { operator, key } : undefined;
}

/**
 * Tell whether labels are selected by a selector as objects carry one: `{ matchLabels, matchExpressions }`.
 *
 * An empty selector selects everything, none at all nothing.
 */
export function selectsLabels(
  selector: unknown,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (!isJsonObject(selector)) return false;
  const pairs = isJsonObject(selector.matchLabels) ? Object.entries(selector.matchLabels) : [];
  const expressions = Array.isArray(selector.matchExpressions) ? selector.matchExpressions : [];
  const requirements = [
    ...pairs.map(([key, value]): LabelRequirement => ({ operator: "in", key, values: [String(value)] })),
    ...expressions.map(requirementOf).filter((requirement) => requirement !== undefined),
  ];
  return matchesLabels(requirements, labels);
}
