import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "../../src/base/api-error.ts";
import type { KubeError } from "../../src/base/errors.ts";
import { portForward } from "../../src/streams/port-forward.ts";
import { failure, type Peer, scriptedPod, textOf, ways, web0 } from "./scripted-pod.ts";

const speaks = ["v4.channel.k8s.io"];
const port80 = Buffer.of(80, 0);

async function begin(peer: Peer, port: Uint8Array = port80): Promise<void> {
  await peer.send(0, port);
  await peer.send(1, port);
}

/** A pod whose port sends back whatever it is sent, until it has sent `until` bytes. */
async function echo(peer: Peer, until = Number.POSITIVE_INFINITY): Promise<void> {
  await begin(peer);
  for (let sent = 0; sent < until; ) {
    const { payload } = await peer.next();
    sent += payload.length;
    await peer.send(0, payload);
  }
  peer.socket.close(1000);
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(ways)("a port-forward %s", (way) => {
  it("hands out a connection as a Duplex, one request each", async () => {
    await using pod = await scriptedPod(way, (peer) => echo(peer, 5), { speaks });
    await using forward = portForward(pod.transport, web0, 80);
    expect(pod.requests).toEqual([]);
    const [one, two] = await Promise.all([forward.open(), forward.open()]);
    one.write("hello");
    two.write("HELLO");
    expect(await Promise.all([textOf(one), textOf(two)])).toEqual(["hello", "HELLO"]);
    expect(pod.requests).toHaveLength(2);
    const url = pod.peers[0]?.url;
    expect(url?.pathname).toBe("/api/v1/namespaces/shop/pods/web-0/portforward");
    expect(url?.searchParams.getAll("ports")).toEqual(["80"]);
    expect(pod.requests[0]?.headers["sec-websocket-protocol"]).toBe("v4.channel.k8s.io");
  });

  it("is CONNECTION_FAILED in the words of the kubelet where the pod refuses", async () => {
    await using pod = await scriptedPod(
      way,
      async (peer) => {
        await begin(peer);
        await peer.send(1, "error forwarding port 80 to pod web-0: connection refused");
        peer.socket.close(1000);
      },
      { speaks },
    );
    await using forward = portForward(pod.transport, web0, 80);
    const error = await failure(textOf(await forward.open()));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(error.message).toMatch(
      /^forward port 80 of pods "web-0" in namespace "shop": .*connection refused$/,
    );
  });

  it("is CONNECTION_FAILED where the connection breaks, after what had arrived", async () => {
    await using pod = await scriptedPod(
      way,
      async (peer) => {
        await begin(peer);
        await peer.send(0, "half");
        await peer.next();
        peer.connection.destroy();
      },
      { speaks },
    );
    await using forward = portForward(pod.transport, web0, 80);
    const stream = await forward.open();
    await once(stream, "readable");
    stream.write("go");
    const got: string[] = [];
    const reading = (async () => {
      for await (const part of stream) got.push(String(part));
    })();
    expect(await failure(reading)).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(got).toEqual(["half"]);
  });

  it("is BAD_RESPONSE where the server forwards another port", async () => {
    await using pod = await scriptedPod(way, (peer) => begin(peer, Buffer.of(81, 0)), { speaks });
    await using forward = portForward(pod.transport, web0, 80);
    const error = await failure(textOf(await forward.open()));
    expect(error).toMatchObject({ code: "BAD_RESPONSE", message: expect.stringContaining("port 81") });
  });

  it("rejects with the ApiError of a refusal", async () => {
    const body = JSON.stringify({
      kind: "Status",
      status: "Failure",
      reason: "NotFound",
      code: 404,
      message: "no pod",
    });
    const refuse = { status: 404, body, type: "application/json" };
    await using pod = await scriptedPod(way, () => {}, { refuse });
    await using forward = portForward(pod.transport, web0, 80);
    const error = await failure(forward.open());
    expect(ApiError.is(error)).toBe(true);
    expect(error.message).toContain('forward port 80 of pods "web-0" in namespace "shop"');
  });

  it("ends every connection when it is closed, and opens no other", async () => {
    await using pod = await scriptedPod(way, (peer) => begin(peer), { speaks });
    const forward = portForward(pod.transport, web0, 80);
    const stream = await forward.open();
    const reading = failure(textOf(stream));
    await forward.close();
    expect(stream.closed).toBe(true);
    expect(await reading).toMatchObject({ code: "STOPPED" });
    expect(await failure(forward.open())).toMatchObject({ code: "STOPPED" });
    expect(await failure(forward.listen())).toMatchObject({ code: "STOPPED" });
    await pod.peers[0]?.closed();
  });

  it("ends by its own signal and by a connection's", async () => {
    await using pod = await scriptedPod(way, (peer) => begin(peer), { speaks });
    const all = new AbortController();
    const single = new AbortController();
    await using forward = portForward(pod.transport, web0, 80, { signal: all.signal });
    const [one, two] = await Promise.all([forward.open({ signal: single.signal }), forward.open()]);
    const [oneEnds, twoEnds] = [failure(textOf(one)), failure(textOf(two))];
    single.abort();
    expect(await oneEnds).toMatchObject({ code: "ABORTED" });
    expect(two.destroyed).toBe(false);
    all.abort();
    expect(await twoEnds).toMatchObject({ code: "ABORTED" });
    expect(await failure(forward.open())).toMatchObject({ code: "ABORTED" });
  });

  it("slows both sides down, and loses nothing of 20 MB each way", async () => {
    const total = 20 * 1024 * 1024;
    await using pod = await scriptedPod(way, (peer) => echo(peer, total), { speaks });
    await using forward = portForward(pod.transport, web0, 80);
    const stream = await forward.open();
    const chunk = Buffer.alloc(64 * 1024, 1);
    const writing = (async () => {
      for (let sent = 0; sent < total; sent += chunk.length) {
        if (!stream.write(chunk)) await once(stream, "drain");
      }
    })();
    let received = 0;
    let most = 0;
    for await (const part of stream) {
      received += part.length;
      most = Math.max(most, stream.readableLength);
    }
    await writing;
    expect(received).toBe(total);
    expect(most).toBeLessThan(1024 * 1024);
  }, 30_000);
});

describe("a connection whose writer has ended", () => {
  it("is read until the pod ends it", async () => {
    await using pod = await scriptedPod(
      "in memory",
      async (peer) => {
        await begin(peer);
        await peer.next();
        await peer.send(0, "the whole ");
        await peer.send(0, "answer");
        peer.socket.close(1000);
      },
      { speaks },
    );
    await using forward = portForward(pod.transport, web0, 80);
    const stream = await forward.open();
    stream.end("question");
    expect(await textOf(stream)).toBe("the whole answer");
  });

  it("is closed once the pod has been silent for long enough", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using pod = await scriptedPod(
      "in memory",
      async (peer) => {
        await begin(peer);
        await peer.next();
        await peer.send(0, "some");
      },
      { speaks },
    );
    await using forward = portForward(pod.transport, web0, 80, { halfOpenMs: 5000 });
    const stream = await forward.open();
    const answered = once(stream, "readable");
    const finished = once(stream, "finish");
    stream.end("question");
    await Promise.all([finished, answered]);
    vi.advanceTimersByTime(4999);
    expect(stream.read()?.toString()).toBe("some");
    // Whatever comes begins the silence anew.
    const more = once(stream, "readable");
    const [peer] = pod.peers;
    await peer?.send(0, "more");
    await more;
    expect(stream.read()?.toString()).toBe("more");
    vi.advanceTimersByTime(4999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(peer?.socket.readyState).toBe(peer?.socket.OPEN);
    vi.advanceTimersByTime(1);
    expect(await textOf(stream)).toBe("");
    await pod.peers[0]?.closed();
  });
});

describe("portForward", () => {
  it.each([0, -1, 1.5, 65_536, Number.NaN])("refuses the port %d", (port) => {
    const wrong = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => portForward(async () => Promise.reject(new Error("sent")), web0, port)).toThrow(wrong);
  });
});

