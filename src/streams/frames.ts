import { KubeError } from "../base/errors.ts";

/** The frame types of RFC 6455. */
export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** The largest payload of a close, ping or pong. */
export const maxControlBytes = 125;

const empty: Buffer = Buffer.alloc(0);

function headerBytes(length: number): number {
  if (length <= maxControlBytes) return 2;
  return length <= 0xffff ? 4 : 10;
}

/**
 * Write one whole frame as a client sends it: masked, final, in a buffer of its own.
 *
 * `parts` are put behind each other; `mask` are four unpredictable bytes.
 */
export function encodeFrame(opcode: number, parts: readonly Uint8Array[], mask: Uint8Array): Buffer {
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const start = headerBytes(length);
  const frame = Buffer.allocUnsafe(start + 4 + length);
  frame[0] = 0x80 | opcode;
  if (start === 2) frame[1] = 0x80 | length;
  else if (start === 4) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(mask.subarray(0, 4), start);
  let at = start + 4;
  for (const part of parts) {
    frame.set(part, at);
    at += part.byteLength;
  }
  maskBytes(frame, start + 4, mask);
  return frame;
}

/** Mask what begins at `from`, in place; word by word where there is enough of it, which is several times as fast. */
function maskBytes(frame: Buffer, from: number, mask: Uint8Array): void {
  const skew = (frame.byteOffset + from) % 4;
  const aligned = Math.min(frame.length, from + ((4 - skew) % 4));
  const count = (frame.length - aligned) >> 2;
  const words =
    count === 0 ? new Uint32Array() : new Uint32Array(frame.buffer, frame.byteOffset + aligned, count);
  for (let i = from; i < aligned; i += 1) frame[i] = (frame[i] ?? 0) ^ (mask[(i - from) & 3] ?? 0);
  // The mask as a word, in this machine's own order of bytes, beginning where the words do.
  const turned = Uint8Array.from([0, 1, 2, 3], (i) => mask[(aligned - from + i) & 3] ?? 0);
  const [word = 0] = new Uint32Array(turned.buffer);
  for (let i = 0; i < words.length; i += 1) words[i] = (words[i] ?? 0) ^ word;
  for (let i = aligned + words.length * 4; i < frame.length; i += 1) {
    frame[i] = (frame[i] ?? 0) ^ (mask[(i - from) & 3] ?? 0);
  }
}

/** Who is told what a {@link FrameDecoder} finds, in order and at once. */
export interface FrameSink {
  /** A piece of a message, as it arrived; pieces may be empty. */
  data(piece: Buffer, isFirst: boolean, isLast: boolean, isText: boolean): void;
  /** A whole ping, pong or close. */
  control(opcode: number, payload: Buffer): void;
}

/**
 * Bytes of a server in, pieces of messages out.
 *
 * Messages are handed on as they arrive and never collected, so that frames of
 * any length need no memory; what is kept is at most one header and one control
 * frame. Throws `BAD_RESPONSE` for bytes that no WebSocket server sends, after
 * which it is of no more use.
 */
export class FrameDecoder {
  readonly #step: string;
  readonly #sink: FrameSink;
  /** The beginning of a header or a control frame whose rest is still to come. */
  #kept: Buffer = empty;
  #isFinal = false;
  #isText = false;
  /** Payload of the current data frame that is still to come; `undefined`: a header is next. */
  #left: number | undefined;
  /** A message has begun and not ended. */
  #isInMessage = false;
  #isFirst = true;

  constructor(step: string, sink: FrameSink) {
    this.#step = step;
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#kept.length > 0) {
      bytes = Buffer.concat([this.#kept, bytes]);
      this.#kept = empty;
    }
    let at = 0;
    for (;;) {
      if (this.#left !== undefined) {
        if (at === bytes.length && this.#left > 0) return;
        const piece = bytes.subarray(at, at + this.#left);
        at += piece.length;
        this.#take(piece, this.#left);
        continue;
      }
      const read = this.#header(bytes, at);
      if (read === 0) {
        if (at < bytes.length) this.#kept = Buffer.from(bytes.subarray(at));
        return;
      }
      at += read;
    }
  }

  #take(piece: Buffer, left: number): void {
    const isFrameOver = piece.length === left;
    const isLast = isFrameOver && this.#isFinal;
    const isFirst = this.#isFirst;
    this.#isFirst = isLast;
    this.#left = isFrameOver ? undefined : left - piece.length;
    this.#isInMessage = !isLast;
    this.#sink.data(piece, isFirst, isLast, this.#isText);
  }

  /** Read a header, and a control frame whole; returns how many bytes that took, 0 where some are missing. */
  #header(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return 0;
    const first = bytes.readUInt8(at);
    const second = bytes.readUInt8(at + 1);
    const opcode = first & 0x0f;
    const isFinal = (first & 0x80) !== 0;
    if ((first & 0x70) !== 0) throw this.#wrong("uses an extension that nobody agreed on");
    if ((second & 0x80) !== 0) throw this.#wrong("masks its frames");
    const short = second & 0x7f;
    if (opcode >= opcodes.close) {
      if (opcode > opcodes.pong) throw this.#wrong(`sent a frame of the unknown type ${opcode}`);
      if (!isFinal || short > maxControlBytes)
        throw this.#wrong("sent a control frame that is too long or in parts");
      if (bytes.length - at < 2 + short) return 0;
      this.#sink.control(opcode, bytes.subarray(at + 2, at + 2 + short));
      return 2 + short;
    }
    const size = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length - at < size) return 0;
    this.#begin(opcode, isFinal);
    if (size === 2) this.#left = short;
    else if (size === 4) this.#left = bytes.readUInt16BE(at + 2);
    else {
      const long = bytes.readBigUInt64BE(at + 2);
      if (long > BigInt(Number.MAX_SAFE_INTEGER)) throw this.#wrong("sent a frame of an impossible length");
      this.#left = Number(long);
    }
    return size;
  }

  #begin(opcode: number, isFinal: boolean): void {
    if (opcode > opcodes.binary) throw this.#wrong(`sent a frame of the unknown type ${opcode}`);
    if ((opcode === opcodes.continuation) !== this.#isInMessage) {
      throw this.#wrong("mixed up the parts of its messages");
    }
    this.#isFinal = isFinal;
    if (opcode !== opcodes.continuation) this.#isText = opcode === opcodes.text;
  }

  #wrong(what: string): KubeError {
    return new KubeError(
      "BAD_RESPONSE",
      `${this.#step}: not a WebSocket as RFC 6455 has it: the server ${what}`,
    );
  }
}
