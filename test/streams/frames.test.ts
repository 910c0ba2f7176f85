import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame, FrameDecoder, opcodes } from "../../src/streams/frames.ts";

/** A frame as a server sends it, not masked. */
function serverFrame(opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  const length = payload.byteLength;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = (isFinal ? 0x80 : 0) | opcode;
  if (head.length === 2) head[1] = length;
  else if (head.length === 4) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, payload]);
}

interface Seen {
  readonly messages: Buffer[];
  readonly controls: [number, string][];
}

function decode(chunks: readonly Uint8Array[]): Seen {
  const seen: Seen = { messages: [], controls: [] };
  let parts: Buffer[] = [];
  const decoder = new FrameDecoder("exec", {
    data(piece, isFirst, isLast) {
      expect(isFirst).toBe(parts.length === 0);
      parts.push(Buffer.from(piece));
      if (!isLast) return;
      seen.messages.push(Buffer.concat(parts));
      parts = [];
    },
    control: (opcode, payload) => seen.controls.push([opcode, payload.toString()]),
  });
  for (const chunk of chunks) decoder.push(chunk);
  return seen;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("FrameDecoder", () => {
  it("finds the same messages however they are fragmented and cut", () => {
    const message = fc.record({
      fragments: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
      ping: fc.boolean(),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), sizes, (messages, cuts) => {
        const frames = messages.flatMap(({ fragments, ping }) =>
          fragments.flatMap((fragment, i) => {
            const opcode = i === 0 ? opcodes.binary : opcodes.continuation;
            const frame = serverFrame(opcode, fragment, i === fragments.length - 1);
            // Control frames may stand between the fragments of a message.
            return ping && i === 0 ? [frame, serverFrame(opcodes.ping, Buffer.from("hey"))] : [frame];
          }),
        );
        const seen = decode(cut(Buffer.concat(frames), cuts));
        expect(seen.messages).toEqual(messages.map(({ fragments }) => Buffer.concat(fragments)));
        expect(seen.controls).toHaveLength(messages.filter(({ ping }) => ping).length);
      }),
      { numRuns: 200 },
    );
  });

  it.each([0, 1, 125, 126, 65_535, 65_536, 200_000])("reads a payload of %i bytes", (length) => {
    const payload = Buffer.alloc(length, 7);
    expect(decode(cut(serverFrame(opcodes.binary, payload), [1000])).messages).toEqual([payload]);
  });

  it("hands on a frame of many gigabytes as it comes, and keeps none of it", () => {
    const head = Buffer.from([0x82, 127, 0, 0, 0, 4, 0, 0, 0, 0]);
    const pieces: number[] = [];
    const decoder = new FrameDecoder("exec", {
      data: (piece, isFirst, isLast) => {
        expect(isLast).toBe(false);
        expect(isFirst).toBe(pieces.length === 0);
        pieces.push(piece.length);
      },
      control: () => {},
    });
    decoder.push(head);
    for (let i = 0; i < 5; i += 1) decoder.push(Buffer.alloc(1024));
    expect(pieces).toEqual([1024, 1024, 1024, 1024, 1024]);
  });

  it.each([
    ["a reserved bit", Buffer.from([0xc2, 0]), "extension"],
    ["a mask", Buffer.from([0x82, 0x80, 1, 2, 3, 4]), "masks"],
    ["an unknown data type", Buffer.from([0x83, 0]), "unknown type 3"],
    ["an unknown control type", Buffer.from([0x8b, 0]), "unknown type 11"],
    ["a control frame in parts", Buffer.from([0x09, 0]), "control frame"],
    ["a control frame too long", Buffer.from([0x89, 126, 0, 200]), "control frame"],
    ["a continuation of nothing", Buffer.from([0x80, 0]), "mixed up"],
    ["a message within a message", Buffer.from([0x02, 0, 0x82, 0]), "mixed up"],
    ["an impossible length", Buffer.from([0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255]), "impossible"],
  ])("refuses %s as BAD_RESPONSE", (_name, bytes, words) => {
    expect(() => decode([bytes])).toThrow(
      expect.objectContaining({ code: "BAD_RESPONSE", message: expect.stringContaining(words) }),
    );
  });
});

describe("encodeFrame", () => {
  it.each([0, 1, 2, 3, 4, 5, 7, 125, 126, 1001, 65_535, 65_536, 65_539])(
    "writes %i bytes masked, final and in the shortest form",
    (length) => {
      const payload = Buffer.alloc(length, "payload");
      const mask = Buffer.of(1, 2, 3, 4);
      const frame = encodeFrame(opcodes.binary, [payload.subarray(0, 3), payload.subarray(3)], mask);
      const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
      expect(frame[0]).toBe(0x82);
      expect((frame[1] ?? 0) & 0x80).toBe(0x80);
      expect(frame.length).toBe(start + 4 + length);
      expect(frame.subarray(start, start + 4)).toEqual(mask);
      const unmasked = frame.subarray(start + 4).map((byte, i) => byte ^ (mask[i & 3] ?? 0));
      expect(Buffer.from(unmasked)).toEqual(payload);
      const short = (frame[1] ?? 0) & 0x7f;
      expect(short).toBe(start === 2 ? length : start === 4 ? 126 : 127);
      if (start === 4) expect(frame.readUInt16BE(2)).toBe(length);
      if (start === 10) expect(frame.readBigUInt64BE(2)).toBe(BigInt(length));
    },
  );
});
