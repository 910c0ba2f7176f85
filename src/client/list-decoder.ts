import { asBuffer } from "../base/as-buffer.ts";
import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { JsonScanner } from "../base/json-scanner.ts";
import { withStep } from "../base/with-step.ts";
import { apiVersionOf } from "../resource/kind.ts";
import type { ListMeta } from "../resource/object.ts";
import { statusError } from "../resource/status.ts";
import { retryAfterMs } from "../transport/retry-after.ts";
import { type AnswerHead, failedCall, isFailure, notJson } from "./answer.ts";
import type { ApiCall } from "./api-call.ts";
import { ListSkeleton } from "./list-skeleton.ts";
import { isMetadata, metadataOnly } from "./representation.ts";

/** A list without its items. */
export interface ListEnvelope {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ListMeta;
}

/** Makes of an item's bytes, the JSON at [start, end), what a list is to yield; they are the caller's only until it returns. */
export type ReadItem<T> = (bytes: Buffer, start: number, end: number) => T;

/** What a {@link ListDecoder} may know of the list it decodes. */
export interface ListDecoderOptions<T> {
  /** What was asked for: failures say what would help, metadata calls get their items cut down (H15). */
  readonly call?: ApiCall | undefined;
  /** The largest item that is read. @default none */
  readonly maxItemBytes?: number | undefined;
  /** Reads each item; what it throws is the caller's. @default the item, parsed */
  readonly readItem?: ReadItem<T> | undefined;
}

/** The memory for an unfinished item at first, and the most that is not freed after one. */
const leastPendingBytes = 8 * 1024;
const mostPendingBytes = 256 * 1024;

/**
 * Decodes a list item by item from bytes that arrive in pieces (P15).
 *
 * Memory holds one chunk and one unfinished item, never the whole body. The
 * keys may stand in any order: the metadata is known for sure only at
 * `finish()`. Both methods throw `BAD_RESPONSE` for what is no list: a Table
 * (R18), a page, a single object, a body cut short; a Status is thrown as the
 * failure it reports (H19).
 */
export class ListDecoder<T> {
  readonly #step: string;
  readonly #head: AnswerHead;
  readonly #call: ApiCall | undefined;
  readonly #maxItemBytes: number;
  readonly #readItem: ReadItem<T> | undefined;
  readonly #scanner: JsonScanner;
  readonly #skeleton: ListSkeleton;
  #state: "head" | "items" | "tail" = "head";
  /** The beginning of an item whose end has not arrived, in memory that is used again for the next one. */
  #pending: Buffer = Buffer.alloc(0);
  #pendingBytes = 0;
  #firstBytes: Uint8Array | undefined;

  constructor(
    step: string,
    head: AnswerHead = { status: 200, headers: {} },
    { call, maxItemBytes = Number.POSITIVE_INFINITY, readItem }: ListDecoderOptions<T> = {},
  ) {
    this.#step = step;
    this.#head = head;
    this.#call = call;
    this.#maxItemBytes = maxItemBytes;
    this.#readItem = readItem;
    this.#scanner = new JsonScanner({ separator: ",", step });
    this.#skeleton = new ListSkeleton(step);
  }

