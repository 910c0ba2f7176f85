import { KubeError } from "./errors.ts";

/** What a {@link JsonScanner} scans. */
export interface JsonScannerOptions {
  /** The step that errors name, such as `watch pods`. @default "Scan JSON" */
  readonly step?: string;
  /**
   * What stands between two objects. Without it they follow each other, with or
   * without whitespace; with `","` they are the elements of an array whose `[`
   * was passed already, and its `]` ends the scan. @default none
   */
  readonly separator?: ",";
}

// Inside an object.
const inString = 0;
const inKey = 1;
const inStringEscape = 2;
const inKeyEscape = 3;
const inScalar = 4;
const expectValue = 5;
const expectValueOrClose = 6;
const expectKey = 7;
const expectKeyOrClose = 8;
const expectColon = 9;
const afterValue = 10;
// Between objects.
const expectObject = 11;
const expectElement = 12;
const expectElementOrEnd = 13;
const expectSeparatorOrEnd = 14;
const ended = 15;

const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;

function isWhitespace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The bytes of which numbers, true, false and null are made. */
function isScalar(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x45
  );
}

/**
 * Finds where JSON objects end in bytes that arrive in pieces; each byte is looked at once.
 *
 * It checks structure only: brackets, commas, colons, strings without raw
 * control characters. What it lets pass is not yet JSON (numbers, literals and
 * escapes are left to `JSON.parse`), but what it refuses cannot be. After a
 * throw it can be used again only from {@link JsonScanner.reset}.
 *
 * @example
 * for (let from = 0; ; from = end) {
 *   end = scanner.scan(chunk, from);
 *   if (end === -1) break;           // keep chunk.subarray(scanner.start) if scanner.isInsideValue
 *   if (scanner.isEnded) break;      // with a separator: end is just past the array's "]"
 *   take(chunk.subarray(scanner.start, end));
 * }
 */
export class JsonScanner {
  readonly #step: string;
  readonly #before: number;
  readonly #after: number;
  #state: number;
  #depth = 0;
  // The kind of each open container, by its opening byte.
  #open: Uint8Array = new Uint8Array(64);
  #start = 0;

  constructor(options: JsonScannerOptions = {}) {
    this.#step = options.step ?? "Scan JSON";
    this.#before = options.separator === undefined ? expectObject : expectElementOrEnd;
    this.#after = options.separator === undefined ? expectObject : expectSeparatorOrEnd;
    this.#state = this.#before;
  }

  /** An object was begun and has not ended. */
  get isInsideValue(): boolean {
    return this.#depth > 0;
  }

  /** The `]` that ends the elements was passed; only with a separator. */
  get isEnded(): boolean {
    return this.#state === ended;
  }

  /**
   * Where the object begins in the chunk scanned last: its brace's index, or 0
   * where it began in an earlier chunk.
   */
  get start(): number {
    return this.#start;
  }

  /** Forget everything, as if nothing had been scanned. */
  reset(): void {
    this.#state = this.#before;
    this.#depth = 0;
    this.#start = 0;
  }

  /**
   * Scan from an index; returns the index just past the object's closing brace, -1 if the chunk ends first.
   *
   * After -1 go on with the next chunk from 0; after an object with the same
   * chunk from the returned index. At the end of the elements it returns the
   * index just past the `]` and sets {@link JsonScanner.isEnded}. Throws
   * `FRAME_CORRUPT` for structure that no JSON has.
   */
  scan(chunk: Uint8Array, from: number): number {
    const length = chunk.length;
    let open = this.#open;
    let depth = this.#depth;
    let state = this.#state;
    let index = from;
    this.#start = depth > 0 ? 0 : from;

    while (index < length) {
      if (state <= inKey) {
        // By far the most bytes are here: nothing but this loop looks at them.
        let byte = chunk[index] ?? 0;
        while (byte !== quote && byte !== backslash && byte >= 0x20) {
          index += 1;
          if (index === length) break;
          byte = chunk[index] ?? 0;
        }
        if (index === length) break;
        if (byte === quote) state = state === inKey ? expectColon : afterValue;
        else if (byte === backslash) state += inStringEscape;
        else throw this.#corrupt("a raw control character inside a string");
        index += 1;
        continue;
      }

      const byte = chunk[index] ?? 0;
      if (state === inScalar) {
        if (isScalar(byte)) {
          index += 1;
          continue;
        }
        state = afterValue;
      }
      index += 1;
      if (byte === quote) {
        if (state === expectKey || state === expectKeyOrClose) state = inKey;
        else if (state === expectValue || state === expectValueOrClose) state = inString;
        else if (state === inStringEscape || state === inKeyEscape) state -= inStringEscape;
        else throw this.#corrupt("a string where none may be");
      } else if (state === inStringEscape || state === inKeyEscape) {
        if (byte < 0x20) throw this.#corrupt("a raw control character inside a string");
        state -= inStringEscape;
      } else if (byte === colon) {
        if (state !== expectColon) throw this.#corrupt("a colon where none may be");
        state = expectValue;
      } else if (byte === comma) {
        if (state === afterValue) state = open[depth - 1] === openBrace ? expectKey : expectValue;
        else if (state === expectSeparatorOrEnd) state = expectElement;
        else throw this.#corrupt("a comma where none may be");
      } else if (isWhitespace(byte)) {
        // Whitespace may stand between any two tokens.
      } else if (byte === openBrace || byte === openBracket) {
        if (state === expectValue || state === expectValueOrClose) {
          if (depth === open.length) open = this.#grow();
        } else if (byte === openBrace && state >= expectObject && state <= expectElementOrEnd) {
          this.#start = index - 1;
        } else {
          throw this.#corrupt("a bracket opens where none may");
        }
        open[depth] = byte;
        depth += 1;
        state = byte === openBrace ? expectKeyOrClose : expectValueOrClose;
      } else if (byte === closeBrace) {
        if ((state !== afterValue && state !== expectKeyOrClose) || open[depth - 1] !== openBrace) {
          throw this.#corrupt("a brace closes where none may");
        }
        depth -= 1;
        state = afterValue;
        if (depth === 0) {
          this.#depth = 0;
          this.#state = this.#after;
          return index;
        }
      } else if (byte === closeBracket) {
        if (state === expectSeparatorOrEnd || state === expectElementOrEnd) {
          this.#state = ended;
          return index;
        }
        if ((state !== afterValue && state !== expectValueOrClose) || open[depth - 1] !== openBracket) {
          throw this.#corrupt("a bracket closes where none may");
        }
        depth -= 1;
        state = afterValue;
      } else if (isScalar(byte) && (state === expectValue || state === expectValueOrClose)) {
        state = inScalar;
      } else {
        throw this.#corrupt("a byte that no JSON has there");
      }
    }

    this.#depth = depth;
    this.#state = state;
    return -1;
  }

  #grow(): Uint8Array {
    const larger = new Uint8Array(this.#open.length * 2);
    larger.set(this.#open);
    this.#open = larger;
    return larger;
  }

  #corrupt(what: string): KubeError {
    return new KubeError("FRAME_CORRUPT", `${this.#step}: broken JSON, ${what}`);
  }
}
