import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { Client } from "../../src/client/client.ts";
import type { Transport } from "../../src/transport/port.ts";
import { failure, inMemory, Pod } from "./in-memory.ts";

const getPod = { verb: "get", kind: Pod, namespace: "shop", name: "a" } as const;
const list = { verb: "list", kind: Pod } as const;
const bad = {
  code: "BAD_RESPONSE",
  message: expect.stringMatching(/larger than \d+ bytes .*maxAnswerBytes/),
};

/** A body without an end, as a few compressed bytes may hold; counts what was taken of it. */
function endless(start: string): { transport: Transport; read: () => number } {
  const chunk = Buffer.alloc(256 * 1024, "x");
  let read = 0;
  const transport: Transport = async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield Buffer.from(start);
      for (;;) {
        read += chunk.byteLength;
        yield chunk;
      }
    })(),
  });
  return { transport, read: () => read };
}

describe("an answer that is too large", () => {
  it.each([
    ["json", (client: Client) => client.json(getPod)],
    ["text", (client: Client) => client.text({ ...getPod, subresource: "log" })],
    ["read", (client: Client) => client.read("/version", "read /version")],
    ["raw", (client: Client) => client.raw("/openapi/v2")],
  ])("is BAD_RESPONSE for %s, and read no further", async (_method, send) => {
    const { transport, read } = endless('{"a":"');
    expect(await failure(send(new Client(transport, { maxAnswerBytes: 1024 * 1024 })))).toMatchObject(bad);
    expect(read()).toBeLessThan(2 * 1024 * 1024);
  });

  it("is BAD_RESPONSE for one item of a list, but no limit for the list", async () => {
    const { transport, read } = endless('{"kind":"PodList","items":[{"a":"');
    expect(await failure(new Client(transport, { maxAnswerBytes: 1024 * 1024 }).list(list))).toMatchObject(
      bad,
    );
    expect(read()).toBeLessThan(2 * 1024 * 1024);
    const items = Array.from({ length: 100 }, () => JSON.stringify({ a: "x".repeat(50) }));
    const text = `{"kind":"PodList","items":[${items.join(",")}]}`;
    const body = text.match(/.{1,30}/g) ?? [];
    const answer = await new Client(inMemory({ body }), { maxAnswerBytes: 100 }).list(list);
    expect(answer.items).toHaveLength(100);
  });

  it("is 64 MiB and more, unless told otherwise; a limit that is none is refused", async () => {
    const { transport, read } = endless('{"a":"');
    expect(await failure(new Client(transport).json(getPod))).toMatchObject({
      message: expect.stringContaining("larger than 67108864 bytes"),
    });
    expect(read()).toBeGreaterThanOrEqual(64 * 1024 * 1024);
    for (const maxAnswerBytes of [0, -1, 1.5, Number.NaN]) {
      expect(() => new Client(transport, { maxAnswerBytes })).toThrow(/maxAnswerBytes/);
    }
    expect(gzipSync(Buffer.alloc(1024 * 1024)).byteLength).toBeLessThan(2000);
  });
});
