import { asBuffer } from "../base/as-buffer.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { JsonScanner } from "../base/json-scanner.ts";

/** How a {@link FrameDecoder} names its errors and where it gives up. */
export interface FrameDecoderOptions {
  /** The step that errors name, such as `watch pods`. */
  readonly step: string;
  /** The largest frame that is read, in bytes. @default 16 MiB */
  readonly maxFrameBytes?: number | undefined;
  /**
   * Takes a line's bytes, [from, to), as a frame without parsing it; false where it must be parsed.
   *
   * Asked only once a whole line of the stream was parsed, which shows that its
   * frames are lines. They are the caller's only until it returns.
   */
  readonly takeLine?: ((bytes: Buffer, from: number, to: number) => boolean) | undefined;
}

/** Receives each frame's parsed JSON object; returns whether more frames are wanted. */
export type TakeFrame = (frame: Record<string, unknown>) => boolean;

const newlineByte = 0x0a;
const closeBrace = 0x7d;
/** The memory for an unfinished frame at first, and the most that is not freed after one. */
const leastPendingBytes = 8 * 1024;
const mostPendingBytes = 256 * 1024;
const defaultMaxFrameBytes = 16 * 1024 * 1024;

/**
 * Cuts a watch's bytes into frames and parses them (H16).
 *
 * Newline first: a frame that lies whole in a chunk costs one native search,
 * one slice and one `JSON.parse`. What is not one JSON object per line (several
 * on a line, one over many lines, no newlines at all) is found by its braces
 * and handed out as soon as the closing one is there. Pieces of a frame that
 * came in several chunks are put together first, so UTF-8 may be split anywhere.
 *
 * Throws `FRAME_CORRUPT` and `FRAME_TOO_LARGE` only after every good frame
 * before has been taken, and never quotes what it read: it may be a Secret.
 */
export class FrameDecoder {
  readonly #step: string;
  readonly #maxFrameBytes: number;
  readonly #takeUnparsed: FrameDecoderOptions["takeLine"];
  readonly #scanner: JsonScanner;
  /** The beginning of a frame whose end has not arrived, in memory that is used again for the next one. */
  #pending: Buffer = Buffer.alloc(0);
  #pendingBytes = 0;
  /** How much of that the scanner has seen. */
  #scannedBytes = 0;
  /** "unknown" until a whole line was a frame; "objects" once one was not. */
  #framing: "unknown" | "lines" | "objects" = "unknown";
  #isStopped = false;

  constructor(options: FrameDecoderOptions) {
    this.#step = options.step;
    this.#maxFrameBytes = options.maxFrameBytes ?? defaultMaxFrameBytes;
    this.#takeUnparsed = options.takeLine;
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
        this.#scanPending(take);
      }
    }
  }

  /** Hand out a last frame without a newline (P18); throws `FRAME_CORRUPT` for one that was cut off. */
  end(take: TakeFrame): void {
    this.#scanPending(take);
    if (this.#pendingBytes > 0 && !this.#isStopped) {
      throw new KubeError("FRAME_CORRUPT", `${this.#step}: the stream ended in the middle of a frame`);
    }
  }

  /** Take the line as one frame; false where it is none, and nothing has been consumed. */
  #takeLine(bytes: Buffer, from: number, newline: number, take: TakeFrame): boolean {
    const keptBytes = this.#pendingBytes;
    if (keptBytes === 0 && isBlank(bytes, from, newline)) return true;
    this.#expectSize(newline - from);
    if (keptBytes > 0) this.#keep(bytes, from, newline);
    const line = keptBytes === 0 ? bytes : this.#pending;
    const start = keptBytes === 0 ? from : 0;
    const end = keptBytes === 0 ? newline : this.#pendingBytes;
    if (this.#framing === "lines" && this.#takeUnparsed?.(line, start, end) === true) {
      this.#forgetPending();
      return true;
    }
    const frame = parseObject(line.toString("utf8", start, end));
    if (frame === undefined) {
      this.#pendingBytes = keptBytes;
      return false;
    }
    this.#forgetPending();
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
      this.#keep(bytes, from, bytes.length);
      return;
    }
    this.#scanPending(take);
    this.#scan(bytes, from, take);
  }

  /** Let the scanner catch up with what was kept without looking at it. */
  #scanPending(take: TakeFrame): void {
    if (this.#scannedBytes === this.#pendingBytes) return;
    // A copy: what is unfinished is kept again, in the same memory.
    const unscanned = Buffer.from(this.#pending.subarray(this.#scannedBytes, this.#pendingBytes));
    this.#pendingBytes = this.#scannedBytes;
    this.#scan(unscanned, 0, take);
  }

  /** Hand out objects by their braces; returns where to go on, the chunk's end once all is scanned. */
  #scan(bytes: Buffer, from: number, take: TakeFrame): number {
    let position = from;
    while (!this.#isStopped) {
      const end = this.#scanner.scan(bytes, position);
      const start = this.#scanner.start;
      if (end === -1) {
        if (this.#scanner.isInsideValue) {
          this.#keep(bytes, start, bytes.length);
          this.#scannedBytes = this.#pendingBytes;
        }
        break;
      }
      this.#expectSize(end - start);
      const frame = parseObject(this.#text(bytes, start, end));
      if (frame === undefined) {
        throw new KubeError("FRAME_CORRUPT", `${this.#step}: a frame is not valid JSON`);
      }
      const isLine = this.#pendingBytes === 0 && bytes.indexOf(newlineByte, start) === end;
      this.#forgetPending();
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
    if (this.#pendingBytes === 0) return bytes.toString("utf8", from, to);
    this.#keep(bytes, from, to);
    return this.#pending.toString("utf8", 0, this.#pendingBytes);
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    this.#expectSize(to - from);
    const size = this.#pendingBytes + to - from;
    if (size > this.#pending.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#pending.length, size, leastPendingBytes));
      larger.set(this.#pending.subarray(0, this.#pendingBytes));
      this.#pending = larger;
    }
    bytes.copy(this.#pending, this.#pendingBytes, from, to);
    this.#pendingBytes = size;
  }

  #forgetPending(): void {
    if (this.#pendingBytes === 0) return;
    if (this.#scannedBytes > 0) this.#scanner.reset();
    this.#pendingBytes = 0;
    this.#scannedBytes = 0;
    if (this.#pending.length > mostPendingBytes) this.#pending = Buffer.alloc(0);
  }

  #expectSize(moreBytes: number): void {
    if (this.#pendingBytes + moreBytes <= this.#maxFrameBytes) return;
    throw new KubeError(
      "FRAME_TOO_LARGE",
      `${this.#step}: a frame is larger than ${this.#maxFrameBytes} bytes; raise \`maxFrameBytes\` to read it`,
    );
  }
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
