import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena, NoRoom } from "../../src/shared-store/arena.ts";
import { headerUnits, leastBytes, unitBytes } from "../../src/shared-store/layout.ts";
import { SharedMemory } from "../../src/shared-store/shared-memory.ts";

const mostBytes = 4 * 2 ** 20;

function arena(makeRoom: () => boolean = () => false): { memory: SharedMemory; arena: Arena } {
  const memory = new SharedMemory(new SharedArrayBuffer(leastBytes, { maxByteLength: mostBytes }));
  return { memory, arena: new Arena(memory, mostBytes, makeRoom) };
}

/** Fill a block with a mark, and look at it later: it shows writes of any other block into this one. */
function mark({ words }: SharedMemory, block: number, size: number, value: number): void {
  words.fill(value, (block << 2) + 1, (block << 2) + size);
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("take" as const), size: fc.nat(60) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("take" as const), size: fc.nat(20_000) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("free" as const), size: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("retire" as const), size: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("commit" as const), size: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("rollback" as const), size: fc.constant(0) }) },
);

describe("Arena", () => {
  it("never gives out memory twice, merges what is free, and takes back all of a change", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { memory, arena: blocks } = arena();
        interface Block {
          readonly block: number;
          readonly size: number;
          readonly value: number;
        }
        let settled: Block[] = [];
        let fresh: Block[] = [];
        let doomed: Block[] = [];
        let value = 0;
        const check = ({ block, size, value: expected }: Block): void => {
          const at = block << 2;
          const content = memory.words.subarray(at + 1, at + size);
          expect(content.every((word) => word === expected)).toBe(true);
        };
        for (const { type, size } of steps) {
          if (type === "take") {
            const words = size + 2;
            const block = blocks.tryAllocate(words);
            if (block === 0) continue;
            mark(memory, block, words, ++value);
            fresh.push({ block, size: words, value });
          } else if (type === "free" && settled.length > 0) {
            const [gone] = settled.splice(size % settled.length, 1);
            if (gone === undefined) continue;
            check(gone);
            blocks.free(gone.block);
          } else if (type === "retire" && settled.length + fresh.length > 0) {
            const isFresh = size % 2 === 0 && fresh.length > 0;
            const from = isFresh || settled.length === 0 ? fresh : settled;
            const [gone] = from.splice(size % from.length, 1);
            if (gone === undefined) continue;
            blocks.retire(gone.block);
            if (from === settled) doomed.push(gone);
          } else if (type === "commit") {
            const dying: number[] = [];
            blocks.commit((block) => void dying.push(block));
            expect(dying.sort()).toEqual(doomed.map(({ block }) => block).sort());
            for (const one of doomed) check(one);
            for (const block of dying) blocks.free(block);
            settled = [...settled, ...fresh];
            [fresh, doomed] = [[], []];
          } else if (type === "rollback") {
            blocks.rollback();
            settled = [...settled, ...doomed];
            [fresh, doomed] = [[], []];
          }
          for (const one of [...settled, ...fresh, ...doomed]) check(one);
        }
        blocks.rollback();
        for (const { block } of [...settled, ...doomed]) blocks.free(block);
        // What is left is chunks of small blocks, and large free blocks that do not touch.
        let wasFree = false;
        let units = 0;
        let chunks = 0;
        blocks.walk((_, size, isFree) => {
          expect(isFree && wasFree).toBe(false);
          wasFree = isFree;
          units += size;
          if (!isFree) chunks++;
        });
        expect(units).toBe(memory.units - headerUnits - 1);
        // Of each chunk, the first unit is its own.
        expect(units - blocks.freeUnits).toBe(chunks);
      }),
      { numRuns: 100 },
    );
  });

  it("grows up to its limit, and says what did not fit", () => {
    const { memory, arena: blocks } = arena();
    let count = 0;
    expect(() => {
      for (;;) {
        blocks.allocate(10_000);
        count++;
      }
    }).toThrow(NoRoom);
    expect(memory.units * unitBytes).toBe(mostBytes);
    expect(count * 40_000).toBeGreaterThan(mostBytes - 40_000 - 16_384);
    expect(() => blocks.allocate(2_000_000)).toThrow(expect.objectContaining({ sizeBytes: 8_000_000 }));
  });

  it("asks for room before it grows", () => {
    let asked = 0;
    const freed: number[] = [];
    const { memory, arena: blocks } = arena(() => {
      asked++;
      const block = freed.pop();
      if (block !== undefined) blocks.free(block);
      return block !== undefined;
    });
    const first = blocks.allocate(100_000);
    blocks.allocate(100_000);
    expect(asked).toBe(0);
    freed.push(first);
    blocks.allocate(100_000);
    expect([asked, memory.units * unitBytes]).toEqual([1, leastBytes]);
    blocks.allocate(100_000);
    expect(asked).toBe(2);
    expect(memory.units * unitBytes).toBeGreaterThan(leastBytes);
  });
});
