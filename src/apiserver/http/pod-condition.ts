import { isJsonObject } from "../../base/json-object.ts";
import type { StoredObject } from "../storage/port.ts";
import { timestamp } from "./identity.ts";
import { member } from "./strategy.ts";

/** A condition as a server sets it; when it changed is added. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly [field: string]: unknown;
}

/** An object with a condition in its status: replaced where there is one of the type, last otherwise. */
export function withCondition(object: StoredObject, condition: Condition): StoredObject {
  const status = member(object, "status");
  const all: unknown[] = Array.isArray(status.conditions) ? status.conditions : [];
  const at = all.findIndex((one) => isJsonObject(one) && one.type === condition.type);
  const before = all[at];
  const isSame = isJsonObject(before) && before.status === condition.status;
  const lastTransitionTime = isSame ? before.lastTransitionTime : timestamp();
  const next = { ...condition, lastTransitionTime };
  const conditions = at < 0 ? [...all, next] : all.with(at, next);
  const changed: StoredObject & { status: unknown } = { ...object, status: { ...status, conditions } };
  return changed;
}
