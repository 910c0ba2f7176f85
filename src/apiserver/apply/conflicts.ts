import type { StatusCause } from "../../base/api-error.ts";
import { StatusError } from "../http/status-error.ts";
import { type FieldSet, pathsOf } from "./field-set.ts";
import { type Manager, managerId } from "./managers.ts";
import { pathText } from "./path-element.ts";

/** Fields of another manager that an apply would change. */
export interface ManagerConflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

function managerText({ name, operation, apiVersion, subresource }: Manager, version?: string): string {
  const quoted = JSON.stringify(name);
  const named = subresource === "" ? quoted : `${quoted} with subresource ${JSON.stringify(subresource)}`;
  return operation === "Update" ? `${named} using ${version ?? apiVersion}` : named;
}

/** 409 for an apply without force, with a cause per field, worded as kube-apiserver does. */
export function applyConflict(conflicts: readonly ManagerConflict[], version?: string): StatusError {
  const sorted = conflicts
    .map(({ manager, fields }) => ({
      id: managerId(manager),
      who: managerText(manager, version),
      paths: pathsOf(fields).map(pathText),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const causes: StatusCause[] = sorted.flatMap(({ who, paths }) =>
    paths.map((field) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${who}`,
      field,
    })),
  );
  const [first] = causes;
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${first?.message ?? ""}: ${first?.field ?? ""}`
      : `Apply failed with ${causes.length} conflicts: ${sorted
          .flatMap(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)])
          .join("\n")}`;
  return new StatusError(409, "Conflict", message, { causes });
}
