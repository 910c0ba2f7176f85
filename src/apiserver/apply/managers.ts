import { isJsonObject } from "../../base/json-object.ts";
import type { ManagedFieldsEntry } from "../../resource/object.ts";
import { emptySet, type FieldSet, isEmptySet, parseFieldSet, union } from "./field-set.ts";

/** A field manager's entry: which fields it set by which operation. */
export interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** When it last changed something; absent where nobody said. */
  readonly time: string | undefined;
  readonly fields: FieldSet;
}

/** All managers of an object, by what tells them apart. */
export type Managers = Map<string, Manager>;

const mostUpdaters = 10;
const mergedUpdaters = "ancient-changes";

/** What tells managers apart: an applier is one in all versions, an updater is one in each. */
export function managerId(
  manager: Pick<Manager, "name" | "operation" | "apiVersion" | "subresource">,
): string {
  const { name, operation, apiVersion, subresource } = manager;
  return JSON.stringify([name, operation, operation === "Apply" ? "" : apiVersion, subresource]);
}

function parseManager(entry: unknown): Manager | undefined {
  if (!isJsonObject(entry)) return undefined;
  const { manager = "", operation, apiVersion, subresource = "", time, fieldsType, fieldsV1 } = entry;
  const fields = fieldsV1 === undefined || fieldsV1 === null ? emptySet : parseFieldSet(fieldsV1);
  const isKnown = (operation === "Apply" || operation === "Update") && fieldsType === "FieldsV1";
  if (!isKnown || fields === undefined || typeof apiVersion !== "string" || apiVersion === "")
    return undefined;
  if (typeof manager !== "string" || typeof subresource !== "string") return undefined;
  return {
    name: manager,
    operation,
    apiVersion,
    subresource,
    time: typeof time === "string" ? time : undefined,
    fields,
  };
}

/** Read managedFields; undefined where one of the entries is none. */
export function parseManagers(entries: readonly unknown[] | undefined): Managers | undefined {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    const manager = parseManager(entry);
    if (manager === undefined) return undefined;
    managers.set(managerId(manager), manager);
  }
  return managers;
}

function seconds({ time }: Manager): number {
  const at = time === undefined ? 0 : Date.parse(time);
  return Number.isNaN(at) ? 0 : Math.floor(at / 1000);
}

function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Read managedFields that {@link managerEntries} wrote. */
export function storedManagers(entries: readonly ManagedFieldsEntry[] = []): Managers {
  const managers: Managers = new Map();
  for (const entry of entries) {
    const { manager: name = "", operation, apiVersion = "", subresource = "", time } = entry;
    const fields: FieldSet = isFieldSet(entry.fieldsV1) ? entry.fieldsV1 : emptySet;
    const manager: Manager = {
      name,
      operation: operation === "Apply" ? "Apply" : "Update",
      apiVersion,
      subresource,
      time,
      fields,
    };
    managers.set(managerId(manager), manager);
  }
  return managers;
}

/** What was written as a set of fields is one. */
function isFieldSet(value: unknown): value is FieldSet {
  return isJsonObject(value);
}

/** Write managedFields: appliers before updaters, the oldest first. */
export function managerEntries(managers: Managers): ManagedFieldsEntry[] {
  const sorted = [...managers.values()].sort(
    (a, b) =>
      byText(a.operation, b.operation) ||
      seconds(a) - seconds(b) ||
      byText(a.name, b.name) ||
      byText(a.apiVersion, b.apiVersion) ||
      byText(a.subresource, b.subresource),
  );
  return sorted.map(({ name, operation, apiVersion, subresource, time, fields }) => ({
    ...(name === "" ? {} : { manager: name }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: { ...fields },
    ...(subresource === "" ? {} : { subresource }),
  }));
}

/** Give managers other fields, and leave out those that have none left. */
export function withFields(managers: Managers, change: (manager: Manager, id: string) => FieldSet): Managers {
  const result: Managers = new Map();
  for (const [id, manager] of managers) {
    const fields = change(manager, id);
    if (!isEmptySet(fields)) result.set(id, fields === manager.fields ? manager : { ...manager, fields });
  }
  return result;
}

/** Keep at most ten updaters: the oldest become one. */
export function capUpdaters(managers: Managers): Managers {
  const updaters = [...managers].filter(([, { operation }]) => operation === "Update");
  let left = updaters.length;
  if (left <= mostUpdaters) return managers;
  updaters.sort(([a, x], [b, y]) => seconds(x) - seconds(y) || byText(a, b));
  const capped: Managers = new Map(managers);
  const first = new Map<string, Manager>();
  for (const [id, manager] of updaters) {
    if (left <= mostUpdaters) break;
    const { apiVersion } = manager;
    const oldest = first.get(apiVersion);
    if (oldest === undefined) {
      first.set(apiVersion, manager);
      continue;
    }
    const bucket: Manager = {
      name: mergedUpdaters,
      operation: "Update",
      apiVersion,
      subresource: "",
      time: manager.time,
      fields: emptySet,
    };
    const before = capped.get(managerId(bucket));
    if (before === undefined) capped.delete(managerId(oldest));
    const fields = union(manager.fields, before?.fields ?? oldest.fields);
    capped.delete(id);
    capped.set(managerId(bucket), { ...bucket, fields });
    left--;
  }
  return capped;
}
