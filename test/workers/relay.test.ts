import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { ReconcileScope } from "../../src/controller/cluster-port.ts";
import type { Transport, TransportRequest } from "../../src/transport/port.ts";
import { PortTransport } from "../../src/worker-thread/port-transport.ts";
import type { FromThread, ToThread } from "../../src/workers/messages.ts";
import { leaveReason, RequestRelay, windowBytes } from "../../src/workers/request-relay.ts";

const get: TransportRequest = { method: "GET", path: "/api/v1/pods?limit=5", headers: {}, isStream: false };

/** Both ends, with messages between them that are copied as those between threads. */
function joined(send: Transport, scope: ReconcileScope | undefined = openScope()) {
  let pending = Promise.resolve();
  const later = (deliver: () => void): void => {
    pending = pending.then(deliver);
  };
  const relay = new RequestRelay(send, (message: ToThread) => {
    const copy = structuredClone(message);
    later(() => {
      if ("request" in copy) thread.on(copy);
    });
  });
  const thread = new PortTransport((message: FromThread) => {
    const copy = structuredClone(message);
    later(() => {
      if (copy.type === "request") void relay.begin(copy, scope);
      if (copy.type === "leave") relay.leave(copy.request, leaveReason(copy.error));
      if (copy.type === "credit") relay.credit(copy.request, copy.bytes);
    });
  });
  const transport = thread.of({ reconcile: 0, asked: undefined });
  return { relay, transport, thread };
}

function openScope(): ReconcileScope {
  return { signal: new AbortController().signal, beforeWrite: () => {} };
}

/** Let all that is settled be told. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A body that tells how far it was read, and whether it was left. */
function counted(chunkBytes: number, count = Number.POSITIVE_INFINITY) {
  const state = { chunks: 0, isLeft: false };
  const body = (signal: AbortSignal | undefined): AsyncIterable<Uint8Array> =>
    (async function* () {
      try {
        for (; state.chunks < count; state.chunks++) {
          if (signal?.aborted === true) throw signal.reason;
          yield new Uint8Array(chunkBytes).fill(state.chunks % 256);
          await settle();
        }
      } finally {
        state.isLeft = true;
      }
    })();
  const transport: Transport = async ({ signal }) => ({
    status: 200,
    headers: { a: "b" },
    body: body(signal),
  });
  return { state, transport };
}

