import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { decodedBody } from "../../src/transport/decompress.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { configFor, failure, get, serve, textOf } from "./local-server.ts";

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const read = (bytes: Uint8Array, encoding: string, size: number) =>
  textOf({ status: 200, headers: {}, body: decodedBody(inPieces(bytes, size), encoding, "server") });

const text = "The quick brown fox. ".repeat(5000);
const encoders = [
  { encoding: "gzip", encode: gzipSync },
  { encoding: "x-gzip", encode: gzipSync },
  { encoding: "deflate", encode: deflateSync },
  { encoding: "deflate", encode: deflateRawSync },
];

describe.each(encoders)("a body in $encoding by $encode.name", ({ encoding, encode }) => {
  it.each([1, 7, 64, 1_000_000])("is decoded from pieces of %i bytes (H23)", async (size) => {
    expect(await read(encode(text), encoding, size)).toBe(text);
  });

  it.each([1, 7, 64, 1_000_000])(
    "of several members is decoded whole from pieces of %i bytes (H23)",
    async (size) => {
      const members = Buffer.concat([encode("one,"), encode(text), encode(",three")]);
      expect(await read(members, encoding, size)).toBe(`one,${text},three`);
    },
  );

  it("that has no content is empty, as with 204 and 304 (H23)", async () => {
    expect(await read(Buffer.alloc(0), encoding, 64)).toBe("");
  });

  it("that ends early is CONNECTION_FAILED, never a shorter text", async () => {
    const bytes = encode(text);
    const error = await failure(read(bytes.subarray(0, bytes.length - 20), encoding, 64));
    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
  });
});

describe("decodedBody", () => {
  it("throws BAD_RESPONSE for bytes that are not compressed, and for an encoding nobody asked for", async () => {
    expect(await failure(read(Buffer.from("plain text"), "gzip", 64))).toMatchObject({
      code: "BAD_RESPONSE",
    });
    expect(() => decodedBody(inPieces(Buffer.from(""), 1), "br", "server")).toThrow(/unasked/);
  });

  it("hands an event of a compressed stream over before the next one is sent (H23)", async () => {
    const { createGzip } = await import("node:zlib");
    const go = Promise.withResolvers<void>();
    await using server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.write("first\n");
      gzip.flush();
      go.promise.then(() => gzip.end("second\n"));
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const response = await transport(get("/", { isStream: true }));
    expect(response.headers["content-encoding"]).toBeUndefined();
    const seen: string[] = [];
    for await (const chunk of response.body) {
      seen.push(Buffer.from(chunk).toString());
      go.resolve();
    }
    expect(seen).toEqual(["first\n", "second\n"]);
  });

  it("closes the connection of a compressed stream whose reader leaves", async () => {
    const left = Promise.withResolvers<void>();
    await using server = await serve((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).write(gzipSync("first"));
      response.once("close", () => left.resolve());
    });
    await using transport = createUndiciTransport(configFor(server.url));
    const response = await transport(get("/", { isStream: true }));
    for await (const _ of response.body) break;
    await left.promise;
  });

  it("reads no further than its reader does, by a mebibyte or two, though little compressed is much (P21)", async () => {
    let taken = 0;
    async function* pieces(): AsyncGenerator<Uint8Array, void, void> {
      const piece = gzipSync(Buffer.alloc(256 * 1024));
      for (let index = 0; index < 100; index += 1) {
        taken += 1;
        yield piece;
      }
    }
    const reader = decodedBody(pieces(), "gzip", "server")[Symbol.asyncIterator]();
    let bytes = (await reader.next()).value?.byteLength ?? 0;
    // Turns enough for all of it, were nothing held up.
    for (let turn = 0; turn < 20_000 && taken < 12; turn += 1) await new Promise(setImmediate);
    expect(taken).toBeGreaterThanOrEqual(5);
    expect(taken).toBeLessThan(12);
    for (let next = await reader.next(); !next.done; next = await reader.next())
      bytes += next.value.byteLength;
    expect([taken, bytes]).toEqual([100, 100 * 256 * 1024]);
  });

  it("fails as its source does, after all that had arrived", async () => {
    const broke = Promise.withResolvers<void>();
    async function* broken(): AsyncGenerator<Uint8Array, void, void> {
      yield gzipSync("whole");
      broke.resolve();
      throw new KubeError("CONNECTION_FAILED", "reset");
    }
    const reader = decodedBody(broken(), "gzip", "server")[Symbol.asyncIterator]();
    await broke.promise;
    await new Promise(setImmediate);
    expect(String((await reader.next()).value)).toBe("whole");
    expect(await failure(Promise.resolve(reader.next()))).toMatchObject({ message: "reset" });
  });
});
