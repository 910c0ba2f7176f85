import { Transform, type TransformCallback } from "node:stream";
import { constants, createGunzip, createInflate, createInflateRaw, type Inflate } from "node:zlib";
import { ByteStream } from "../base/byte-stream.ts";
import { KubeError } from "../base/errors.ts";
import { causeCode } from "./connection-error.ts";

// Whatever is complete comes out at once: a watch must not wait for the next event to see this one.
// Chunks of 16 KiB, zlib's default, cost a list a tenth more time on the main thread.
const options = { flush: constants.Z_SYNC_FLUSH, chunkSize: 64 * 1024 } as const;

/**
 * Inflates one `deflate` member after the other, with zlib's header or without.
 *
 * zlib's own stream ends silently after the first, and the rest would be lost.
 */
class InflateMembers extends Transform {
  #member: Inflate | undefined;
  #onEnd: (() => void) | undefined;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (chunk.length === 0) {
      done();
      return;
    }
    const member = this.#member ?? this.#begin(chunk);
    const before = member.bytesWritten;
    let isSettled = false;
    this.#onEnd = () => {
      this.#member = undefined;
      if (isSettled) return;
      isSettled = true;
      this._transform(chunk.subarray(member.bytesWritten - before), _encoding, done);
    };
    member.write(chunk, () => {
      if (isSettled) return;
      isSettled = true;
      done();
    });
  }

  override _flush(done: TransformCallback): void {
    if (this.#member === undefined) {
      done();
      return;
    }
    this.#onEnd = () => done();
    this.#member.end();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#member?.destroy();
    done(error);
  }

  #begin(chunk: Buffer): Inflate {
    // The low half of a zlib header's first byte is 8; no raw member of any compressor begins so.
    const member = ((chunk[0] ?? 0) & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options);
    member.on("data", (bytes: Buffer) => this.push(bytes));
    member.on("end", () => this.#onEnd?.());
    member.on("error", (error) => this.destroy(error));
    this.#member = member;
    return member;
  }
}

function explain(error: unknown, server: string): KubeError {
  if (KubeError.is(error)) return error;
  if (causeCode(error) === "Z_BUF_ERROR") {
    return new KubeError("CONNECTION_FAILED", `${server}: the compressed body ended early`, { cause: error });
  }
  return new KubeError("BAD_RESPONSE", `${server}: the body cannot be decompressed`, { cause: error });
}

/** Hand a body to its decoder, chunk by chunk; rejects with what either of them failed of. */
async function feed(reader: AsyncIterator<Uint8Array>, decoder: Transform): Promise<void> {
  for (;;) {
    const next = await reader.next();
    if (next.done) break;
    await new Promise<void>((resolve, reject) => {
      // Called once all that the chunk held has come out: slow readers hold up the connection, too.
      decoder.write(next.value, (error) => (error ? reject(error) : resolve()));
    });
  }
  decoder.end();
}

function decompressed(body: AsyncIterable<Uint8Array>, decoder: Transform, server: string): ByteStream {
  const reader = body[Symbol.asyncIterator]();
  const leave = (): void => {
    decoder.destroy();
    reader.return?.().catch(() => {});
  };
  const decoded = new ByteStream({
    pause: () => decoder.pause(),
    resume: () => decoder.resume(),
    cancel: leave,
  });
  const fail = (error: unknown): void => {
    if (isWithoutContent(error, decoder)) decoded.end();
    else decoded.fail(explain(error, server));
    leave();
  };
  decoder.on("data", (chunk: Buffer) => decoded.push(chunk));
  decoder.on("end", () => decoded.end());
  decoder.on("error", fail);
  feed(reader, decoder).catch(fail);
  return decoded;
}

/** An answer may name an encoding and have no content: 204, 304, an empty one. */
function isWithoutContent(error: unknown, decoder: Transform): boolean {
  return causeCode(error) === "Z_BUF_ERROR" && "bytesWritten" in decoder && decoder.bytesWritten === 0;
}

/**
 * Decode a body as its `content-encoding` says: gzip and deflate, also of several members (H23).
 *
 * Returns the body itself where it is not encoded; throws `BAD_RESPONSE` for an
 * encoding that was not asked for.
 */
export function decodedBody(
  body: AsyncIterable<Uint8Array>,
  encoding: string | undefined,
  server: string,
): AsyncIterable<Uint8Array> {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case "":
    case "identity":
      return body;
    case "gzip":
    case "x-gzip":
      return decompressed(body, createGunzip(options), server);
    case "deflate":
      return decompressed(body, new InflateMembers(), server);
    default:
      throw new KubeError("BAD_RESPONSE", `${server}: answered in the encoding \`${encoding}\`, unasked`);
  }
}
