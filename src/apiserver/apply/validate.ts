import type { ScalarType, TypeSchema } from "../schema/type-schema.ts";
import { goSyntax, goText, goType } from "./go-format.ts";
import { elementText, fieldElement, type PathElement } from "./path-element.ts";
import { itemElement, membersOf, shapeOf, TypedValueError, type Value } from "./typed-value.ts";

function scalarProblem(scalar: ScalarType, value: Value): string | undefined {
  const type = typeof value;
  switch (scalar) {
    case "string":
      return type === "string"
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`;
    case "numeric":
      return type === "number" ? undefined : `expected numeric (int or float), got ${goType(value)}`;
    case "boolean":
      return type === "boolean" ? undefined : `expected boolean, got &{${goText(value)}}`;
    case "any":
      return ["string", "number", "boolean"].includes(type)
        ? undefined
        : `expected any scalar, got &{${goText(value)}}`;
  }
}

/** What of an applied object does not fit its type, as kube-apiserver words it. */
export function typeProblems(type: TypeSchema, value: Value): string[] {
  const shape = shapeOf(type, value);
  if (value === null) return [];
  if (shape.is === "scalar") {
    const problem = scalarProblem(shape.scalar, value);
    return problem === undefined ? [] : [`: ${problem}`];
  }
  if (shape.is === "list") {
    if (!Array.isArray(value)) return [`: expected list, got &{${goText(value)}}`];
    const seen = new Set<PathElement>();
    return value.flatMap((item: unknown, at) => {
      if (shape.list.isAtomic) return within(`[${at}]`, typeProblems(shape.list.item(), item));
      try {
        const element = itemElement(shape.list, item);
        const twice = seen.has(element) ? [`: duplicate entries for key ${elementText(element)}`] : [];
        seen.add(element);
        return [...twice, ...within(elementText(element), typeProblems(shape.list.item(), item))];
      } catch (error) {
        if (error instanceof TypedValueError) return [`: element ${at}: ${error.message}`];
        throw error;
      }
    });
  }
  const members = membersOf(value);
  if (members === undefined) return [`: expected map, got &{${goText(value)}}`];
  return Object.entries(members).flatMap(([name, member]) => {
    const at = elementText(fieldElement(name));
    const inner = shape.map.fields.get(name)?.type ?? shape.map.item;
    return within(
      at,
      inner === undefined ? [": field not declared in schema"] : typeProblems(inner(), member),
    );
  });
}

function within(prefix: string, problems: readonly string[]): string[] {
  return problems.map((problem) => `${prefix}${problem}`);
}
