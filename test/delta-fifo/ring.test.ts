import { describe, expect, it } from "vitest";
import { Ring } from "../../src/delta-fifo/ring.ts";

describe("Ring", () => {
  it("empties the slots it leaves, so that nothing popped is held (D33)", async () => {
    const ring = new Ring<object>();
    const popped = (() => {
      ring.push({ large: new Array(1000).fill(0) });
      ring.push({});
      const value = ring.shift();
      return new WeakRef(value ?? {});
    })();
    const { setFlagsFromString } = await import("node:v8");
    const { runInNewContext } = await import("node:vm");
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    // A WeakRef holds its target until the current job ends.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect(popped.deref()).toBe(undefined);
    expect(ring.head).toBe(1);
  });

  it("gives memory back once a long queue has run empty (D33)", () => {
    const ring = new Ring<number>();
    for (let value = 0; value < 100_000; value++) ring.push(value);
    expect(ring.capacity).toBeGreaterThanOrEqual(100_000);
    let inOrder = 0;
    for (let value = 0; value < 100_000; value++) if (ring.shift() === value) inOrder++;
    expect(inOrder).toBe(100_000);
    expect([ring.capacity, ring.shift()]).toEqual([16, undefined]);
    const position = ring.push(7);
    expect(ring.at(position)).toBe(7);
  });

  it("exchanges and empties values in place, at positions that do not change", () => {
    const ring = new Ring<string>();
    const positions = Array.from({ length: 20 }, (_, at) => ring.push(`${at}`));
    const [first = 0, second = 0] = positions;
    ring.set(first, "x");
    ring.set(second, undefined);
    for (let count = 0; count < 40; count++) ring.push("more");
    expect([ring.at(first), ring.at(second), ring.shift(), ring.shift(), ring.shift()]).toEqual([
      "x",
      undefined,
      "x",
      undefined,
      "2",
    ]);
    expect([ring.at(first), ring.at(ring.tail)]).toEqual([undefined, undefined]);
  });
});
