import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { KeyTable } from "../../src/bytes/key-table.ts";
import { keyOf } from "../../src/resource/key.ts";

function key(table: KeyTable, name: string, namespace: string = ""): string {
  const bytes = Buffer.from(`"${namespace}","${name}"`);
  const nameEnd = bytes.length - 1;
  return table.keyOf(bytes, {
    start: -1,
    end: -1,
    nameStart: nameEnd - name.length,
    nameEnd,
    namespaceStart: namespace === "" ? -1 : 1,
    namespaceEnd: namespace === "" ? -1 : 1 + namespace.length,
    uidStart: -1,
    uidEnd: -1,
    versionStart: -1,
    versionEnd: -1,
  });
}

const name = fc.oneof(
  fc.stringMatching(/^[a-z0-9.-]{1,30}$/),
  // Few and short ones, so that the same comes again and names and namespaces look alike.
  fc.stringMatching(/^[ab/]{1,3}$/),
);

/** How many strings are made for these keys. */
function made(table: KeyTable, names: readonly string[], namespace?: string): number {
  const slice = vi.spyOn(Buffer.prototype, "toString");
  try {
    for (const one of names) key(table, one, namespace);
    return slice.mock.calls.length;
  } finally {
    slice.mockRestore();
  }
}

describe("KeyTable", () => {
  it("makes the key of any name and namespace (S1)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, fc.option(name, { nil: undefined })), { maxLength: 50 }),
        (names) => {
          const table = new KeyTable();
          for (const [one, namespace] of names)
            expect(key(table, one, namespace)).toBe(keyOf(namespace, one));
        },
      ),
    );
  });

  it.each([
    ["a namespace", "shop"],
    ["no namespace", undefined],
  ])("makes the key of an object in %s once, however often it comes", (_, namespace) => {
    const table = new KeyTable();
    const names = Array.from({ length: 50 }, (_, index) => `web-${index}`);
    expect(made(table, names, namespace)).toBe(50);
    for (let round = 0; round < 5; round += 1) expect(made(table, names, namespace)).toBe(0);
  });

  it("tells keys apart whose hashes are the same", () => {
    const table = new KeyTable();
    for (const one of ["web-162vu", "web-1duea", "web-162vu"]) expect(key(table, one)).toBe(one);
  });

  it("grows with the keys that come again", () => {
    const table = new KeyTable();
    const names = Array.from({ length: 10_000 }, (_, index) => `web-${index}`);
    for (let round = 0; round < 12; round += 1) made(table, names, "shop");
    expect(made(table, names, "shop")).toBeLessThan(50);
  });

  it("forgets keys rather than hold more than 65,536", () => {
    const table = new KeyTable();
    const names = Array.from({ length: 100_000 }, (_, index) => `web-${index}`);
    for (let round = 0; round < 2; round += 1) for (const one of names) key(table, one);
    expect(made(table, names)).toBeGreaterThan(100_000 - 65_536);
  });
});
