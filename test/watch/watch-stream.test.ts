import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { WatchRecord } from "../../src/resource/watch-event.ts";
import type { TransportResponse } from "../../src/transport/port.ts";
import { type ReadWatchOptions, readWatch } from "../../src/watch/watch-stream.ts";
import { bookmark, bytesOf, change, cut, errorRecord, FakeConnection, frameOf, podOf } from "./frames.ts";

type Batches = AsyncGenerator<readonly WatchRecord<KubeObject>[], void, void>;

/** Read one connection; the signal it was opened with is kept to look at. */
function read(
  connection: FakeConnection,
  options: Partial<ReadWatchOptions<KubeObject>> = {},
): { batches: Batches; signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  const open = async (signal: AbortSignal): Promise<TransportResponse> => {
    signals.push(signal);
    return connection.response;
  };
  return { batches: readWatch(open, { step: "watch pods", inactivityMs: 60_000, ...options }), signals };
}

async function collect(batches: Batches): Promise<{ got: unknown[]; error: unknown }> {
  const got: unknown[] = [];
  try {
    for await (const batch of batches)
      got.push(batch.map((record) => [record.type, versionOf(record)].join(" ")));
  } catch (error) {
    return { got, error };
  }
  return { got, error: undefined };
}

function versionOf(record: WatchRecord<KubeObject>): unknown {
  return "resourceVersion" in record ? record.resourceVersion : "";
}

const coded = (code: string): unknown => expect.objectContaining({ code });

afterEach(() => {
  vi.useRealTimers();
});

