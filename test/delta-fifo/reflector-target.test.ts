import { describe, expect, it } from "vitest";
import { reflectorTarget } from "../../src/delta-fifo/reflector-target.ts";
import { change, drain, mainQueue, record } from "./entries.ts";

describe("reflectorTarget", () => {
  it("queues a list as one entry, then changes and bookmarks in their order (D18, D19)", () => {
    const queue = mainQueue();
    const target = reflectorTarget(queue);
    const records = [record("a@1"), record("b@2")];
    const bookmark = { type: "BOOKMARK", resourceVersion: "9", isInitialEventsEnd: false } as const;
    const update = change("MODIFIED", "a@8");
    expect(target.replace(records, "5")).toBe(undefined);
    expect(target.apply([update, bookmark])).toBe(undefined);
    expect(drain(queue)).toEqual([
      { type: "REPLACED", records, resourceVersion: "5", isFirst: true },
      update,
      bookmark,
    ]);
  });

  it("calls lists first until one was processed (D21)", () => {
    const queue = mainQueue();
    const target = reflectorTarget(queue);
    target.replace([], "1");
    queue.pop();
    target.replace([], "2");
    const second = queue.pop();
    if (second !== undefined) queue.done(second);
    target.replace([], "3");
    expect([second, queue.pop()]).toMatchObject([{ isFirst: true }, { isFirst: false }]);
  });

  it("keeps the reflector waiting above the high-water mark (P21)", async () => {
    const queue = mainQueue({ highWaterMark: 1 });
    const target = reflectorTarget(queue);
    expect(target.replace([], "1")).toBe(undefined);
    const paused = target.apply([change("ADDED", "a@2"), change("ADDED", "b@3")]);
    expect(paused).toBeInstanceOf(Promise);
    expect(target.replace([], "4")).toBe(paused);
    drain(queue);
    await paused;
  });

  it("hands what draining returns or throws to the reflector (D28, R33)", async () => {
    const queue = mainQueue();
    const pressure = Promise.resolve();
    let drained: () => Promise<void> | undefined = () => pressure;
    const target = reflectorTarget(queue, () => drained());
    expect(target.replace([], "1")).toBe(pressure);
    expect(target.apply([change("ADDED", "a@2")])).toBe(pressure);
    drained = () => {
      throw new TypeError("transform");
    };
    expect(() => target.apply([change("ADDED", "b@3")])).toThrow("transform");
    expect(queue.length).toBe(3);
  });
});
