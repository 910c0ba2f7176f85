import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameDecoder } from "../../src/watch/frame-decoder.ts";
import { bytesOf, cut } from "./frames.ts";

interface Decoded {
  readonly frames: unknown[];
  readonly error: unknown;
}

/** Decode chunks to the end, or to the first error. */
function decode(chunks: readonly Uint8Array[], maxFrameBytes?: number): Decoded {
  const decoder = new FrameDecoder({ step: "watch pods", maxFrameBytes });
  const frames: unknown[] = [];
  const take = (frame: unknown): boolean => frames.push(frame) > 0;
  try {
    for (const chunk of chunks) decoder.decode(chunk, take);
    decoder.end(take);
  } catch (error) {
    return { frames, error };
  }
  return { frames, error: undefined };
}

/** What has come out after each chunk. */
function counts(chunks: readonly string[]): number[] {
  const decoder = new FrameDecoder({ step: "watch pods" });
  let count = 0;
  return chunks.map((chunk) => {
    decoder.decode(bytesOf(chunk), () => {
      count += 1;
      return true;
    });
    return count;
  });
}

const corrupt = expect.objectContaining({ code: "FRAME_CORRUPT" });
const jsonObject = fc.dictionary(
  fc.string({ unit: "binary" }),
  fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }),
);
const cuts = fc.array(fc.nat(), { maxLength: 12 });

