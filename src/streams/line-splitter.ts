import { KubeError } from "../base/errors.ts";

const newline = 0x0a;
/** How many pieces are kept before they become one: a server may send a line byte by byte. */
const maxPieces = 1024;

/**
 * Bytes in, whole lines out, without their line feed.
 *
 * Lines are found in bytes and decoded whole, so UTF-8 may be split anywhere. A
 * carriage return stays where it is, as it does in what kubectl prints.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  readonly #step: string;
  #begun: Uint8Array[] = [];
  /** The newest pieces of the line that has begun, not yet joined. */
  #pieces: Uint8Array[] = [];
  #begunBytes = 0;

  constructor(maxBytes: number, step: string) {
    this.#maxBytes = maxBytes;
    this.#step = step;
  }

  /** The lines that a chunk completes; throws `OVERFLOW` for one above the limit. */
  *push(chunk: Uint8Array): Generator<string, void, void> {
    let from = 0;
    for (;;) {
      const to = chunk.indexOf(newline, from);
      const part = chunk.subarray(from, to === -1 ? undefined : to);
      this.#begunBytes += part.byteLength;
      if (this.#begunBytes > this.#maxBytes) {
        throw new KubeError(
          "OVERFLOW",
          `${this.#step}: a line is longer than ${this.#maxBytes} bytes; raise \`maxLineBytes\`, or read it by bytes()`,
        );
      }
      if (part.byteLength > 0) this.#keep(part);
      if (to === -1) return;
      yield this.#take();
      from = to + 1;
    }
  }

  /** The last line, where it has no line feed. */
  finish(): string | undefined {
    return this.#begunBytes === 0 ? undefined : this.#take();
  }

  #keep(part: Uint8Array): void {
    this.#pieces.push(part);
    if (this.#pieces.length < maxPieces) return;
    this.#begun.push(Buffer.concat(this.#pieces));
    this.#pieces = [];
  }

  #take(): string {
    const parts = [...this.#begun, ...this.#pieces];
    const [only] = parts;
    const line =
      only !== undefined && parts.length === 1
        ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
        : Buffer.concat(parts, this.#begunBytes);
    this.#begun = [];
    this.#pieces = [];
    this.#begunBytes = 0;
    return line.toString("utf8");
  }
}
