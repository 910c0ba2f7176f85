import { KubeError } from "../base/errors.ts";

const newline = 0x0a;

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
      if (part.byteLength > 0) this.#begun.push(part);
      if (to === -1) return;
      yield this.#take();
      from = to + 1;
    }
  }

  /** The last line, where it has no line feed. */
  finish(): string | undefined {
    return this.#begunBytes === 0 ? undefined : this.#take();
  }

  #take(): string {
    const [only] = this.#begun;
    const line =
      only !== undefined && this.#begun.length === 1
        ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
        : Buffer.concat(this.#begun, this.#begunBytes);
    this.#begun = [];
    this.#begunBytes = 0;
    return line.toString("utf8");
  }
}