async function reply(port: number, text: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.end(text);
  return textOf(socket);
}

describe("a local listener", () => {
  it("forwards each connection by a request of its own", async () => {
    await using pod = await scriptedPod("https", (peer) => echo(peer, 5), { speaks });
    await using forward = portForward(pod.transport, web0, 80);
    await using listener = await forward.listen();
    expect(listener.host).toBe("127.0.0.1");
    const texts = Array.from({ length: 20 }, (_, i) => `no ${String(i).padStart(2, "0")}`);
    expect(await Promise.all(texts.map((text) => reply(listener.port, text)))).toEqual(texts);
    expect(pod.requests).toHaveLength(20);
  });

  it("resets a connection that cannot be made, tells why, and goes on", async () => {
    const errors: KubeError[] = [];
    const body = JSON.stringify({
      kind: "Status",
      status: "Failure",
      reason: "NotFound",
      code: 404,
      message: "no pod",
    });
    await using pod = await scriptedPod("http", () => {}, {
      refuse: { status: 404, body, type: "application/json" },
    });
    await using forward = portForward(pod.transport, web0, 80);
    await using listener = await forward.listen({ onError: (error) => errors.push(error) });
    for (let turn = 0; turn < 2; turn += 1) {
      const socket: Socket = connect({ port: listener.port, host: "127.0.0.1" });
      const [error] = await once(socket, "error");
      expect(error.code).toBe("ECONNRESET");
    }
    expect(errors).toMatchObject([{ code: "API", status: 404 }, { code: "API" }]);
  });

  it("frees the pod's side when the local client goes away", async () => {
    await using pod = await scriptedPod("http", (peer) => begin(peer), { speaks });
    await using forward = portForward(pod.transport, web0, 80);
    const errors: KubeError[] = [];
    await using listener = await forward.listen({ onError: (error) => errors.push(error) });
    const socket = connect({ port: listener.port, host: "127.0.0.1" });
    socket.write("x");
    while (pod.peers.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await pod.peers[0]?.next();
    socket.resetAndDestroy();
    await pod.peers[0]?.closed();
    expect(errors).toEqual([]);
  });

  it("is closed with its port-forward, local connections included, and lets the port go", async () => {
    await using pod = await scriptedPod("http", (peer) => begin(peer), { speaks });
    const forward = portForward(pod.transport, web0, 80);
    const listener = await forward.listen();
    const socket: Duplex = connect({ port: listener.port, host: "127.0.0.1" });
    socket.on("error", () => {});
    await once(socket, "connect");
    const gone = once(socket, "close");
    await forward.close();
    await listener.closed;
    await gone;
    await using again = portForward(pod.transport, web0, 80);
    await using second = await again.listen({ port: listener.port });
    expect(second.port).toBe(listener.port);
    const error = await failure(again.listen({ port: listener.port }));
    expect(error).toMatchObject({
      code: "CONNECTION_FAILED",
      message: expect.stringContaining("EADDRINUSE"),
    });
  });

  it.each([{ port: -1 }, { port: 65_536 }, { host: JSON.parse("7") }, { onError: JSON.parse("7") }])(
    "refuses %j",
    async (options) => {
      const forward = portForward(async () => Promise.reject(new Error("sent")), web0, 80);
      expect(await failure(forward.listen(options))).toMatchObject({ code: "INVALID_ARGUMENT" });
    },
  );
});
