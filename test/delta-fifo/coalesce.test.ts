import { describe, expect, it } from "vitest";
import { mergeNotifications } from "../../src/delta-fifo/coalesce.ts";
import type { ListenerEntry, Notification } from "../../src/delta-fifo/notification.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import { added, deleted, drain, listenerQueue, modified, record, show } from "./entries.ts";

type Entry = ListenerEntry<KubeObject>;

function coalesced(...entries: Entry[]): string[] {
  const queue = listenerQueue({ coalesce: "always" });
  for (const entry of entries) queue.push(entry);
  return drain(queue).map(show);
}

describe("DeltaFIFO, always coalescing", () => {
  it("lets the newest state win at the place of the first (I3 BEAT)", () => {
    expect(coalesced(modified("a@2", "a@1"), modified("b@3", "b@1"), modified("a@4", "a@2"))).toEqual([
      "MODIFIED a@1→4 u1",
      "MODIFIED b@1→3 u1",
    ]);
  });

  it("keeps ADDED, with its initial, for an object the listener has not seen", () => {
    expect(coalesced(added("a@1", "u1", true), modified("a@2", "a@1"), modified("a@3", "a@2"))).toEqual([
      "ADDED a@3 u1 initial",
    ]);
  });

  it("keeps the first previous: what the listener was told before", () => {
    const entries = [modified("a@2", "a@1"), modified("a@3", "a@2"), modified("a@4", "a@3")];
    expect(coalesced(...entries)).toEqual(["MODIFIED a@1→4 u1"]);
  });

  it("never loses a deletion, also of an object that was not delivered yet", () => {
    expect(coalesced(modified("a@2", "a@1"), deleted("a@3"))).toEqual(["DELETED a@3 u1"]);
    expect(coalesced(added("a@2"), deleted("a@3", "u1", true))).toEqual(["DELETED a@3 u1 unknown"]);
  });

  it("keeps deleted and recreated as two entries (P6, D16)", () => {
    expect(coalesced(deleted("a@2", "u1"), added("a@3", "u2"))).toEqual(["DELETED a@2 u1", "ADDED a@3 u2"]);
    expect(coalesced(deleted("a@2", "u1"), added("a@3", "u2"), modified("a@4", "a@3", "u2"))).toEqual([
      "DELETED a@2 u1",
      "ADDED a@4 u2",
    ]);
  });

  it("keeps two deletions of two objects under one key", () => {
    expect(coalesced(deleted("a@2", "u1"), added("a@3", "u2"), deleted("a@4", "u2"))).toEqual([
      "DELETED a@2 u1",
      "DELETED a@4 u2",
    ]);
  });

  it("merges no state into one of another uid", () => {
    expect(mergeNotifications(added("a@1", "u1"), modified("a@2", "a@1", "u2"))).toBe(undefined);
  });

  it("leaves entries without a key alone, and in their place", () => {
    expect(
      coalesced(added("a@1", "u1", true), { type: "SYNCED" }, modified("a@2", "a@1"), { type: "SYNCED" }),
    ).toEqual(["ADDED a@2 u1 initial", "SYNCED", "SYNCED"]);
    expect(mergeNotifications<KubeObject>({ type: "SYNCED" }, added("a@1"))).toBe(undefined);
    expect(mergeNotifications<KubeObject>(added("a@1"), { type: "SYNCED" })).toBe(undefined);
  });

  it("does not merge into what was popped already, nor into what was cleared", () => {
    const queue = listenerQueue({ coalesce: "always" });
    queue.push(added("a@1"));
    expect(drain(queue).map(show)).toEqual(["ADDED a@1 u1"]);
    queue.push(modified("a@2", "a@1"));
    queue.push(added("b@3"));
    expect(show(queue.pop() ?? { type: "SYNCED" })).toBe("MODIFIED a@1→2 u1");
    queue.push(modified("a@4", "a@2"));
    expect(queue.length).toBe(2);
    queue.clear();
    queue.push(modified("a@5", "a@4"));
    expect(drain(queue).map(show)).toEqual(["MODIFIED a@4→5 u1"]);
    expect(queue.isCoalescing).toBe(true);
  });

  it("holds no more than one entry per object for 100,000 events of 1,000 objects (P21)", () => {
    const queue = listenerQueue({ coalesce: "always" });
    let longest = 0;
    for (let event = 0; event < 100_000; event++) {
      const key = `pod-${event % 1000}`;
      const one = record(`${key}@${event}`);
      queue.push({ type: "MODIFIED", key, record: one, previous: one });
      longest = Math.max(longest, queue.length);
    }
    expect(longest).toBe(1000);
    expect(
      new Set(
        drain(queue).map((entry) => "record" in entry && Number(entry.record.resourceVersion) >= 99_000),
      ),
    ).toEqual(new Set([true]));
  });

  it("stays bounded when objects come and go under a consumer that never catches up (P21, D33)", () => {
    const queue = listenerQueue({ coalesce: "always" });
    for (let event = 0; event < 20_000; event++) {
      queue.push(deleted("a@1", `u${event}`));
      queue.push(added("a@2", `u${event + 1}`));
      queue.pop();
      queue.pop();
      queue.push(added(`b${event}@1`));
      queue.pop();
    }
    expect(queue.length).toBe(0);
  });
});

