import { describe, expect, it } from "vitest";
import type { Merge } from "../../src/delta-fifo/coalesce.ts";
import { PendingKeys } from "../../src/delta-fifo/pending-keys.ts";
import { Ring } from "../../src/delta-fifo/ring.ts";

interface Entry {
  readonly key?: string;
  readonly text: string;
}

const keepBoth: Merge<Entry> = () => undefined;
const join: Merge<Entry> = (pending, next) => ({ ...pending, text: pending.text + next.text });

function pendingIn(ring: Ring<Entry>): {
  pending: PendingKeys<Entry>;
  push(entry: Entry): void;
  pop(): void;
} {
  const pending = new PendingKeys(ring);
  return {
    pending,
    push: (entry) => pending.pushed(entry, ring.push(entry)),
    pop: () => {
      const position = ring.head;
      const entry = ring.shift();
      if (entry !== undefined) pending.popped(entry, position);
    },
  };
}

describe("PendingKeys", () => {
  it("forgets what was popped, in a queue that never runs empty (D33, P21)", () => {
    const ring = new Ring<Entry>();
    const { pending, push, pop } = pendingIn(ring);
    push({ key: "first", text: "" });
    for (let event = 0; event < 1000; event++) {
      push({ key: `passing-${event}`, text: "deleted" });
      push({ key: `passing-${event}`, text: "added" });
      push({ text: "a mark" });
      pop();
      pop();
      pop();
    }
    // What waits now is the last mark, which has no key.
    expect([ring.tail - ring.head, pending.size]).toEqual([1, 0]);
  });

  it("merges nothing into an entry that is gone or is to be kept", () => {
    const ring = new Ring<Entry>();
    const { pending, push, pop } = pendingIn(ring);
    push({ key: "a", text: "1" });
    expect(pending.merge({ key: "a", text: "2" }, keepBoth)).toBe(undefined);
    expect([pending.has({ key: "a", text: "" }), pending.has({ text: "" })]).toEqual([true, false]);
    pop();
    expect(pending.has({ key: "a", text: "" })).toBe(false);
    expect(pending.merge({ key: "a", text: "2" }, join)).toBe(undefined);
    expect(pending.merge({ text: "2" }, join)).toBe(undefined);
  });

  it("merges the whole chain of a key into its oldest entry still there", () => {
    const ring = new Ring<Entry>();
    const { pending, push, pop } = pendingIn(ring);
    for (const text of ["1", "2", "3"]) push({ key: "a", text });
    pop();
    expect(pending.merge({ key: "a", text: "4" }, join)).toBe(1);
    expect([ring.at(ring.head), ring.at(ring.head + 1)]).toEqual([{ key: "a", text: "234" }, undefined]);
    expect(pending.merge({ key: "a", text: "5" }, join)).toBe(0);
    expect(ring.at(ring.head)).toEqual({ key: "a", text: "2345" });
  });
});