describe("readWatch", () => {
  it("yields the records of each chunk together, never an empty batch", async () => {
    const connection = new FakeConnection()
      .write(frameOf("ADDED", podOf("a", "1")) + frameOf("MODIFIED", podOf("a", "2")))
      .write('{"type":"BOOKM')
      .write('ARK","object":{"metadata":{"resourceVersion":"3"}}}\n')
      .end();
    const { batches, signals } = read(connection);
    expect(await collect(batches)).toEqual({
      got: [["ADDED 1", "MODIFIED 2"], ["BOOKMARK 3"]],
      error: undefined,
    });
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });

  it("decodes any events, however written and cut, to the same records", async () => {
    const written = fc.constantFrom<["ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK", string][]>(
      ["ADDED", "\n"],
      ["MODIFIED", ""],
      ["DELETED", "\r\n "],
      ["BOOKMARK", "\n"],
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(written, fc.string({ unit: "grapheme" }), fc.constantFrom(undefined, 1))),
        fc.array(fc.nat(), { maxLength: 9 }),
        async (events, at) => {
          const pods = events.map(([[type], name, indent], index) => ({
            type,
            indent,
            object: podOf(`é${name}`, String(index)),
          }));
          const text = pods.map(
            ({ type, object, indent }, index) =>
              JSON.stringify({ type, object }, null, indent) + (events[index]?.[0][1] ?? ""),
          );
          const body = (async function* () {
            yield* cut(bytesOf(text.join("")), at);
          })();
          const got: unknown[] = [];
          const options = { step: "watch pods", inactivityMs: 60_000 };
          for await (const batch of readWatch<KubeObject>(
            async () => ({ status: 200, headers: {}, body }),
            options,
          )) {
            expect(batch.length).toBeGreaterThan(0);
            for (const record of batch) {
              got.push(
                record.type === "BOOKMARK" ? record.resourceVersion : "object" in record && record.object,
              );
            }
          }
          expect(got).toEqual(
            pods.map(({ type, object }, index) => (type === "BOOKMARK" ? String(index) : object)),
          );
        },
      ),
    );
  });

  it("reports the opening when the headers are there, before any byte", async () => {
    const connection = new FakeConnection();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { batches } = read(connection, { onOpen: resolve });
    const first = batches.next();
    await promise;
    connection.write(frameOf("ADDED", podOf("a", "1")));
    expect((await first).value).toHaveLength(1);
    await batches.return();
  });

  it("hands out the good frames before a corrupt one, then throws (P13)", async () => {
    const connection = new FakeConnection().write(
      `${frameOf("ADDED", podOf("a", "1"))}{"type":]\n${frameOf("ADDED", podOf("b", "2"))}`,
    );
    const { batches } = read(connection);
    expect(await collect(batches)).toEqual({ got: [["ADDED 1"]], error: coded("FRAME_CORRUPT") });
    expect(connection.closes).toBe(1);
  });

  it("throws for a frame that the end of the stream cut off (P13)", async () => {
    const connection = new FakeConnection().write(`${frameOf("ADDED", podOf("a", "1"))}{"type":`).end();
    expect(await collect(read(connection).batches)).toEqual({
      got: [["ADDED 1"]],
      error: coded("FRAME_CORRUPT"),
    });
  });

  it("refuses a type outside the five (H17)", async () => {
    const connection = new FakeConnection().write(
      frameOf("ADDED", podOf("a", "1")) + frameOf("REPLACED", podOf("a", "2")),
    );
    expect(await collect(read(connection).batches)).toEqual({
      got: [["ADDED 1"]],
      error: coded("FRAME_CORRUPT"),
    });
  });

  it("delivers a last frame without a newline (P18)", async () => {
    const connection = new FakeConnection().write(`${frameOf("ADDED", podOf("a", "1")).trimEnd()} `).end();
    expect((await collect(read(connection).batches)).got).toEqual([["ADDED 1"]]);
  });

  it("reads nothing after an ERROR (H18)", async () => {
    const error = frameOf("ERROR", { kind: "Status", code: 410 });
    const connection = new FakeConnection()
      .write(`${error}${frameOf("ADDED", podOf("a", "1"))}broken\n`)
      .write(frameOf("ADDED", podOf("b", "2")));
    expect(await collect(read(connection).batches)).toEqual({ got: [["ERROR "]], error: undefined });
    expect([connection.reads, connection.closes]).toEqual([1, 1]);
  });

  it("passes a broken connection on, after what was whole", async () => {
    const cause = new KubeError("CONNECTION_FAILED", "reset");
    const connection = new FakeConnection().write(frameOf("ADDED", podOf("a", "1"))).end(cause);
    const { got, error } = await collect(read(connection).batches);
    expect(got).toEqual([["ADDED 1"]]);
    // A transport names the server; what was watched is put in front.
    expect(error).toMatchObject({ code: "CONNECTION_FAILED", message: "watch pods: reset" });
    const foreign = new FakeConnection().end(new TypeError("terminated"));
    expect((await collect(read(foreign).batches)).error).toEqual(coded("CONNECTION_FAILED"));
  });

  it("passes on what the request was answered with", async () => {
    const refused = new KubeError("CONNECTION_FAILED", "watch pods: refused");
    const batches = readWatch<KubeObject>(() => Promise.reject(refused), {
      step: "watch pods",
      inactivityMs: 1000,
    });
    await expect(batches.next()).rejects.toBe(refused);
  });

  it.each(["text/html; charset=utf-8", "text/plain", "application/vnd.kubernetes.protobuf;stream=watch"])(
    "refuses an answer of type %s",
    async (type) => {
      const connection = new FakeConnection({ "content-type": type });
      const onOpen = vi.fn();
      const { batches, signals } = read(connection, { onOpen });
      await expect(batches.next()).rejects.toEqual(coded("BAD_RESPONSE"));
      expect([onOpen.mock.calls.length, connection.reads, signals[0]?.aborted]).toEqual([0, 0, true]);
    },
  );

  it.each([{}, { "content-type": "application/json;stream=watch" }, { "content-type": "Application/JSON" }])(
    "reads an answer with the headers %j",
    async (headers) => {
      const connection = new FakeConnection(headers).write(frameOf("ADDED", podOf("a", "1"))).end();
      expect((await collect(read(connection).batches)).got).toHaveLength(1);
    },
  );

  describe("closes its one connection once", () => {
    it("opens none when the signal has aborted already (R36)", async () => {
      const { batches, signals } = read(new FakeConnection(), { signal: AbortSignal.abort() });
      await expect(batches.next()).rejects.toEqual(coded("ABORTED"));
      expect(signals).toEqual([]);
    });

    it("when the consumer leaves (R37)", async () => {
      const connection = new FakeConnection().write(frameOf("ADDED", podOf("a", "1")));
      const { batches, signals } = read(connection);
      for await (const _ of batches) break;
      expect([signals.length, signals[0]?.aborted, connection.closes]).toEqual([1, true, 1]);
    });

    it("when the signal aborts while the body is silent (R36, R37)", async () => {
      vi.useFakeTimers();
      const controller = new AbortController();
      const connection = new FakeConnection();
      const { batches, signals } = read(connection, { signal: controller.signal });
      const next = batches.next();
      next.catch(() => {});
      await vi.advanceTimersByTimeAsync(10);
      controller.abort();
      expect([signals[0]?.aborted, vi.getTimerCount()]).toEqual([true, 0]);
      await expect(next).rejects.toEqual(coded("ABORTED"));
      expect([signals.length, connection.closes]).toEqual([1, 1]);
    });

    it("when the signal aborts while a record is being handled (R37)", async () => {
      vi.useFakeTimers();
      const controller = new AbortController();
      const connection = new FakeConnection().write(frameOf("ADDED", podOf("a", "1")));
      const { batches, signals } = read(connection, { signal: controller.signal });
      await batches.next();
      controller.abort();
      expect([signals[0]?.aborted, vi.getTimerCount()]).toEqual([true, 0]);
      await expect(batches.next()).rejects.toEqual(coded("ABORTED"));
      expect(connection.closes).toBe(1);
    });

    it("when it ends cleanly, and leaves no timer (R37)", async () => {
      vi.useFakeTimers();
      const connection = new FakeConnection().end();
      const { batches, signals } = read(connection);
      expect(await collect(batches)).toEqual({ got: [], error: undefined });
      expect([signals[0]?.aborted, connection.closes, vi.getTimerCount()]).toEqual([true, 0, 0]);
    });
  });

  describe("with an inactivity limit", () => {
    it("throws when the server is silent for longer, naming the limit", async () => {
      vi.useFakeTimers();
      const connection = new FakeConnection();
      const { batches, signals } = read(connection, { inactivityMs: 5000 });
      const result = collect(batches);
      await vi.advanceTimersByTimeAsync(4000);
      connection.write(frameOf("ADDED", podOf("a", "1")));
      await vi.advanceTimersByTimeAsync(4999);
      expect(signals[0]?.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await result).toEqual({
        got: [["ADDED 1"]],
        error: expect.objectContaining({ code: "TIMEOUT", message: expect.stringContaining("5000 ms") }),
      });
      expect([signals[0]?.aborted, connection.closes, vi.getTimerCount()]).toEqual([true, 1, 0]);
    });

    it("covers the wait for headers", async () => {
      vi.useFakeTimers();
      const open = (): Promise<TransportResponse> => new Promise(() => {});
      const batches = readWatch<KubeObject>(open, { step: "watch pods", inactivityMs: 5000 });
      const next = batches.next();
      next.catch(() => {});
      await vi.advanceTimersByTimeAsync(5000);
      await expect(next).rejects.toEqual(coded("TIMEOUT"));
    });

    it("does not count the time that the consumer takes", async () => {
      vi.useFakeTimers();
      const connection = new FakeConnection().write(frameOf("ADDED", podOf("a", "1")));
      const { batches, signals } = read(connection, { inactivityMs: 5000 });
      await batches.next();
      await vi.advanceTimersByTimeAsync(60_000);
      connection.write(frameOf("ADDED", podOf("b", "2")));
      expect((await batches.next()).value).toHaveLength(1);
      const last = batches.next();
      last.catch(() => {});
      await vi.advanceTimersByTimeAsync(4999);
      expect(signals[0]?.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await expect(last).rejects.toEqual(coded("TIMEOUT"));
    });

    it("sets no timer per chunk", async () => {
      vi.useFakeTimers();
      const setTimer = vi.spyOn(globalThis, "setTimeout");
      const connection = new FakeConnection();
      for (let version = 1; version <= 100; version += 1) {
        connection.write(frameOf("MODIFIED", podOf("a", String(version))));
      }
      expect((await collect(read(connection.end()).batches)).got).toHaveLength(100);
      expect(setTimer).toHaveBeenCalledTimes(1);
    });
  });

  it("matches the records that other tests use", async () => {
    const records = [change("ADDED", "a", "1"), bookmark("2", true), errorRecord(500, "InternalError")];
    const connection = new FakeConnection().write(
      frameOf("ADDED", podOf("a", "1")) +
        frameOf("BOOKMARK", {
          metadata: { resourceVersion: "2", annotations: { "k8s.io/initial-events-end": "true" } },
        }) +
        frameOf("ERROR", { kind: "Status", code: 500, reason: "InternalError", message: "said the server" }),
    );
    expect((await read(connection).batches.next()).value).toEqual(records);
  });
});
