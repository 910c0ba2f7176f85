import { afterEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { ListWatch } from "../../src/reflector/list-watch.ts";
import type { KubeObject } from "../../src/resource/object.ts";
import type { TransportResponse } from "../../src/transport/port.ts";
import { Watch } from "../../src/watch/watch.ts";
import { readWatch } from "../../src/watch/watch-stream.ts";
import { bookmark, change, errorRecord, FakeConnection, frameOf, podOf } from "./frames.ts";
import { ScriptedServer } from "./scripted-watch.ts";

const life = [
  [change("ADDED", "a", "1"), change("MODIFIED", "a", "2")],
  [bookmark("3"), change("DELETED", "a", "4")],
];
const coded = (code: string): unknown => expect.objectContaining({ code });
const versionOf = (object: KubeObject): unknown => object.metadata?.resourceVersion;

afterEach(() => {
  vi.useRealTimers();
});

describe("Watch with handlers", () => {
  it("calls the handler of each event's type, in order, from a literal array", async () => {
    const seen: unknown[] = [];
    const watch = new Watch({ open: life, resourceVersion: "0" });
    watch
      .on("ADDED", (pod) => seen.push(["ADDED", versionOf(pod)]))
      .on("MODIFIED", (pod) => seen.push(["MODIFIED", versionOf(pod)]))
      .on("DELETED", (pod) => seen.push(["DELETED", versionOf(pod)]))
      .on("BOOKMARK", (version) => seen.push(["BOOKMARK", version]));
    await watch.closed;
    expect(seen).toEqual([
      ["ADDED", "1"],
      ["MODIFIED", "2"],
      ["BOOKMARK", "3"],
      ["DELETED", "4"],
    ]);
    expect(watch.resourceVersion).toBe("4");
  });

  it("follows an async generator", async () => {
    const seen: unknown[] = [];
    const batches = (async function* () {
      yield* life;
    })();
    await new Watch({ open: batches }).on("DELETED", (pod) => seen.push(versionOf(pod))).closed;
    expect(seen).toEqual(["4"]);
  });

  it("takes the watch of a ListWatch as its input", async () => {
    const listWatch: Pick<ListWatch<KubeObject>, "watch"> = { watch: () => asyncOf(life) };
    const open: ConstructorParameters<typeof Watch<KubeObject>>[0]["open"] = listWatch.watch;
    const watch = new Watch({ open });
    for await (const event of watch) {
      expect(event).toEqual({ type: "ADDED", object: podOf("a", "1") });
      break;
    }
  });

  it("runs the handlers of an object one at a time, in order, while the socket waits (P2)", async () => {
    const connection = new FakeConnection();
    const open = async (): Promise<TransportResponse> => connection.response;
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const watch = new Watch<KubeObject>({
      open: ({ signal, onOpen }) =>
        readWatch(open, { step: "watch pods", inactivityMs: 60_000, signal, onOpen }),
      resourceVersion: "0",
    });
    watch.on("ADDED", async () => {
      seen.push("ADDED begins");
      started.resolve();
      await gate.promise;
      seen.push("ADDED ends");
    });
    watch.on("ADDED", () => seen.push("ADDED, the second handler"));
    const deleted = Promise.withResolvers<void>();
    watch.on("DELETED", () => {
      seen.push("DELETED");
      deleted.resolve();
    });
    connection.write(frameOf("ADDED", podOf("a", "1")));
    connection.write(frameOf("DELETED", podOf("a", "2")));
    await started.promise;
    expect([seen, connection.reads]).toEqual([["ADDED begins"], 1]);
    gate.resolve();
    await deleted.promise;
    expect(seen).toEqual(["ADDED begins", "ADDED ends", "ADDED, the second handler", "DELETED"]);
    await watch.stop();
  });

  it("neither gives a bookmark nor an error to the handlers of objects (P10)", async () => {
    const server = new ScriptedServer([
      { batches: [[change("ADDED", "a", "6"), bookmark("9"), errorRecord(500, "InternalError")]] },
    ]);
    const watch = new Watch({ open: server.open, resourceVersion: "5", backoff: { initialMs: 0 } });
    const objects: unknown[] = [];
    const errors: unknown[] = [];
    const reopened = new Promise((resolve) =>
      watch.on("open", () => server.requests.length === 2 && resolve(0)),
    );
    for (const type of ["ADDED", "MODIFIED", "DELETED"] as const) {
      watch.on(type, (object) => objects.push(versionOf(object)));
    }
    watch.on("ERROR", (error) => errors.push(error));
    await reopened;
    expect(objects).toEqual(["6"]);
    expect(errors).toEqual([expect.objectContaining({ status: 500, reason: "InternalError" })]);
    expect(server.versions).toEqual(["5", "9"]);
    await watch.stop();
  });

  it("reports a handler that throws or rejects and calls the others (P20)", async () => {
    const seen: unknown[] = [];
    const errors: KubeError[] = [];
    const watch = new Watch({ open: life, step: "watch pods" });
    const thrown = new Error("thrown");
    watch.on("ADDED", () => {
      throw thrown;
    });
    watch.on("ADDED", () => Promise.reject("rejected"));
    watch.on("ADDED", () => seen.push("the third"));
    watch.on("DELETED", () => seen.push("a later event"));
    watch.on("ERROR", (error) => errors.push(error));
    await watch.closed;
    expect(seen).toEqual(["the third", "a later event"]);
    expect(errors.map(({ code, cause }) => [code, cause])).toEqual([
      ["HANDLER_FAILED", thrown],
      ["HANDLER_FAILED", "rejected"],
    ]);
    expect(errors[0]?.message).toBe("watch pods: the handler of ADDED failed for shop/a; see the cause");
  });

  it("survives handlers of bookmarks and errors that throw or reject (P20)", async () => {
    const errors: unknown[] = [];
    const seen: unknown[] = [];
    const watch = new Watch({ open: life });
    watch.on("BOOKMARK", () => {
      throw new Error("thrown");
    });
    watch.on("BOOKMARK", () => Promise.reject(new Error("rejected")));
    watch.on("BOOKMARK", (version) => seen.push(version));
    watch.on("ERROR", () => {
      throw new Error("thrown by the last resort");
    });
    watch.on("ERROR", () => Promise.reject(new Error("rejected by the last resort")));
    watch.on("ERROR", ({ code }) => errors.push(code));
    await watch.on("DELETED", async () => {}).closed;
    expect([seen, errors]).toEqual([["3"], ["HANDLER_FAILED", "HANDLER_FAILED"]]);
  });

  it("is not held up by a handler that never settles once it is stopped (P20)", async () => {
    const server = new ScriptedServer([
      { batches: [[change("ADDED", "a", "1"), change("ADDED", "b", "2")]] },
    ]);
    const watch = new Watch({ open: server.open });
    const seen: unknown[] = [];
    await new Promise((resolve) => {
      watch.on("ADDED", (pod) => {
        resolve(seen.push(versionOf(pod)));
        return new Promise(() => {});
      });
    });
    await watch.stop();
    await watch.closed;
    await vi.waitFor(() => expect(server.closes).toBe(1));
    expect(seen).toEqual(["1"]);
  });

  it("starts only after the handlers that are added at once", async () => {
    const open = vi.fn(() => life);
    const watch = new Watch({ open });
    watch.on("BOOKMARK", () => {}).on("ADDED", () => {});
    expect(open).not.toHaveBeenCalled();
    await Promise.resolve();
    expect(open).toHaveBeenCalledTimes(1);
    await watch.stop();
  });

  it("starts when told, with no handler for objects, and calls none that was taken away", async () => {
    const watch = new Watch({ open: life });
    const taken = vi.fn();
    const kept = vi.fn();
    watch.on("BOOKMARK", taken).on("BOOKMARK", kept).off("BOOKMARK", taken).start();
    await watch.closed;
    expect(taken).not.toHaveBeenCalled();
    expect(kept.mock.calls).toEqual([["3"]]);
  });
});

describe("Watch as an iterable", () => {
  it("yields changes only", async () => {
    const events: unknown[] = [];
    for await (const event of new Watch({ open: life })) events.push([event.type, versionOf(event.object)]);
    expect(events).toEqual([
      ["ADDED", "1"],
      ["MODIFIED", "2"],
      ["DELETED", "4"],
    ]);
  });

  it("has reached the resourceVersion of the event at hand", async () => {
    const watch = new Watch({ open: life, resourceVersion: "1" });
    const versions: string[] = [];
    for await (const _ of watch) versions.push(watch.resourceVersion);
    expect(versions).toEqual(["1", "2", "4"]);
  });

  it("is not ended by an error that it recovers from (K8)", async () => {
    const broken = new KubeError("CONNECTION_FAILED", "reset");
    const server = new ScriptedServer([
      { batches: [[change("ADDED", "a", "6")]], error: broken },
      { batches: [[change("MODIFIED", "a", "7"), errorRecord(500, "InternalError")]] },
      { batches: [[change("DELETED", "a", "8")]] },
    ]);
    const watch = new Watch({ open: server.open, resourceVersion: "5", backoff: { initialMs: 0 } });
    const errors: unknown[] = [];
    watch.on("ERROR", ({ code }) => errors.push(code));
    const events: unknown[] = [];
    for await (const event of watch) {
      events.push(event.type);
      if (event.type === "DELETED") break;
    }
    expect([events, errors, server.versions]).toEqual([
      ["ADDED", "MODIFIED", "DELETED"],
      ["CONNECTION_FAILED", "API"],
      ["5", "6", "7"],
    ]);
    await watch.closed;
  });

  it("throws what is final, and reports it (K8, K3)", async () => {
    const server = new ScriptedServer([
      { batches: [[change("ADDED", "a", "6"), errorRecord(410, "Expired")]] },
    ]);
    const watch = new Watch({ open: server.open, resourceVersion: "5" });
    const errors: unknown[] = [];
    watch.on("ERROR", ({ code }) => errors.push(code));
    const events: unknown[] = [];
    const iterate = async (): Promise<void> => {
      for await (const event of watch) events.push(event.type);
    };
    await expect(iterate()).rejects.toEqual(coded("WATCH_EXPIRED"));
    await expect(watch.closed).rejects.toEqual(coded("WATCH_EXPIRED"));
    expect([events, errors]).toEqual([["ADDED"], ["WATCH_EXPIRED"]]);
  });

  it("closes the connection when the loop is left", async () => {
    const server = new ScriptedServer([{ batches: life }]);
    const watch = new Watch({ open: server.open });
    for await (const _ of watch) break;
    await watch.closed;
    expect([server.closes, server.requests[0]?.signal.aborted]).toEqual([1, true]);
  });

  it("ends when it is stopped while it waits, and while an event is at hand (R66)", async () => {
    const server = new ScriptedServer([
      { batches: [[change("ADDED", "a", "1"), change("ADDED", "b", "2")]] },
    ]);
    const watch = new Watch({ open: server.open });
    const events: unknown[] = [];
    for await (const event of watch) {
      events.push(event.type);
      await watch.stop();
    }
    expect([events, server.closes]).toEqual([["ADDED"], 1]);

    const silent = new Watch({ open: new ScriptedServer([]).open });
    const next = silent[Symbol.asyncIterator]().next();
    await Promise.resolve();
    await silent.stop();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("leaves no timer and no connection when it is stopped between two pulls", async () => {
    vi.useFakeTimers();
    const connection = new FakeConnection().write(frameOf("ADDED", podOf("a", "1")));
    const signals: AbortSignal[] = [];
    const open = async (signal: AbortSignal): Promise<TransportResponse> => {
      signals.push(signal);
      return connection.response;
    };
    const watch = new Watch<KubeObject>({
      open: ({ signal }) => readWatch(open, { step: "watch pods", inactivityMs: 60_000, signal }),
    });
    await watch[Symbol.asyncIterator]().next();
    await watch.stop();
    expect([signals[0]?.aborted, connection.closes, vi.getTimerCount()]).toEqual([true, 1, 0]);
  });
});

async function* asyncOf<V>(values: readonly V[]): AsyncGenerator<V, void, void> {
  yield* values;
}
