import type { Json } from "./server-under-test.ts";

/** The content type of server-side apply. */
export const applyPatch: Readonly<Record<string, string>> = {
  "content-type": "application/apply-patch+yaml",
};
export const strategicPatch: Readonly<Record<string, string>> = {
  "content-type": "application/strategic-merge-patch+json",
};

/** The fields that a manager has of an object; undefined where it has none. */
export function fieldsOf(
  object: Json,
  manager: string,
  operation: "Apply" | "Update" = "Apply",
  subresource?: string,
): Json {
  return entryOf(object, manager, operation, subresource)?.fieldsV1;
}

/** A manager's entry. */
export function entryOf(object: Json, manager: string, operation = "Apply", subresource?: string): Json {
  return (object.metadata.managedFields ?? []).find(
    (entry: Json) =>
      entry.manager === manager && entry.operation === operation && entry.subresource === subresource,
  );
}

/** The managers of an object, as `name operation subresource`. */
export function managersOf(object: Json): string[] {
  return (object.metadata.managedFields ?? []).map((entry: Json) =>
    [entry.manager, entry.operation, entry.subresource].filter((part) => part !== undefined).join(" "),
  );
}

/** The body of a refusal to apply, word for word; each conflict as manager and field. */
export function applyConflict(...conflicts: readonly (readonly [who: string, field: string])[]): Json {
  const [first] = conflicts;
  const managers = [...new Set(conflicts.map(([who]) => who))];
  const message =
    first !== undefined && conflicts.length === 1
      ? `Apply failed with 1 conflict: conflict with ${first[0]}: ${first[1]}`
      : `Apply failed with ${conflicts.length} conflicts: ${managers
          .flatMap((who) => [
            `conflicts with ${who}:`,
            ...conflicts.filter(([other]) => other === who).map(([, field]) => `- ${field}`),
          ])
          .join("\n")}`;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: "Conflict",
    details: {
      causes: conflicts.map(([who, field]) => ({
        reason: "FieldManagerConflict",
        message: `conflict with ${who}`,
        field,
      })),
    },
    code: 409,
  };
}
