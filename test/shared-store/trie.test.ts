import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena } from "../../src/shared-store/arena.ts";
import { leastBytes } from "../../src/shared-store/layout.ts";
import { SharedMemory } from "../../src/shared-store/shared-memory.ts";
import { findBlock, forEachValue, hasCode, popcount } from "../../src/shared-store/trie.ts";
import { TrieEditor } from "../../src/shared-store/trie-editor.ts";

function memory(): { memory: SharedMemory; arena: Arena } {
  const shared = new SharedMemory(new SharedArrayBuffer(leastBytes, { maxByteLength: 2 ** 26 }));
  return { memory: shared, arena: new Arena(shared, 2 ** 26, () => false) };
}

// Alike in their first bits, in their last ones, or not at all.
const code: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 0, max: 40 }).map((high) => (high << 26) | 5),
  fc.constantFrom(-1, 1 << 31, (1 << 31) | 1, 0x7fffffff),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).filter((one) => one !== 0),
);
const step = fc.record({
  type: fc.constantFrom("set", "set", "set", "remove", "commit", "rollback"),
  code,
});

function valuesOf({ words }: SharedMemory, root: number): number[] {
  const values: number[] = [];
  forEachValue(
    words,
    root,
    () => {},
    (value) => void values.push(value),
  );
  return values.sort((a, b) => a - b);
}

describe("TrieEditor", () => {
  it("equals a set after any changes, leaves committed tries alone, and gives back every block", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { memory: shared, arena } = memory();
        const editor = new TrieEditor(arena, shared, "set");
        const freeAtFirst = arena.freeUnits;
        let root = 0;
        let model = new Set<number>();
        let committed = { root, values: [] as number[] };
        let dying: number[] = [];
        for (const { type, code: one } of steps) {
          if (type === "set") {
            root = editor.set(root, one, one);
            model.add(one);
          } else if (type === "remove") {
            root = editor.remove(root, one);
            model.delete(one);
          } else if (type === "commit") {
            for (const block of dying) arena.free(block);
            dying = [];
            arena.commit((block) => void dying.push(block));
            committed = { root, values: valuesOf(shared, root) };
          } else {
            arena.rollback();
            root = committed.root;
            model = new Set(committed.values);
          }
          expect(valuesOf(shared, root)).toEqual([...model].sort((a, b) => a - b));
          expect(hasCode(shared.words, root, one)).toBe(model.has(one));
          expect(valuesOf(shared, committed.root)).toEqual(committed.values);
        }
        for (const one of model) root = editor.remove(root, one);
        expect(root).toBe(0);
        arena.commit((block) => void dying.push(block));
        for (const block of dying) arena.free(block);
        // But for the first unit of each chunk of small blocks.
        expect((freeAtFirst - arena.freeUnits) * 256).toBeLessThanOrEqual(freeAtFirst);
        expect(freeAtFirst - arena.freeUnits).toBeLessThan(8);
      }),
      { numRuns: 150 },
    );
  });

  it("finds blocks by the code that they carry, and exchanges them", () => {
    const { memory: shared, arena } = memory();
    const editor = new TrieEditor(arena, shared, "map");
    const block = (of: number): number => {
      const made = arena.allocate(2);
      shared.words[(made << 2) + 1] = of;
      return made;
    };
    const codes = Array.from({ length: 500 }, (_, index) => Math.imul(index + 1, 0x9e3779b1));
    let root = 0;
    for (const of of codes) root = editor.set(root, of, block(of));
    const newer = block(codes[7] ?? 0);
    root = editor.set(root, codes[7] ?? 0, newer);
    expect(findBlock(shared.words, root, codes[7] ?? 0)).toBe(newer);
    for (const of of codes) {
      expect(shared.words[(findBlock(shared.words, root, of) << 2) + 1]).toBe(of);
    }
    expect(findBlock(shared.words, root, 12345)).toBe(0);
    expect(findBlock(shared.words, 0, 12345)).toBe(0);
  });

  it("counts bits", () => {
    for (const bits of [0, 1, 1 << 31, -1, 0x55555555, 0x0f0f0f0f, 12345]) {
      expect(popcount(bits)).toBe((bits >>> 0).toString(2).replaceAll("0", "").length);
    }
  });
});