describe("a request between two threads", { timeout: 20_000 }, () => {
  it("is sent as it is, and its answer comes back whole", async () => {
    const sent: TransportRequest[] = [];
    const { state, transport: inner } = counted(1000, 5);
    const { transport, relay } = joined(async (request) => {
      sent.push(request);
      return inner(request);
    });
    const body = new Uint8Array([1, 2, 3]);
    const headers = { accept: "application/json" };
    const request = { ...get, method: "PUT" as const, headers, body, retry: false, isStream: true };
    const response = await transport(request);
    expect([response.status, response.headers]).toEqual([200, { a: "b" }]);
    const { beforeSend: _beforeSend, signal: _signal, ...plain } = sent[0] ?? get;
    expect(plain).toEqual({ ...request, repeatedHeaders: undefined });
    const chunks = await Array.fromAsync(response.body);
    expect(chunks.map((chunk) => [chunk[0], chunk.byteLength])).toEqual(
      [0, 1, 2, 3, 4].map((n) => [n, 1000]),
    );
    expect([state.isLeft, relay.open]).toEqual([true, 0]);
  });

  it("lends no memory of others: of a chunk that is a part of it, that part crosses", async () => {
    const all = new Uint8Array(4096).fill(7);
    const { transport } = joined(async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield all.subarray(10, 20);
      })(),
    }));
    const [chunk] = await Array.fromAsync((await transport(get)).body);
    expect([chunk?.byteLength, chunk?.buffer.byteLength, all.byteLength]).toEqual([10, 10, 4096]);
  });

  it("reads no faster than its reader does", async () => {
    const chunkBytes = 64 * 1024;
    const { state, transport: inner } = counted(chunkBytes);
    const { transport } = joined(inner);
    const response = await transport(get);
    const read = async (): Promise<number> => {
      let before = -1;
      while (before !== state.chunks) {
        before = state.chunks;
        for (let i = 0; i < 5; i++) await settle();
      }
      return state.chunks;
    };
    const held = await read();
    expect(held * chunkBytes).toBeLessThanOrEqual(2 * windowBytes);
    const reader = response.body[Symbol.asyncIterator]();
    for (let i = 0; i < 20; i++) await reader.next();
    expect(await read()).toBeLessThanOrEqual(held + 20);
    await reader.return?.();
    await read();
    expect(state.isLeft).toBe(true);
  });

  it("ends with its own signal, before the answer and within it", async () => {
    const given: unknown[] = [];
    const { transport, relay } = joined((request) => {
      const { promise, reject } = Promise.withResolvers<never>();
      request.signal?.addEventListener("abort", () => {
        given.push(request.signal?.reason);
        reject(request.signal?.reason);
      });
      return promise;
    });
    const own = new AbortController();
    const sent = transport({ ...get, signal: own.signal });
    await settle();
    own.abort(new KubeError("TIMEOUT", "too late"));
    await expect(sent).rejects.toMatchObject({ code: "TIMEOUT" });
    await settle();
    expect(given).toMatchObject([{ code: "TIMEOUT", message: "too late" }]);
    expect(relay.open).toBe(0);
    const { state, transport: inner } = counted(10);
    const other = joined(inner);
    const again = new AbortController();
    const response = await other.transport({ ...get, signal: again.signal });
    again.abort();
    await expect(Array.fromAsync(response.body)).rejects.toMatchObject({ code: "ABORTED" });
    for (let i = 0; i < 5; i++) await settle();
    expect([state.isLeft, other.relay.open]).toEqual([true, 0]);
    await expect(other.transport({ ...get, signal: again.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
  });

  it("fails as in the other thread, before the answer and within it", async () => {
    const broken = new KubeError("CONNECTION_FAILED", "reset");
    const { transport } = joined(() => Promise.reject(broken));
    await expect(transport(get)).rejects.toMatchObject({ code: "CONNECTION_FAILED", message: "reset" });
    const within = joined(async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield new Uint8Array(5);
        throw broken;
      })(),
    }));
    const chunks: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of (await within.transport(get)).body) chunks.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    expect(chunks).toHaveLength(1);
  });

  it("asks whether it may be sent, each time that it is", async () => {
    const steps: string[] = [];
    const scope = { ...openScope(), beforeWrite: (step: string) => void steps.push(step) };
    const { state: _state, transport: inner } = counted(1, 1);
    const sender = { reconcile: 0, asked: undefined as string | undefined };
    const { thread } = joined(async (request) => {
      request.beforeSend?.();
      return inner(request);
    }, scope);
    const transport = thread.of(sender);
    const beforeSend = (): void => {
      sender.asked = "patch pods";
    };
    await transport({ ...get, beforeSend });
    expect(steps).toEqual(["patch pods", "patch pods"]);
    await transport(get);
    expect(steps).toHaveLength(2);
  });

  it("is refused without a scope, for a connection, and where it may not be sent", async () => {
    const sent: unknown[] = [];
    const send: Transport = async (request) => {
      sent.push(request);
      return { status: 200, headers: {}, body: (async function* () {})() };
    };
    const none = new RequestRelay(send, () => {});
    const told: ToThread[] = [];
    const relay = new RequestRelay(send, (message) => told.push(message));
    const message = {
      type: "request",
      request: 1,
      reconcile: 1,
      writes: undefined,
      hasClock: false,
    } as const;
    await relay.begin(
      { ...get, ...message, repeatedHeaders: undefined, body: undefined, retry: undefined },
      undefined,
    );
    expect(told).toMatchObject([{ type: "end", error: { code: "ABORTED" } }]);
    expect(none.open).toBe(0);
    const { transport } = joined(send, {
      ...openScope(),
      beforeWrite: () => {
        throw new KubeError("LEADERSHIP_LOST", "lost");
      },
    });
    await expect(transport({ ...get, upgrade: "websocket" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(sent).toEqual([]);
  });

  it("ends with its thread", async () => {
    const { state, transport: inner } = counted(10);
    const { transport, relay } = joined(inner);
    await transport(get);
    relay.close();
    for (let i = 0; i < 5; i++) await settle();
    expect([state.isLeft, relay.open]).toEqual([true, 0]);
  });
});
