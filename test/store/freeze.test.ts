import { describe, expect, it } from "vitest";
import { deepFreeze } from "../../src/store/freeze.ts";

describe("deepFreeze", () => {
  it("freezes an object and everything in it, in place (S7 BEAT)", () => {
    const object = { metadata: { labels: { app: "web" } }, spec: { ports: [{ port: 80 }] }, gone: null };
    expect(deepFreeze(object)).toBe(object);
    expect(() => Object.assign(object.metadata.labels, { app: "db" })).toThrow(TypeError);
    expect(() => object.spec.ports.push({ port: 81 })).toThrow(TypeError);
    expect(Object.isFrozen(object.spec.ports[0])).toBe(true);
  });

  it("reaches what lies below an object that came frozen", () => {
    const inner = { value: 1 };
    deepFreeze({ outer: Object.freeze({ inner }) });
    expect(Object.isFrozen(inner)).toBe(true);
  });

  it("ends at cycles, and passes over bytes and plain values", () => {
    const cycle: { self?: unknown; frozen?: unknown } = {};
    cycle.self = cycle;
    cycle.frozen = Object.freeze({ back: cycle });
    expect(Object.isFrozen(deepFreeze(cycle))).toBe(true);
    const bytes = { data: new Uint8Array(2) };
    expect(Object.isFrozen(deepFreeze(bytes))).toBe(true);
    expect([deepFreeze(3), deepFreeze(null), deepFreeze("x")]).toEqual([3, null, "x"]);
  });

  it("takes nesting that a recursive walk could not", () => {
    let deep: { next?: object } = {};
    const innermost = deep;
    for (let depth = 0; depth < 50_000; depth++) deep = { next: deep };
    deepFreeze(deep);
    expect(Object.isFrozen(innermost)).toBe(true);
  });
});
