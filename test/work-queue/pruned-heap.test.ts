import { describe, expect, it, vi } from "vitest";
import { PrunedHeap } from "../../src/work-queue/pruned-heap.ts";

interface Value {
  readonly rank: number;
  isLive: boolean;
}

function filled(
  count: number,
  onDropped?: (value: Value) => void,
): { heap: PrunedHeap<Value>; values: Value[] } {
  const heap = new PrunedHeap<Value>({
    compare: (a, b) => a.rank - b.rank,
    isLive: ({ isLive }) => isLive,
    onDropped,
  });
  const values = Array.from({ length: count }, (_, at) => ({ rank: (at * 7919) % count, isLive: true }));
  for (const value of values) heap.push(value);
  return { heap, values };
}

describe("PrunedHeap", () => {
  it("gives its values in their order", () => {
    const { heap } = filled(1_000);
    expect(heap.peek()?.rank).toBe(0);
    expect(Array.from({ length: 1_000 }, () => heap.pop()?.rank)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => i),
    );
    expect([heap.pop(), heap.peek()]).toEqual([undefined, undefined]);
  });

  it("holds no more garbage than live values, and keeps their order (Q13)", () => {
    const onDropped = vi.fn();
    const { heap, values } = filled(1_000, onDropped);
    let live = values.length;
    for (const value of values) {
      if (value.rank % 10 === 0) continue;
      value.isLive = false;
      heap.prune(--live);
      expect(heap.length).toBeLessThanOrEqual(2 * live + 32);
    }
    expect(live).toBe(100);
    const left: number[] = [];
    for (let value = heap.pop(); value !== undefined; value = heap.pop())
      if (value.isLive) left.push(value.rank);
    expect(left).toEqual(Array.from({ length: 100 }, (_, i) => i * 10));
    expect(onDropped.mock.calls.every(([{ isLive }]) => isLive === false)).toBe(true);
  });

  it("walks through its values rarely: on average a few steps for each one withdrawn", () => {
    const isLive = vi.fn((value: Value) => value.isLive);
    const heap = new PrunedHeap<Value>({ compare: (a, b) => a.rank - b.rank, isLive });
    for (let rank = 0; rank < 1_000; rank++) heap.push({ rank, isLive: true });
    for (let rank = 1_000; rank < 11_000; rank++) {
      const value = { rank, isLive: true };
      heap.push(value);
      value.isLive = false;
      heap.prune(1_000);
      expect(heap.length).toBeLessThanOrEqual(2_032);
    }
    expect(isLive.mock.calls.length).toBeLessThan(30_000);
  });
});
