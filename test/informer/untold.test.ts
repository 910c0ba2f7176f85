import { describe, expect, it } from "vitest";
import type { Notification } from "../../src/delta-fifo/notification.ts";
import { Untold } from "../../src/informer/untold.ts";
import { type ObjectRecord, ParsedRecord } from "../../src/resource/watch-event.ts";
import { Bytes, type Thing } from "../bytes/entries.ts";

const bytes = new Bytes();

/** A record whose bytes were found to be no JSON. */
function broken(key: string): ObjectRecord<Thing> {
  const record = bytes.record(key, { broken: "," });
  expect(() => record.object).toThrow();
  return record;
}

const added = (record: ObjectRecord<Thing>): Notification<Thing> => ({
  type: "ADDED",
  key: record.key,
  record,
  initial: true,
});
const modified = (record: ObjectRecord<Thing>, previous: ObjectRecord<Thing>): Notification<Thing> => ({
  type: "MODIFIED",
  key: record.key,
  record,
  previous,
});
const deleted = (record: ObjectRecord<Thing>): Notification<Thing> => ({
  type: "DELETED",
  key: record.key,
  record,
  finalStateUnknown: true,
});

describe("Untold", () => {
  it("has the next change follow the last state that was told, of several that were not", () => {
    const untold = new Untold<Thing>();
    const [first, second, third, fourth] = [
      bytes.record("a/x", { data: 1 }),
      broken("a/x"),
      broken("a/x"),
      bytes.record("a/x"),
    ];
    untold.note(modified(second, first));
    // A second attempt, by a handler that is called again.
    untold.note(modified(second, first));
    const next = untold.told(modified(third, second));
    expect(next).toMatchObject({
      type: "MODIFIED",
      record: third,
      previous: { key: "a/x", uid: "uid-a/x", object: { data: 1 } },
    });
    untold.note(next);
    const last = untold.told(modified(fourth, third));
    // A copy without bytes: those may be used again meanwhile.
    expect(last).toMatchObject({ record: fourth, previous: expect.any(ParsedRecord) });
    expect(last).toMatchObject({ previous: { object: { data: 1 } } });
    const after = modified(bytes.record("a/x"), fourth);
    expect(untold.told(after)).toBe(after);
  });

  it("has what was never told come to be", () => {
    const untold = new Untold<Thing>();
    const [first, second] = [broken("a/x"), bytes.record("a/x")];
    untold.note(added(first));
    expect(untold.told(modified(second, first))).toEqual({
      type: "ADDED",
      key: "a/x",
      record: second,
      initial: false,
    });
  });

  it("has a deletion told with the last state that was, and forgets it then", () => {
    const untold = new Untold<Thing>();
    const [first, second] = [bytes.record("a/x", { data: 1 }), broken("a/x")];
    untold.note(modified(second, first));
    expect(untold.told(deleted(second))).toMatchObject({
      type: "DELETED",
      lastKnown: { object: { data: 1 } },
    });
    const again = added(bytes.record("a/x"));
    expect(untold.told(again)).toBe(again);
  });

  it("takes no note of handlers that failed by themselves, nor of other keys", () => {
    const untold = new Untold<Thing>();
    const [first, second] = [bytes.record("a/x"), bytes.record("a/x")];
    untold.note(modified(second, first));
    untold.note(deleted(broken("a/y")));
    untold.note(modified(broken("a/z"), broken("a/z")));
    for (const one of [modified(bytes.record("a/x"), second), deleted(first), added(bytes.record("a/y"))]) {
      expect(untold.told(one)).toBe(one);
    }
    expect(untold.told(modified(bytes.record("a/z"), first)).type).toBe("ADDED");
  });
});
