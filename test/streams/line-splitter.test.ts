import { expect, it } from "vitest";
import { LineSplitter } from "../../src/streams/line-splitter.ts";

it("puts a line together that came byte by byte, and the next one", () => {
  const splitter = new LineSplitter(1_000_000, "read a log");
  const line = "ü€x".repeat(2000);
  const lines: string[] = [];
  for (const byte of Buffer.from(`${line}\nshort\nrest`)) lines.push(...splitter.push(Uint8Array.of(byte)));
  expect(lines).toEqual([line, "short"]);
  expect(splitter.finish()).toBe("rest");
  expect(splitter.finish()).toBeUndefined();
});

it("keeps few pieces of a line that comes byte by byte", () => {
  const splitter = new LineSplitter(10_000_000, "read a log");
  const before = process.memoryUsage().heapUsed;
  for (let byte = 0; byte < 1_000_000; byte += 1) splitter.push(Uint8Array.of(0x61)).next();
  // A piece of its own for each of them takes over a hundred bytes of heap.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(80_000_000);
  expect(splitter.finish()).toHaveLength(1_000_000);
});
