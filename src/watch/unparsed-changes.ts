import { EncodedChange } from "../bytes/encoded-record.ts";
import { FrameScanner } from "../bytes/frame-scanner.ts";
import { KeyTable } from "../bytes/key-table.ts";
import type { ObjectLog } from "../bytes/object-log.ts";
import { apiVersionOf, type Kind } from "../resource/kind.ts";
import { type ChangeRecord, type ChangeType, ParsedChange } from "../resource/watch-event.ts";

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

  /** The change that a frame, [from, to), tells of; undefined where all of it must be parsed. */
  read(bytes: Buffer, from: number, to: number): ChangeRecord<T> | undefined {
    if (!this.#isWorthwhile && !this.#log.dropsFields) return undefined;
    const scanner = this.#scanner;
    const type = scanner.scan(bytes, from, to);
    if (type === undefined) return undefined;
    if (!this.#isWorthwhile) return this.#parsed(type, bytes);
    const at = this.#log.append(bytes, scanner);
    return at === -1
      ? undefined
      : new EncodedChange(type, this.#keys.keyOf(bytes, scanner), this.#log.segment, at);
  }

  /** What is left out is not parsed either. */
  #parsed(type: ChangeType, bytes: Buffer): ParsedChange<T> | undefined {
    const { uidStart, uidEnd, versionStart, versionEnd } = this.#scanner;
    const uid = uidStart === -1 ? "" : bytes.toString("latin1", uidStart, uidEnd);
    const version = bytes.toString("latin1", versionStart, versionEnd);
    try {
      const object: T = JSON.parse(this.#log.textOf(bytes, this.#scanner));
      return new ParsedChange(type, this.#keys.keyOf(bytes, this.#scanner), uid, version, object);
    } catch {
      // Parsing all of the frame says what is wrong.
      return undefined;
    }
  }
}
