import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { JsonScanner } from "../base/json-scanner.ts";

/** How a {@link FrameDecoder} names its errors and where it gives up. */
export interface FrameDecoderOptions {
  /** The step that errors name, such as `watch pods`. */
  readonly step: string;
  /** The largest frame that is read, in bytes. @default 16 MiB */
  readonly maxFrameBytes?: number | undefined;
}

/** Receives each frame's parsed JSON object; returns whether more frames are wanted. */
export type TakeFrame = (frame: Record<string, unknown>) => boolean;

const newlineByte = 0x0a;
const closeBrace = 0x7d;
const defaultMaxFrameBytes = 16 * 1024 * 1024;

/**
 * Cuts a watch's bytes into frames and parses them (H16).
 *
 * Newline first: a frame that lies whole in a chunk costs one native search,
 * one slice and one `JSON.parse`. What is not one JSON object per line (several
 * on a line, one over many lines, no newlines at all) is found by its braces
 * and handed out as soon as the closing one is there. Pieces of a frame that
 * came in several chunks are joined once, so UTF-8 may be split anywhere.
 *
 * Throws `FRAME_CORRUPT` and `FRAME_TOO_LARGE` only after every good frame
 * before has been taken, and never quotes what it read: it may be a Secret.
 */
export class FrameDecoder {
  readonly #step: string;
  readonly #maxFrameBytes: number;
  readonly #scanner: JsonScanner;
  /** The beginning of a frame whose end has not arrived, as it came. */
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;
  /** How many of the pieces the scanner has seen. */
  #scannedPieces = 0;
  /** "unknown" until a whole line was a frame; "objects" once one was not. */
  #framing: "unknown" | "lines" | "objects" = "unknown";
  #isStopped = false;

  constructor(options: FrameDecoderOptions) {
    this.#step = options.step;
    this.#maxFrameBytes = options.maxFrameBytes ?? defaultMaxFrameBytes;
    this.#scanner = new JsonScanner({ step: options.step });
  }

  /** Hand out every frame that this chunk completes; keep the rest. */
  decode(chunk: Uint8Array, take: TakeFrame): void {
    const bytes = asBuffer(chunk);
    let from = 0;
    while (from < bytes.length && !this.#isStopped) {
      if (this.#framing === "objects") {
        from = this.#scan(bytes, from, take);
        continue;
      }
      const newline = bytes.indexOf(newlineByte, from);
      if (newline === -1) {
        this.#keepTail(bytes, from, take);
        return;
      }
      if (this.#takeLine(bytes, from, newline, take)) {
        from = newline + 1;
      } else {
        this.#framing = "objects";
        this.#scanPieces(take);
      }
    }
  }

  /** Hand out a last frame without a newline (P18); throws `FRAME_CORRUPT` for one that was cut off. */
  end(take: TakeFrame): void {
    this.#scanPieces(take);
    if (this.#pieces.length > 0 && !this.#isStopped) {
      throw new KubeError("FRAME_CORRUPT", `${this.#step}: the stream ended in the middle of a frame`);
    }
  }

  /** Take the line as one frame; false where it is none, and nothing has been consumed. */
  #takeLine(bytes: Buffer, from: number, newline: number, take: TakeFrame): boolean {
    if (this.#pieces.length === 0 && isBlank(bytes, from, newline)) return true;
    this.#expectSize(newline - from);
    const frame = parseObject(this.#text(bytes, from, newline));
    if (frame === undefined) return false;
    this.#forgetPieces();
    this.#framing = "lines";
    this.#hand(frame, take);
    return true;
  }

  /**
   * Keep what follows the last newline.
   *
   * While lines are frames, it is scanned only where it ends like a frame: one
   * that came without its newline must not wait for it.
   */
  #keepTail(bytes: Buffer, from: number, take: TakeFrame): void {
    if (this.#framing === "lines" && bytes[bytes.length - 1] !== closeBrace) {
      this.#keep(bytes.subarray(from));
      return;
    }
    this.#scanPieces(take);
    this.#scan(bytes, from, take);
  }

  /** Let the scanner catch up with what was kept without looking at it. */
  #scanPieces(take: TakeFrame): void {
    const unscanned = this.#pieces.splice(this.#scannedPieces);
    for (const piece of unscanned) this.#pendingBytes -= piece.length;
    for (const piece of unscanned) this.#scan(asBuffer(piece), 0, take);
  }

  /** Hand out objects by their braces; returns where to go on, the chunk's end once all is scanned. */
  #scan(bytes: Buffer, from: number, take: TakeFrame): number {
    let position = from;
    while (!this.#isStopped) {
      const end = this.#scanner.scan(bytes, position);
      const start = this.#scanner.start;
      if (end === -1) {
        if (this.#scanner.isInsideValue) {
          this.#keep(bytes.subarray(start));
          this.#scannedPieces = this.#pieces.length;
        }
        break;
      }
      this.#expectSize(end - start);
      const frame = parseObject(this.#text(bytes, start, end));
      if (frame === undefined) {
        throw new KubeError("FRAME_CORRUPT", `${this.#step}: a frame is not valid JSON`);
      }
      const isLine = this.#pieces.length === 0 && bytes.indexOf(newlineByte, start) === end;
      this.#forgetPieces();
      this.#hand(frame, take);
      if (isLine) {
        this.#framing = "lines";
        return end + 1;
      }
      // A frame came without a newline: do not rely on newlines until one is seen.
      if (this.#framing === "lines") this.#framing = "unknown";
      position = end;
    }
    return bytes.length;
  }

  #hand(frame: Record<string, unknown>, take: TakeFrame): void {
    if (!take(frame)) this.#isStopped = true;
  }

  #text(bytes: Buffer, from: number, to: number): string {
    if (this.#pieces.length === 0) return bytes.toString("utf8", from, to);
    return Buffer.concat([...this.#pieces, bytes.subarray(from, to)]).toString("utf8");
  }

  #keep(piece: Uint8Array): void {
    this.#expectSize(piece.length);
    this.#pieces.push(piece);
    this.#pendingBytes += piece.length;
  }

  #forgetPieces(): void {
    if (this.#pieces.length === 0) return;
    if (this.#scannedPieces > 0) this.#scanner.reset();
    this.#pieces = [];
    this.#pendingBytes = 0;
    this.#scannedPieces = 0;
  }

  #expectSize(moreBytes: number): void {
    if (this.#pendingBytes + moreBytes <= this.#maxFrameBytes) return;
    throw new KubeError(
      "FRAME_TOO_LARGE",
      `${this.#step}: a frame is larger than ${this.#maxFrameBytes} bytes; raise \`maxFrameBytes\` to read it`,
    );
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) {
    if ((bytes[index] ?? 0) > 0x20) return false;
  }
  return true;
}

/** Parse text that should be one JSON object; the error is dropped, for it quotes the text. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