describe("DeltaFIFO, coalescing above its high-water mark", () => {
  const behind = { coalesce: "above-high-water", highWaterMark: 3 } as const;

  it("delivers every event up to the mark, coalesces above it until drained, then every event again (I3 BEAT)", () => {
    const queue = listenerQueue(behind);
    queue.push(modified("a@2", "a@1"));
    queue.push(modified("a@3", "a@2"));
    queue.push(modified("b@4", "b@1"));
    expect([queue.length, queue.isCoalescing]).toEqual([3, false]);
    queue.push(modified("b@5", "b@4"));
    expect([queue.length, queue.isCoalescing]).toEqual([3, true]);
    const popped = [queue.pop()];
    // Below the mark again, but still behind: it goes on coalescing.
    queue.push(modified("b@6", "b@5"));
    expect([queue.length, queue.isCoalescing]).toEqual([2, true]);
    popped.push(queue.pop(), queue.pop());
    expect(popped.map((entry) => entry && show(entry))).toEqual([
      "MODIFIED a@1→2 u1",
      "MODIFIED a@2→3 u1",
      "MODIFIED b@1→6 u1",
    ]);
    expect(queue.isCoalescing).toBe(false);
    queue.push(modified("a@7", "a@3"));
    queue.push(modified("a@8", "a@7"));
    expect(queue.length).toBe(2);
  });

  it("merges what is queued for a key when its next change comes (I3 BEAT)", () => {
    const queue = listenerQueue({ ...behind, highWaterMark: 6 });
    queue.push(added("a@1"));
    queue.push(modified("b@2", "b@1"));
    queue.push(modified("a@3", "a@1"));
    queue.push(modified("b@4", "b@2"));
    queue.push(modified("a@5", "a@3"));
    queue.push({ type: "SYNCED" });
    queue.push(modified("a@6", "a@5"));
    expect(queue.length).toBe(4);
    queue.push(modified("c@7", "c@1"));
    expect(drain(queue).map(show)).toEqual([
      "ADDED a@6 u1",
      "MODIFIED b@1→2 u1",
      "MODIFIED b@2→4 u1",
      "SYNCED",
      "MODIFIED c@1→7 u1",
    ]);
  });

  it("passes over merged entries when popping, also at the head", () => {
    const queue = listenerQueue({ ...behind, highWaterMark: 4 });
    queue.push(added("a@1"));
    queue.push(modified("a@2", "a@1"));
    queue.push(modified("a@3", "a@2"));
    queue.push(added("b@4"));
    expect(show(queue.pop() ?? { type: "SYNCED" })).toBe("ADDED a@1 u1");
    queue.push(added("c@5"));
    queue.push(modified("a@6", "a@3"));
    expect(queue.length).toBe(3);
    expect(drain(queue).map(show)).toEqual(["MODIFIED a@1→6 u1", "ADDED b@4 u1", "ADDED c@5 u1"]);
  });

  it("stops merging at a deletion among the queued entries", () => {
    const queue = listenerQueue({ ...behind, highWaterMark: 4 });
    const entries: Notification<KubeObject>[] = [
      modified("a@2", "a@1", "u1"),
      deleted("a@3", "u1"),
      added("a@4", "u2"),
      modified("a@5", "a@4", "u2"),
      modified("a@6", "a@5", "u2"),
    ];
    for (const entry of entries) queue.push(entry);
    expect(drain(queue).map(show)).toEqual(["MODIFIED a@1→2 u1", "DELETED a@3 u1", "ADDED a@6 u2"]);
  });

  it("is bounded by the mark and the number of objects for 100,000 events (P21)", () => {
    const queue = listenerQueue({ coalesce: "above-high-water", highWaterMark: 500 });
    let longest = 0;
    for (let event = 0; event < 100_000; event++) {
      const key = `pod-${(event * 7) % 1000}`;
      const one = record(`${key}@${event}`);
      queue.push({ type: "MODIFIED", key, record: one, previous: one });
      longest = Math.max(longest, queue.length);
    }
    expect(longest).toBe(1000);
  });
});

describe("DeltaFIFO, barrier", () => {
  it("merges nothing into what waits behind it, and goes on merging after it (P24)", () => {
    const queue = listenerQueue({ coalesce: "always" });
    queue.push(added("a@1"));
    queue.barrier();
    queue.push(modified("a@2", "a@1"));
    queue.push(modified("a@3", "a@2"));
    expect(drain(queue).map(show)).toEqual(["ADDED a@1 u1", "MODIFIED a@1→3 u1"]);
    queue.push(modified("a@4", "a@3"));
    queue.push(modified("a@5", "a@4"));
    expect(drain(queue).map(show)).toEqual(["MODIFIED a@3→5 u1"]);
  });

  it("holds also where merging begins only later, above the mark (P24)", () => {
    const queue = listenerQueue({ coalesce: "above-high-water", highWaterMark: 3 });
    queue.push(added("a@1"));
    queue.push(modified("a@2", "a@1"));
    queue.barrier();
    queue.push(modified("a@3", "a@2"));
    queue.push(modified("a@4", "a@3"));
    expect(drain(queue).map(show)).toEqual(["ADDED a@1 u1", "MODIFIED a@1→2 u1", "MODIFIED a@2→4 u1"]);
  });
});

describe("DeltaFIFO, failing above its high-water mark", () => {
  it("throws OVERFLOW at the second entry of a waiting object, and takes each first one", () => {
    const queue = listenerQueue({ overflow: "fail", highWaterMark: 2 });
    for (const text of ["a@1", "b@1", "c@1", "d@1"]) queue.push(added(text));
    queue.push({ type: "SYNCED" });
    expect(queue.isCoalescing).toBe(false);
    const overflow = expect.objectContaining({
      code: "OVERFLOW",
      message: expect.stringContaining("Queue a change of c: 5 entries wait, the mark is 2"),
    });
    expect(() => queue.push(modified("c@2", "c@1"))).toThrow(overflow);
    expect(queue.length).toBe(5);
    queue.pop();
    queue.pop();
    queue.pop();
    queue.pop();
    queue.push(modified("d@2", "d@1"));
    expect(drain(queue).map(show)).toEqual(["SYNCED", "MODIFIED d@1→2 u1"]);
  });
});
