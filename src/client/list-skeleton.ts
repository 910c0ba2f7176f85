import { KubeError } from "../base/errors.ts";

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const itemsKey: Uint8Array = new TextEncoder().encode("items");

/**
 * Keeps a list's bytes except its items: what is left is small and parsed whole.
 *
 * Finds the `[` of the `items` key of the outermost object, and no other's, in
 * bytes that arrive in pieces. Throws `BAD_RESPONSE` above the limit: a Table
 * or any other large body has its bulk under other keys.
 */
export class ListSkeleton {
  readonly #step: string;
  readonly #maxBytes: number;
  #text = "";
  readonly #decoder = new TextDecoder();
  #bytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** How many bytes of the string being read match `items`; -1 once one does not. */
  #matched = -1;
  #isKeyNext = false;
  #isItems = false;

  constructor(step: string, maxBytes: number = 4 * 1024 * 1024) {
    this.#step = step;
    this.#maxBytes = maxBytes;
  }

  /** The JSON kept so far, with `items` as an empty array. */
  get text(): string {
    return this.#text;
  }

  /** Keep bytes up to and including the `[` of the items; returns the index after it, or -1. */
  scanHead(chunk: Uint8Array): number {
    const end = this.#findItems(chunk);
    this.#keep(end === -1 ? chunk : chunk.subarray(0, end));
    return end;
  }

  /** Keep bytes from the `]` of the items on. */
  keepTail(chunk: Uint8Array): void {
    this.#keep(chunk);
  }

  #keep(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#maxBytes) {
      throw new KubeError(
        "BAD_RESPONSE",
        `${this.#step}: expected a list, got over ${this.#maxBytes} bytes besides any items`,
      );
    }
    this.#text += this.#decoder.decode(chunk, { stream: true });
  }

  #findItems(chunk: Uint8Array): number {
    for (let index = 0; index < chunk.length; index += 1) {
      const byte = chunk[index] ?? 0;
      if (this.#isInString) {
        this.#inString(byte);
        continue;
      }
      switch (byte) {
        case quote:
          this.#isInString = true;
          this.#matched = 0;
          break;
        case openBracket:
          if (this.#isItems) return index + 1;
          this.#depth += 1;
          break;
        case openBrace:
          this.#depth += 1;
          this.#isKeyNext = this.#depth === 1;
          this.#isItems = false;
          break;
        case closeBrace:
        case closeBracket:
          this.#depth -= 1;
          break;
        case comma:
          this.#isItems = false;
          this.#isKeyNext = this.#depth === 1;
          break;
        case colon:
          this.#isItems = this.#isKeyNext && this.#matched === itemsKey.length;
          this.#isKeyNext = false;
          break;
      }
    }
    return -1;
  }

  #inString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) {
      this.#isEscaped = true;
      this.#matched = -1;
    } else if (byte === quote) this.#isInString = false;
    else if (this.#matched >= 0) {
      this.#matched = byte === itemsKey[this.#matched] ? this.#matched + 1 : -1;
    }
  }
}