describe("FrameDecoder", () => {
  it("decodes any frames, however written and cut, to the same values (H16)", () => {
    const gap = fc.constantFrom("\n", "\r\n", "", " ", "\n\n", " \r\n\t");
    const indent = fc.constantFrom(undefined, undefined, undefined, 2, "\t");
    fc.assert(
      fc.property(fc.array(fc.tuple(jsonObject, indent, gap)), cuts, (parts, at) => {
        const text = parts.map(([frame, pad, after]) => JSON.stringify(frame, null, pad) + after).join("");
        const expected = parts.map(([frame]) => JSON.parse(JSON.stringify(frame)));
        expect(decode(cut(bytesOf(text), at))).toEqual({ frames: expected, error: undefined });
      }),
      { numRuns: 500 },
    );
  });

  it("hands out all whole frames before a corrupt one and never one after it (P13)", () => {
    const line = jsonObject.map((frame) => `${JSON.stringify(frame)}\n`);
    fc.assert(
      fc.property(
        fc.array(line),
        line,
        fc.nat(),
        fc.array(line),
        cuts,
        (before, broken, length, after, at) => {
          // What is left begins with a brace and has lost its end.
          const rest = `${broken.slice(0, 1 + (length % (broken.length - 2)))}\n`;
          const { frames, error } = decode(cut(bytesOf([...before, rest, ...after].join("")), at));
          expect(frames).toEqual(before.map((text) => JSON.parse(text)));
          expect(error).toEqual(corrupt);
        },
      ),
    );
  });

  it("accepts a chunk that is a plain view into a larger buffer", () => {
    const all = bytesOf('xxx{"a":1}\nyyy');
    expect(decode([all.subarray(3, 11)]).frames).toEqual([{ a: 1 }]);
  });

  it("keeps a raw line separator inside a string (P14)", () => {
    const text = '{"a":"one\u2028two\u2029three"}\n';
    expect(decode([bytesOf(text)]).frames).toEqual([{ a: "one\u2028two\u2029three" }]);
  });

  it("delivers the last frame that has no newline before the close (P18)", () => {
    expect(decode([bytesOf('{"a":1}\n{"a"'), bytesOf(":2}")])).toEqual({
      frames: [{ a: 1 }, { a: 2 }],
      error: undefined,
    });
    expect(decode([bytesOf('{"a":1}\n{"a":2} ')])).toEqual({
      frames: [{ a: 1 }, { a: 2 }],
      error: undefined,
    });
  });

  it("takes blank lines and carriage returns for nothing", () => {
    expect(decode(["\n", "\r", '\n{"a":1}\r\n\r\n  \n', '{"a":2}\r', "\n", "\t"].map(bytesOf))).toEqual({
      frames: [{ a: 1 }, { a: 2 }],
      error: undefined,
    });
  });

  it("hands a frame out as soon as its closing brace is there, without newlines (H16)", () => {
    expect(counts(['{"a":1}', '{"a":2}{"a', '":3}', '{"a":4}{"a":5'])).toEqual([1, 2, 3, 4]);
  });

  it("hands a frame out as soon as its closing brace is there, over many lines (H16)", () => {
    expect(counts(['{\n"a":\n1}', '\n{\n "a": 2\n}\n', '{\n"a"', ":3\n", "}"])).toEqual([1, 2, 2, 2, 3]);
  });

  it("does not wait for a newline that is late or never comes again", () => {
    expect(counts(['{"a":1}\n', '{"a":2}', "\n", '{"a":3}', '{"a":4}{"a"', ":5}"])).toEqual([
      1, 2, 2, 3, 4, 5,
    ]);
  });

  it("finds several objects on one line and goes back to lines after them", () => {
    expect(counts(['{"a":1}\n{"a":2}{"a":3}\n{"a":4}\n', '{"a":5}\n{"a"', ":6}\n"])).toEqual([4, 5, 6]);
  });

  it("finds several objects on a line that came in pieces", () => {
    expect(counts(['{"a":0}\n{"a":1}{"b"', ':"x', 'y"}\n{"a":3}\n'])).toEqual([1, 1, 4]);
  });

  it("looks at a piece once it has the scanner's attention, and not before", () => {
    // Ends like a frame in the middle of one: scanned there, and finished by its newline.
    expect(counts(['{"a":0}\n', '{"a":{}', ',"b":{}', ',"c":1}\n', '{"a":2}\n'])).toEqual([1, 1, 1, 2, 3]);
  });

  it.each([
    ["a truncated frame before a newline", '{"type":"ADDED","object":{"a"\n{"type":"ADDED"}\n'],
    ["a line that is a number", "1\n"],
    ["a line that is an array", "[]\n"],
    ["a line that is a string", '"x"\n'],
    ["an HTML page", "<html>\n"],
    ["text without a newline", "upstream connect error"],
    ["a number that JSON has not", '{"a":01}'],
    ["a literal that JSON has not", '{"a":nil}\n'],
    ["an escape that JSON has not", '{"a":"\\x"}'],
    ["a frame cut by the end of the stream", '{"a":'],
  ])("throws for %s after the good frame before (P13)", (_, text) => {
    const { frames, error } = decode([bytesOf(`{"a":0}\n${text}`)]);
    expect(frames).toEqual([{ a: 0 }]);
    expect(error).toEqual(corrupt);
  });

  it("never quotes what it read", () => {
    for (const text of [
      '{"password":hunter2}\n',
      '{"password":hunter2',
      '{"password":"hunter2\n"}',
      "hunter2\n",
    ]) {
      const { error } = decode([bytesOf(text)]);
      expect(error).toEqual(corrupt);
      expect(error).not.toHaveProperty("cause");
      expect(String(error)).toMatch(/^KubeError: watch pods: (?!.*hunter)/);
    }
  });

  describe("with a limit", () => {
    const tooLarge = expect.objectContaining({
      code: "FRAME_TOO_LARGE",
      message: expect.stringMatching(/20 bytes.*maxFrameBytes/),
    });
    const long = `{"a":"${"x".repeat(30)}"}`;

    it.each([
      ["on one line", [`${long}\n`]],
      ["without a newline", [long]],
      ["on a line in pieces", [long.slice(0, 15), long.slice(15, 25)]],
      ["on a line whose end comes late", [long.slice(0, 15), `${long.slice(15)}\n`]],
      ["over many lines", ["{\n", '"a":"', "x".repeat(15)]],
    ])("refuses a frame above it %s, after the good ones", (_, texts) => {
      const { frames, error } = decode(['{"a":1}\n', ...texts].map(bytesOf), 20);
      expect(frames).toEqual([{ a: 1 }]);
      expect(error).toEqual(tooLarge);
    });

    it("refuses it as soon as the pending bytes exceed it", () => {
      const decoder = new FrameDecoder({ step: "watch pods", maxFrameBytes: 20 });
      decoder.decode(bytesOf('{"a":"xxxxxxxxxxxxxx'), () => true);
      expect(() => decoder.decode(bytesOf("x"), () => true)).toThrow(tooLarge);
    });

    it("is 16 MiB where none is given", () => {
      const mebibytes = (count: number): Uint8Array[] =>
        Array.from({ length: count }, () => Buffer.alloc(1024 * 1024, "x"));
      const start = bytesOf('{"a":"');
      expect(decode([start, ...mebibytes(15), bytesOf('"}\n')]).error).toBeUndefined();
      expect(decode([start, ...mebibytes(16)]).error).toMatchObject({
        code: "FRAME_TOO_LARGE",
        message: expect.stringContaining("16777216 bytes"),
      });
    });

    it("accepts frames of exactly that size, many in a chunk", () => {
      const frame = '{"a":"xxxxxxxxxxxx"}';
      expect(frame.length).toBe(20);
      expect(decode([bytesOf(`${frame}\n`.repeat(5))], 20).frames).toHaveLength(5);
      expect(decode([bytesOf(frame.repeat(5))], 20).frames).toHaveLength(5);
    });
  });

  it("stops as soon as no more is wanted", () => {
    for (const text of ['{"a":1}\n{"a":2}\n', '{"a":1}{"a":2}', '{"a":1}\nbroken', '{"a":1}{"a":']) {
      const decoder = new FrameDecoder({ step: "watch pods" });
      const frames: unknown[] = [];
      const take = (frame: unknown): boolean => frames.push(frame) < 1;
      decoder.decode(bytesOf(text), take);
      decoder.decode(bytesOf('{"a":3}\n'), take);
      decoder.end(take);
      expect(frames).toEqual([{ a: 1 }]);
    }
  });
});
