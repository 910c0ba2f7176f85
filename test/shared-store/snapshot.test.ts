import { describe, expect, it, onTestFinished, vi } from "vitest";
import { SharedStore } from "../../src/shared-store/shared-store.ts";
import { Store } from "../../src/store/store.ts";
import { type Pod, pod } from "../store/pods.ts";
import { sized } from "./sized-pods.ts";

const longestReadMs = 1_000;

function shared() {
  const store = new Store<Pod>();
  store.replace([pod("shop/a", "1"), pod("shop/b", "2"), pod("bank/c", "3")], "10");
  const writer = new SharedStore<Pod>(store, { longestReadMs, maxBytes: 2 ** 24 });
  return { store, writer, reader: SharedStore.attach<Pod>(writer.handle) };
}

/** A clock that tests move. */
function clock(): { now: number } {
  const time = { now: 1_000 };
  const spied = vi.spyOn(performance, "now").mockImplementation(() => time.now);
  onTestFinished(() => spied.mockRestore());
  return time;
}

/** Write more than a read may hold up for long. */
function overwrite(store: Store<Pod>, version: number): void {
  for (let count = 0; count < 40; count++) {
    store.upsert(sized("shop/big", String(version + count), 100_000));
  }
}

const versionsOf = (objects: Iterable<Pod>): unknown[] =>
  Array.from(objects, ({ metadata }) => metadata?.resourceVersion).sort();

describe("SharedSnapshot", () => {
  it("reads one state, whatever is written meanwhile, a replace included (S6)", () => {
    const { store, writer, reader } = shared();
    const snapshot = reader.snapshot();
    store.upsert(pod("shop/a", "11"));
    store.delete("shop/b", "12");
    store.replace([pod("other/z", "20")], "20");
    expect([snapshot.resourceVersion, snapshot.size, snapshot.hasSynced]).toEqual(["10", 3, true]);
    expect(versionsOf(snapshot.list())).toEqual(["1", "2", "3"]);
    expect(versionsOf(snapshot)).toEqual(["1", "2", "3"]);
    expect(snapshot.get("shop/a")?.metadata?.resourceVersion).toBe("1");
    expect(snapshot.indexKeys("namespace", "shop")).toEqual(["shop/a", "shop/b"]);
    expect(snapshot.has("other/z")).toBe(false);
    expect(reader.keys()).toEqual(["other/z"]);
    expect(writer.stats().waitingBytes).toBeGreaterThan(0);
    snapshot.release();
    snapshot.release();
    expect(() => snapshot.get("shop/a")).toThrow(expect.objectContaining({ code: "STOPPED" }));
    expect(writer.stats().reads).toBe(0);
  });

  it("is released by using, and by leaving an iteration", () => {
    const { store, writer, reader } = shared();
    {
      using snapshot = reader.snapshot();
      expect(snapshot.size).toBe(3);
      expect(writer.stats().reads).toBe(1);
    }
    expect(writer.stats().reads).toBe(0);
    const seen: unknown[] = [];
    for (const object of reader) {
      store.replace([], "20");
      seen.push(object.metadata?.name);
      if (seen.length === 2) break;
    }
    expect(seen.length).toBe(2);
    expect(writer.stats().reads).toBe(0);
  });

  it("throws before the first list, and holds nothing up then", () => {
    const writer = new SharedStore<Pod>(new Store<Pod>());
    const reader = SharedStore.attach<Pod>(writer.handle);
    expect(() => [...reader]).toThrow(expect.objectContaining({ code: "NOT_SYNCED" }));
    using snapshot = reader.snapshot();
    expect(() => snapshot.list()).toThrow(expect.objectContaining({ code: "NOT_SYNCED" }));
    expect(writer.stats().reads).toBe(1);
  });

  it("ends by itself where it holds up much for long, and says so instead of showing anything else", () => {
    const time = clock();
    const { store, writer, reader } = shared();
    const snapshot = reader.snapshot();
    overwrite(store, 100);
    time.now += longestReadMs - 1;
    overwrite(store, 200);
    expect(versionsOf(snapshot)).toEqual(["1", "2", "3"]);
    expect(writer.stats().waitingBytes).toBeGreaterThan(2 ** 22);
    time.now += 1;
    overwrite(store, 300);
    expect(writer.stats()).toMatchObject({ reads: 0, problem: undefined });
    expect(writer.stats().waitingBytes).toBeLessThan(2 ** 20);
    const tooLong = expect.objectContaining({
      code: "TIMEOUT",
      message: expect.stringContaining("longestReadMs"),
    });
    expect(() => snapshot.list()).toThrow(tooLong);
    expect(() => snapshot.resourceVersion).toThrow(tooLong);
    snapshot.release();
    expect(reader.get("shop/a")).toBeDefined();
  });

  it("is let be for as long as it likes where it holds up little", () => {
    const time = clock();
    const { store, reader } = shared();
    const snapshot = reader.snapshot();
    for (let count = 0; count < 1_000; count++) {
      time.now += longestReadMs;
      store.upsert(pod("shop/a", String(100 + count)));
    }
    expect(versionsOf(snapshot)).toEqual(["1", "2", "3"]);
    snapshot.release();
  });

  it("begins a read again that was given up in the middle, and gives out nothing of the first", () => {
    const time = clock();
    const { store, reader } = shared();
    const parse = JSON.parse;
    let interrupted = 0;
    const spied = vi.spyOn(JSON, "parse").mockImplementation((text) => {
      // The reader's thread stands still here, while the writer's goes on.
      if (interrupted++ === 0) {
        overwrite(store, 100);
        time.now += longestReadMs;
        overwrite(store, 200);
        overwrite(store, 300);
      }
      return parse(text);
    });
    onTestFinished(() => spied.mockRestore());
    expect(versionsOf(reader.list())).toEqual(["1", "2", "3", "339"]);
    expect(interrupted).toBeGreaterThan(4);
  });

  it("throws where a read is given up each time", () => {
    const time = clock();
    const { store, reader } = shared();
    const parse = JSON.parse;
    const spied = vi.spyOn(JSON, "parse").mockImplementation((text) => {
      overwrite(store, 100);
      time.now += longestReadMs;
      overwrite(store, 200);
      overwrite(store, 300);
      return parse(text);
    });
    onTestFinished(() => spied.mockRestore());
    const error = expect.objectContaining({
      code: "TIMEOUT",
      message: expect.stringContaining("the read took too long, 3 times"),
    });
    expect(() => reader.list({ namespace: "bank" })).toThrow(error);
  });

  it("says so where too many are held, and reads again once one is released", () => {
    const { reader } = shared();
    const held = Array.from({ length: 128 }, () => reader.snapshot());
    const full = expect.objectContaining({ code: "OVERFLOW" });
    expect(() => reader.get("shop/a")).toThrow(full);
    expect(() => reader.snapshot()).toThrow(full);
    held[77]?.release();
    expect(reader.get("shop/a")).toBeDefined();
    for (const snapshot of held) snapshot.release();
  });
});
