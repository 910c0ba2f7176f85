import type { ByteRecords } from "./byte-records.ts";
import type { KeysByValue } from "./value-index.ts";

/** The index by namespace of records that know their namespaces themselves. */
export class NamespacesOf<T> implements KeysByValue {
  readonly #records: ByteRecords<T>;

  constructor(records: ByteRecords<T>) {
    this.#records = records;
  }

  set(): void {}

  delete(): void {}

  keys(namespace: string): Iterable<string> {
    return namespace === "" ? [] : this.#records.keysIn(namespace);
  }

  values(): string[] {
    return this.#records.namespaces();
  }
}
