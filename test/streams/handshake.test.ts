import { describe, expect, it } from "vitest";
import { acceptOf, beginHandshake, finishHandshake } from "../../src/streams/handshake.ts";

const step = 'exec in pods "web-0"';
const offered = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

function answer(key: string, extra: Record<string, string> = {}): { headers: Record<string, string> } {
  return {
    headers: {
      upgrade: "WebSocket",
      connection: "Upgrade",
      "sec-websocket-accept": acceptOf(key),
      "sec-websocket-protocol": "v4.channel.k8s.io",
      ...extra,
    },
  };
}

describe("the WebSocket handshake", () => {
  it("computes the accept of RFC 6455's own example", () => {
    expect(acceptOf("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  });

  it("offers the protocols in order under a new key of 16 bytes each time", () => {
    const one = beginHandshake(offered);
    const two = beginHandshake(offered);
    expect(one.headers["sec-websocket-protocol"]).toBe("v5.channel.k8s.io, v4.channel.k8s.io");
    expect(one.headers["sec-websocket-version"]).toBe("13");
    expect(Buffer.from(one.key, "base64")).toHaveLength(16);
    expect(one.key).not.toBe(two.key);
    // Connection and Upgrade are the transport's.
    expect(Object.keys(one.headers).every((name) => name.startsWith("sec-websocket-"))).toBe(true);
  });

  it.each(["a,b", "a b", "a\r\nauthorization: x", ""])(
    "lets no header in by a protocol such as %j",
    (protocol) => {
      expect(() => beginHandshake([protocol])).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );

  it("tells what the server chose", () => {
    const handshake = beginHandshake(offered);
    expect(finishHandshake(handshake, answer(handshake.key), step)).toBe("v4.channel.k8s.io");
  });

  it.each([
    ["another key's accept", { "sec-websocket-accept": acceptOf("another") }, "BAD_RESPONSE"],
    ["no accept", { "sec-websocket-accept": "" }, "BAD_RESPONSE"],
    ["an upgrade to something else", { upgrade: "SPDY/3.1" }, "BAD_RESPONSE"],
    ["an extension", { "sec-websocket-extensions": "permessage-deflate" }, "BAD_RESPONSE"],
    ["no protocol", { "sec-websocket-protocol": "" }, "UNSUPPORTED"],
    ["a protocol that was not offered", { "sec-websocket-protocol": "channel.k8s.io" }, "UNSUPPORTED"],
  ])("refuses an answer with %s", (_name, extra, code) => {
    const handshake = beginHandshake(offered);
    expect(() => finishHandshake(handshake, answer(handshake.key, extra), step)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(step) }),
    );
  });
});
