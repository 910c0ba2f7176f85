import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/base/api-error.ts";
import { portForward } from "../../../src/streams/port-forward.ts";
import { ways, web0 } from "./pod-server.ts";

describe.each(ways)("a scripted port %s", (_way, start) => {
  it("gets each connection with its port, and is read to its end", async () => {
    await using pod = await start();
    const ports: number[] = [];
    pod.server.onPortForward(({ connection, port }) => {
      ports.push(port);
      connection.end(`hello from ${port}`);
    });
    await using forward = portForward(pod.transport, web0, 8080);
    expect(await text(await forward.open())).toBe("hello from 8080");
    expect(await text(await forward.open())).toBe("hello from 8080");
    expect(ports).toEqual([8080, 8080]);
  });

  it("answers what it reads, of any size", async () => {
    await using pod = await start();
    pod.server.onPortForward(({ connection }) => connection.pipe(connection));
    await using forward = portForward(pod.transport, web0, 80);
    const connection = await forward.open();
    const sent = Buffer.alloc(1_000_000, "x");
    connection.write(sent);
    let received = 0;
    for await (const chunk of connection) {
      received += chunk.length;
      if (received === sent.length) break;
    }
    expect(received).toBe(sent.length);
  });

  it("hears by its signal that the client has gone", async () => {
    await using pod = await start();
    const gone = Promise.withResolvers<void>();
    pod.server.onPortForward(async ({ connection, signal }) => {
      connection.resume();
      await once(signal, "abort");
      gone.resolve();
    });
    const forward = portForward(pod.transport, web0, 80);
    (await forward.open()).on("error", () => {});
    await forward.close();
    await gone.promise;
  });

  it("tells as the port's error what its handler throws", async () => {
    await using pod = await start();
    pod.server.onPortForward(() => Promise.reject(new Error("connection refused")));
    await using forward = portForward(pod.transport, web0, 81);
    const connection = await forward.open();
    const error = await text(connection).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(String(error)).toMatch(/error forwarding port 81 to pod web-0, uid .*: connection refused/);
  });

  it("is refused, in kube-apiserver's words, where nobody plays it or nothing makes sense", async () => {
    await using pod = await start();
    await using forward = portForward(pod.transport, web0, 80);
    const error = await forward.open().catch((thrown: unknown) => thrown);
    expect(ApiError.is(error) && error.status).toBe(400);
    expect(String(error)).toContain("pod web-0 does not have a host assigned");
    pod.server.onPortForward(() => {});
    const path = "/api/v1/namespaces/default/pods/web-0/portforward";
    const headers = {
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      "sec-websocket-version": "13",
      "sec-websocket-protocol": "v4.channel.k8s.io",
    };
    const ask = async (query: string, more: object = {}): Promise<unknown> => {
      const sent = { method: "GET", path: `${path}${query}`, isStream: true, upgrade: "websocket" } as const;
      const { status, body } = await pod.transport({ ...sent, headers: { ...headers, ...more } });
      let received = "";
      for await (const chunk of body) received += Buffer.from(chunk).toString();
      return [status, received === "" ? "" : JSON.parse(received).message];
    };
    expect(await ask("?ports=abc")).toEqual([
      400,
      'cannot convert to []int32: strconv.ParseUint: parsing "abc": invalid syntax',
    ]);
    expect(await ask("?ports=80,65536")).toEqual([
      400,
      'cannot convert to []int32: strconv.ParseUint: parsing "65536": value out of range',
    ]);
    expect(await ask("?ports=80", { "sec-websocket-protocol": "v5.channel.k8s.io" })).toEqual([403, ""]);
    expect(await ask("?ports=80", { "sec-websocket-version": "8" })).toEqual([
      400,
      expect.stringContaining("handshake"),
    ]);
  });
});
