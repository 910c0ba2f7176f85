import type { KubeObject } from "../../src/resource/object.ts";
import { ParsedRecord } from "../../src/resource/watch-event.ts";

/**
 * A history in which everything is a function of the resourceVersion, a number that goes up by one per write.
 *
 * Most writes add 1 to the value of one lasting object; every 8th one creates or
 * deletes a passing object; every 4096th one is a replace, which gives all
 * objects a new batch. So from the resourceVersion of a state alone follow the
 * sum of all values, the batch of every object, and which passing ones there are.
 */

export interface Marked extends KubeObject {
  readonly batch: number;
  readonly value: number;
  readonly shard: string;
  readonly payload: string;
  readonly checksum: number;
}

export const lastingCount = 500;
export const passingCount = 64;
export const shards: readonly string[] = ["s0", "s1", "s2", "s3", "s4"];
const toggleEvery = 8;
const replaceEvery = 4096;
const longestPayload = 6_000;

const text = Array.from({ length: 2 * longestPayload }, (_, at) =>
  String.fromCharCode(97 + ((at * at * 31 + at * 7) % 26)),
).join("");

export function checksumOf({ batch, value, shard, payload }: Omit<Marked, "checksum">): number {
  let sum = batch * 31 + value;
  for (let at = 0; at < shard.length; at++) sum = (Math.imul(sum, 33) + shard.charCodeAt(at)) | 0;
  for (let at = 0; at < payload.length; at += 3) sum = (Math.imul(sum, 33) + payload.charCodeAt(at)) | 0;
  return sum;
}

export function expectedSum(version: number): number {
  return version - Math.floor(version / toggleEvery);
}

export function expectedBatch(version: number): number {
  return Math.floor(version / replaceEvery);
}

export function isPassingThere(passing: number, version: number): boolean {
  const toggles = Math.floor(version / toggleEvery);
  // Toggle number n is of the passing object n % passingCount.
  const times = Math.floor((toggles - passing) / passingCount) + (passing === 0 ? 0 : 1);
  return toggles >= passing && times % 2 === 1;
}

export function lastingKey(index: number): string {
  return `ns-${index % 7}/lasting-${index}`;
}

export function passingKey(index: number): string {
  return `ns-passing/passing-${index}`;
}

function record(key: string, version: number, batch: number, value: number): ParsedRecord<Marked> {
  const [namespace = "", name = ""] = key.split("/");
  const from = (version * 7919) % longestPayload;
  const fields = {
    batch,
    value,
    shard: shards[(value + name.length) % shards.length] ?? "",
    // From a few bytes to many, so that blocks of all sizes are used anew.
    payload: text.slice(from, from + ((version * 104_729) % 97 < 3 ? longestPayload : (version * 31) % 900)),
  };
  const metadata = { namespace, name, uid: key, resourceVersion: String(version) };
  return new ParsedRecord(key, key, String(version), { metadata, ...fields, checksum: checksumOf(fields) });
}

/** One write of the history. */
export type Write =
  | { readonly type: "put"; readonly record: ParsedRecord<Marked> }
  | { readonly type: "remove"; readonly key: string }
  | { readonly type: "replace"; readonly records: readonly ParsedRecord<Marked>[] };

/** Writes the history, one version after the other. */
export class History {
  readonly #values = new Int32Array(lastingCount);
  version = 0;

  /** Everything, as a list shows it. */
  all(): ParsedRecord<Marked>[] {
    const { version } = this;
    const batch = expectedBatch(version);
    const all = Array.from(this.#values, (value, index) => record(lastingKey(index), version, batch, value));
    for (let passing = 0; passing < passingCount; passing++) {
      if (isPassingThere(passing, version)) all.push(record(passingKey(passing), version, batch, 0));
    }
    return all;
  }

  next(): Write {
    const version = ++this.version;
    if (version % replaceEvery === 0) return { type: "replace", records: this.all() };
    if (version % toggleEvery === 0) {
      const passing = (version / toggleEvery) % passingCount;
      const key = passingKey(passing);
      if (!isPassingThere(passing, version)) return { type: "remove", key };
      return { type: "put", record: record(key, version, expectedBatch(version), 0) };
    }
    const index = Math.imul(version, 0x9e3779b1) >>> 0;
    const chosen = index % lastingCount;
    const value = (this.#values[chosen] ?? 0) + 1;
    this.#values[chosen] = value;
    return { type: "put", record: record(lastingKey(chosen), version, expectedBatch(version), value) };
  }
}

/** What is wrong with one object; undefined where nothing is. */
export function faultOf(object: Marked): string | undefined {
  return checksumOf(object) === object.checksum ? undefined : `torn: ${object.metadata?.name}`;
}

/** What is wrong with a whole state; undefined where nothing is. */
export function faultOfState(objects: readonly Marked[], resourceVersion: string): string | undefined {
  const version = Number(resourceVersion);
  const batch = expectedBatch(version);
  const names = new Set(objects.map(({ metadata }) => metadata?.name));
  let sum = 0;
  for (const object of objects) {
    const fault = faultOf(object);
    if (fault !== undefined) return fault;
    if (object.batch !== batch) return `batch ${object.batch} at ${version}, which has ${batch}`;
    sum += object.value;
  }
  if (names.size !== objects.length) return `an object twice at ${version}`;
  if (sum !== expectedSum(version)) return `sum ${sum} at ${version}, which has ${expectedSum(version)}`;
  let count = lastingCount;
  for (let passing = 0; passing < passingCount; passing++) {
    const isThere = isPassingThere(passing, version);
    if (isThere) count++;
    if (names.has(`passing-${passing}`) !== isThere) return `passing-${passing} at ${version}`;
  }
  return count === objects.length ? undefined : `${objects.length} objects at ${version}, which has ${count}`;
}
