import { EncodedChange } from "../bytes/encoded-record.ts";
import { FrameScanner } from "../bytes/frame-scanner.ts";
import { KeyTable } from "../bytes/key-table.ts";
import type { ObjectLog } from "../bytes/object-log.ts";
import { apiVersionOf, type Kind } from "../resource/kind.ts";

/**
 * Reads changes from frames whose objects stay bytes, copied to a log.
 *
 * Only the names are looked at. What is unusual in any way, and everything
 * that is no change of an object, is left to be parsed.
 */
export class UnparsedChanges<T> {
  readonly #log: ObjectLog<T>;
  readonly #scanner: FrameScanner;
  readonly #keys = new KeyTable();
  #isWorthwhile = true;

  /** Objects that say they are of another kind are left to be parsed. */
  constructor(log: ObjectLog<T>, kind: Pick<Kind, "group" | "version" | "kind"> | undefined) {
    this.#log = log;
    this.#scanner = new FrameScanner(kind && { apiVersion: apiVersionOf(kind), kind: kind.kind });
  }

  /** Look again whether bytes are worth keeping: once for many frames. */
  refresh(): void {
    this.#isWorthwhile = this.#log.isWorthwhile;
  }

  /** The change that a frame, [from, to), tells of; undefined where it must be parsed. */
  read(bytes: Buffer, from: number, to: number): EncodedChange<T> | undefined {
    const type = this.#isWorthwhile ? this.#scanner.scan(bytes, from, to) : undefined;
    if (type === undefined) return undefined;
    const at = this.#log.append(bytes, this.#scanner);
    if (at === -1) return undefined;
    return new EncodedChange(type, this.#keys.keyOf(bytes, this.#scanner), this.#log.segment, at);
  }
}