  /** Take a chunk; returns the items that it completed. */
  push(chunk: Uint8Array): T[] {
    let rest = chunk;
    if (this.#state === "head") {
      if (this.#firstBytes === undefined) this.#expectObject(chunk);
      const after = this.#skeleton.scanHead(chunk);
      if (after === -1) return [];
      this.#state = "items";
      rest = chunk.subarray(after);
    }
    if (this.#state === "tail") {
      this.#skeleton.keepTail(rest);
      return [];
    }
    return this.#items(rest);
  }

  /** The body has ended: returns the list around the items. */
  finish(): ListEnvelope {
    if (this.#firstBytes === undefined) {
      throw this.#bad(`${this.#head.status} with an empty body, expected a list`);
    }
    let value: unknown;
    try {
      value = JSON.parse(this.#skeleton.text);
    } catch {
      throw this.#bad(notJson(this.#head, this.#firstBytes));
    }
    if (isFailure(value)) {
      throw statusError(value, {
        step: this.#step,
        httpStatus: this.#head.status,
        retryAfterMs: retryAfterMs(this.#head.headers),
        call: this.#call && failedCall(this.#call),
      });
    }
    if (!isJsonObject(value)) throw this.#bad("expected a list, got JSON that is no object");
    const { apiVersion, kind, items, metadata } = value;
    const isPartial = kind === "PartialObjectMetadataList" && !isMetadata(this.#call);
    const isNamedList =
      kind === undefined ||
      (typeof kind === "string" && !isPartial && (kind.endsWith("List") || this.#isOddlyNamed(value)));
    // A nil slice of Go's is written as null.
    if (!isNamedList || !(Array.isArray(items) || items === null)) {
      const what = typeof kind === "string" ? `${kind} of ${String(apiVersion)}` : "an object without items";
      throw this.#bad(
        `expected a list, got ${what.slice(0, 200)}; only lists of whole objects are understood`,
      );
    }
    return {
      ...(typeof apiVersion === "string" ? { apiVersion } : {}),
      ...(typeof kind === "string" ? { kind } : {}),
      metadata: isJsonObject(metadata) ? metadata : {},
    };
  }

  /** Whether this may be a list under another name: a definition may call its lists anything. */
  #isOddlyNamed({ apiVersion, kind, metadata }: Record<string, unknown>): boolean {
    const asked = this.#call?.kind;
    const isNamed = isJsonObject(metadata) && metadata.name !== undefined;
    return asked !== undefined && apiVersion === apiVersionOf(asked) && kind !== asked.kind && !isNamed;
  }

  #expectObject(chunk: Uint8Array): void {
    const at = chunk.findIndex((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09);
    if (at === -1) return;
    this.#firstBytes = chunk.subarray(at, at + 4096);
    if (chunk[at] !== 0x7b) throw this.#bad(notJson(this.#head, this.#firstBytes));
  }

  #items(chunk: Uint8Array): T[] {
    const items: T[] = [];
    let at = 0;
    // Whole items that lie side by side are parsed at once: fewer strings, fewer calls.
    let from = -1;
    let to = -1;
    for (;;) {
      const end = this.#scan(chunk, at);
      if (end === -1 || this.#scanner.isEnded) {
        if (from !== -1) this.#parse(chunk.subarray(from, to), items);
        if (end !== -1) {
          this.#state = "tail";
          this.#skeleton.keepTail(chunk.subarray(end - 1));
        } else if (this.#scanner.isInsideValue) {
          this.#keep(chunk.subarray(this.#scanner.start));
        }
        return items;
      }
      if (this.#pendingBytes > 0) {
        this.#keep(chunk.subarray(0, end));
        if (this.#readItem === undefined) this.#parse(this.#pending.subarray(0, this.#pendingBytes), items);
        else items.push(this.#readItem(this.#pending, 0, this.#pendingBytes));
        this.#forgetPending();
      } else if (this.#readItem !== undefined) {
        items.push(this.#readItem(asBuffer(chunk), this.#scanner.start, end));
      } else {
        if (from === -1) from = this.#scanner.start;
        to = end;
      }
      at = end;
    }
  }

  /** Keep a piece of an unfinished item: a compressed answer of a few bytes may hold one of gigabytes. */
  #keep(piece: Uint8Array): void {
    const size = this.#pendingBytes + piece.byteLength;
    if (size > this.#maxItemBytes) {
      throw this.#bad(`an item of the list is larger than ${this.#maxItemBytes} bytes (\`maxAnswerBytes\`)`);
    }
    if (size > this.#pending.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#pending.length, size, leastPendingBytes));
      larger.set(this.#pending.subarray(0, this.#pendingBytes));
      this.#pending = larger;
    }
    this.#pending.set(piece, this.#pendingBytes);
    this.#pendingBytes = size;
  }

  #forgetPending(): void {
    this.#pendingBytes = 0;
    if (this.#pending.length > mostPendingBytes) this.#pending = Buffer.alloc(0);
  }

  #scan(chunk: Uint8Array, from: number): number {
    try {
      return this.#scanner.scan(chunk, from);
    } catch (error) {
      throw withStep(error, this.#step, "BAD_RESPONSE");
    }
  }

  #parse(bytes: Uint8Array, into: T[]): void {
    const text = asBuffer(bytes).toString("utf8");
    let parsed: T[];
    try {
      parsed = JSON.parse(`[${text}]`);
    } catch {
      throw this.#bad("an item of the list is not JSON");
    }
    const call = this.#call;
    if (call === undefined || !isMetadata(call)) {
      for (const item of parsed) into.push(item);
      return;
    }
    for (const item of parsed) {
      const cut: unknown = metadataOnly(call, item);
      if (cut === undefined) throw this.#bad("an item of the list has no metadata");
      into.push(cut as T);
    }
  }

  #bad(why: string): KubeError {
    return new KubeError("BAD_RESPONSE", `${this.#step}: ${why}`);
  }
}
