import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type InformerRecord, informerChannel } from "../../src/base/informer-telemetry.ts";
import { Informer } from "../../src/informer/informer.ts";
import { SharedInformer } from "../../src/informer/shared-informer.ts";
import { Store } from "../../src/store/store.ts";
import {
  added,
  apiError,
  bookmark,
  informerOf,
  type Pod,
  pass,
  pod,
  Source,
  settle,
  sync,
  useFakeTime,
} from "./source.ts";

useFakeTime();

let records: InformerRecord[] = [];
const note = (record: unknown): void => void records.push(record as InformerRecord);

beforeEach(() => {
  records = [];
  subscribe(informerChannel, note);
});
afterEach(() => void unsubscribe(informerChannel, note));

const told = (): Omit<InformerRecord, "informer">[] => {
  expect(new Set(records.map(({ informer }) => informer)).size).toBeLessThanOrEqual(1);
  return records.splice(0).map(({ informer: _, ...record }) => record);
};

describe("an informer's telemetry", () => {
  it("tells of lists and why, of watches, events with their age, errors and health", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    await sync(informer);
    expect(records[0]?.informer).toBe("pods");
    expect(told()).toEqual([
      { type: "list-started", reason: "initial" },
      { type: "listed", size: 1 },
      { type: "health", state: "live" },
      { type: "watch-started" },
    ]);
    await pass(1_500);
    source.send(added("a/y", "11"), added("a/z", "12"));
    await settle();
    source.send(bookmark("13"));
    await settle();
    expect(told()).toEqual([{ type: "events", count: 2, size: 3, sinceProgressMs: 1_500 }]);
    source.relist([pod("a/x", "1")], "20");
    await settle();
    expect(told()).toEqual([
      { type: "watch-ended" },
      { type: "error", reason: "API" },
      { type: "list-started", reason: "expired" },
      { type: "listed", size: 1 },
      { type: "watch-started" },
    ]);
    await informer.stop();
    expect(told()).toEqual([{ type: "health", state: "stopped" }]);
  });

  it("tells of a shared informer once, by what it follows, and never names an object", async () => {
    const [a, b] = [new Source([pod("a/x", "1")]), new Source([pod("b/secret", "2")])];
    const shared = new SharedInformer<Pod>({ name: "pods in a, b", sources: [a, b], streamingList: "off" });
    const leases = [new Informer<Pod>({ shared }), new Informer<Pod>({ shared })];
    const held = Promise.withResolvers<void>();
    b.holdList = held.promise;
    const synced = Promise.all(leases.map((lease) => sync(lease)));
    await settle();
    held.resolve();
    await synced;
    expect(records.filter(({ type }) => type === "health")).toEqual([
      { informer: "pods in a, b", type: "health", state: "live" },
    ]);
    // The first of them finds nothing in the store yet.
    expect(records.filter(({ type }) => type === "listed").map(({ size }) => size)).toEqual([0, 2]);
    expect(JSON.stringify(records)).not.toMatch(/secret|a\/x/);
    await Promise.all(leases.map((lease) => lease.stop()));
  });

  it("counts no end of a watch where a streaming list was refused before it was one", async () => {
    const source = new Source([pod("a/x", "1")]);
    source.watchErrors = [apiError(422, "Invalid")];
    const informer = informerOf(source, { streamingList: "auto" });
    await sync(informer);
    expect(told().map(({ type }) => type)).toEqual([
      "list-started",
      "error",
      "list-started",
      "listed",
      "health",
      "watch-started",
    ]);
    await informer.stop();
  });

  it("tells of an object that an index lacks, by the error's code alone", async () => {
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source, {
      indexers: {
        fussy: () => {
          throw new TypeError("secret");
        },
      },
    });
    informer.on("error", () => {});
    await sync(informer);
    expect(told().filter(({ type }) => type === "error")).toEqual([
      { type: "error", reason: "INDEX_FAILED" },
    ]);
    await informer.stop();
  });

  it("publishes nothing, and counts nothing, while nobody subscribes", async () => {
    unsubscribe(informerChannel, note);
    const source = new Source([pod("a/x", "1")]);
    const informer = informerOf(source);
    const size = vi.spyOn(Store.prototype, "size", "get");
    await sync(informer);
    source.send(added("a/y", "11"));
    await settle();
    await informer.stop();
    expect([records, size.mock.calls.length]).toEqual([[], 0]);
    size.mockRestore();
  });
});
