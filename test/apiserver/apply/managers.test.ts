import { describe, expect, it } from "vitest";
import { setOf } from "../../../src/apiserver/apply/field-set.ts";
import {
  capUpdaters,
  type Manager,
  type Managers,
  managerEntries,
  managerId,
  parseManagers,
} from "../../../src/apiserver/apply/managers.ts";
import { managerName } from "../../../src/apiserver/http/managed-fields.ts";

function manager(name: string, more: Partial<Manager> = {}): Manager {
  return {
    name,
    operation: "Update",
    apiVersion: "v1",
    subresource: "",
    time: undefined,
    fields: setOf([`f:${name}`]),
    ...more,
  };
}

function all(...managers: readonly Manager[]): Managers {
  return new Map(managers.map((one) => [managerId(one), one]));
}

describe("field managers", () => {
  it("are written appliers first, then by time, then by name", () => {
    const managers = all(
      manager("b", { time: "2026-01-01T00:00:02Z" }),
      manager("c", { time: "2026-01-01T00:00:01Z" }),
      manager("a", { time: "2026-01-01T00:00:02Z" }),
      manager("z", { operation: "Apply", time: "2026-01-01T00:00:09Z" }),
    );
    expect(managerEntries(managers).map((entry) => entry.manager)).toEqual(["z", "c", "a", "b"]);
    expect(parseManagers(managerEntries(managers))).toEqual(managers);
  });

  it("are told apart by operation, subresource and, when they update, by version", () => {
    const ids = [
      manager("m"),
      manager("m", { operation: "Apply" }),
      manager("m", { subresource: "status" }),
      manager("m", { apiVersion: "v2" }),
    ].map(managerId);
    expect(new Set(ids).size).toBe(4);
    expect(managerId(manager("m", { operation: "Apply", apiVersion: "v2" }))).toBe(ids[1]);
  });

  it.each([
    { operation: "Guess", apiVersion: "v1", fieldsType: "FieldsV1" },
    { operation: "Update", apiVersion: "", fieldsType: "FieldsV1" },
    { operation: "Update", apiVersion: "v1", fieldsType: "FieldsV2" },
    { operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: { x: {} } },
    { operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", manager: 5 },
  ])("are not read from %j", (entry) => {
    expect(parseManagers([entry])).toBeUndefined();
  });

  it("are ten updaters at most: the oldest become one", () => {
    const time = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, "0")}Z`;
    const many = Array.from({ length: 12 }, (_, at) => manager(`m${at}`, { time: time(at) }));
    const capped = capUpdaters(all(...many, manager("applier", { operation: "Apply" })));
    const entries = managerEntries(capped);
    expect(entries).toHaveLength(11);
    const merged = entries.find((entry) => entry.manager === "ancient-changes");
    expect(merged).toMatchObject({ time: time(2), fieldsV1: { "f:m0": {}, "f:m1": {}, "f:m2": {} } });
    const few = all(...many.slice(0, 10));
    expect(capUpdaters(few)).toBe(few);
  });

  it("are named by fieldManager, or by what is printable of the user agent, up to 128 bytes", () => {
    expect(managerName("me", "tool/1")).toBe("me");
    expect(managerName("", "to\u0007ol/1 (linux)")).toBe("tool");
    expect(managerName(null, `${"é".repeat(80)}/1`)).toBe("é".repeat(64));
    expect(managerName(null, undefined)).toBe("");
  });
});
