import type { Writable } from "node:stream";
import { lastName, noTime, type PreparedKind, timeField, versionField } from "./objects.ts";
import type { PreparedList } from "./prepared-list.ts";

const blockEvents = 10_000;
/** Far from 0 and 1, and prime: neighbours in the stream are no neighbours in the store. */
const stride = 7_919;
const zero = "0".charCodeAt(0);

interface Block {
  readonly bytes: Buffer;
  /** Where each frame ends. */
  readonly ends: readonly number[];
  /** Where the digits of each frame's resourceVersion and time begin. */
  readonly versions: readonly number[];
  readonly times: readonly number[];
}

function makeBlock(kind: PreparedKind, objects: number): Block {
  const start = `{"type":"MODIFIED","object":{"kind":"${kind.kind}","apiVersion":"v1",`;
  const frames = Array.from({ length: Math.min(blockEvents, objects) }, (_, i) =>
    Buffer.from(`${start}${kind.body((i * stride) % objects, 99_999_999)}}\n`),
  );
  let end = 0;
  const ends = frames.map((frame) => (end += frame.length));
  const place = (field: string): number[] =>
    frames.map((frame, i) => {
      const at = frame.indexOf(field);
      return at === -1 ? -1 : (ends[i] ?? 0) - frame.length + at + field.length;
    });
  return { bytes: Buffer.concat(frames), ends, versions: place(versionField), times: place(timeField) };
}

function writeDigits(bytes: Buffer, end: number, value: number, width: number): void {
  for (let at = end - 1, left = value; at >= end - width; at--, left = Math.floor(left / 10)) {
    bytes[at] = zero + (left % 10);
  }
}

/** Resolves when the bytes are with the system, so that the buffer may be written over. */
function written(to: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) =>
    to.write(bytes, (error) => (error == null ? resolve() : reject(error))),
  );
}

/**
 * Changes of the objects of a list, prepared once and sent as often as asked for.
 *
 * Nothing but the digits of the resourceVersion is made anew for an event, and
 * two blocks take turns: one is being sent while the other is brought up to date.
 */
export class PreparedEvents {
  readonly #list: PreparedList;
  #blocks: readonly Block[] | undefined;

  constructor(list: PreparedList) {
    this.#list = list;
  }

  get #ready(): readonly Block[] {
    this.prepare();
    return this.#blocks ?? [];
  }

  /** How many bytes an event has, on average. */
  get eventBytes(): number {
    const [block] = this.#ready;
    return block === undefined ? 0 : block.bytes.length / block.ends.length;
  }

  /** Make them, ahead of whoever is timed. */
  prepare(): void {
    this.#blocks ??= [0, 1].map(() => makeBlock(this.#list.kind, this.#list.size));
  }

  /** Send as many events as fast as they are taken, then the one that says it is the last. */
  async sendAll(to: Writable, count: number): Promise<void> {
    const pending: Promise<void>[] = [];
    let version = this.#list.version;
    for (let sent = 0, turn = 0; sent < count; turn++) {
      const block = this.#ready[turn % 2];
      if (block === undefined) return;
      // This block was sent two turns ago.
      await pending[turn - 2];
      const events = Math.min(block.ends.length, count - sent);
      for (let i = 0; i < events; i++) writeDigits(block.bytes, (block.versions[i] ?? 0) + 8, ++version, 8);
      const length = block.ends[events - 1] ?? 0;
      const pieces: Promise<void>[] = [];
      for (let at = 0; at < length; at += 1 << 20) {
        pieces.push(written(to, block.bytes.subarray(at, Math.min(length, at + (1 << 20)))));
      }
      pending.push(Promise.all(pieces).then(() => {}));
      sent += events;
    }
    to.write(this.#last(version + 1));
  }

  /** Send events at a steady pace, each with the microsecond in which it was sent. */
  async sendPaced(to: Writable, count: number, perSecond: number): Promise<void> {
    const [block] = this.#ready;
    if (block === undefined) return;
    const began = performance.now();
    for (let sent = 0; sent < count; ) {
      const due = Math.min(count, Math.floor(((performance.now() - began) * perSecond) / 1000) + 1);
      for (; sent < due; sent++) {
        const i = sent % block.ends.length;
        writeDigits(block.bytes, (block.versions[i] ?? 0) + 8, this.#list.version + sent + 1, 8);
        const now = Number(process.hrtime.bigint() / 1000n);
        writeDigits(block.bytes, (block.times[i] ?? 0) + noTime.length, now, noTime.length);
        to.write(Buffer.from(block.bytes.subarray(block.ends[i - 1] ?? 0, block.ends[i])));
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    to.write(this.#last(this.#list.version + count + 1));
  }

  #last(version: number): Buffer {
    const { kind } = this.#list;
    const body = kind.body(0, version).replace(/"name":"[^"]*"/, `"name":"${lastName}"`);
    const renamed = body.replace(/"uid":"[^"]*"/, '"uid":"99999999-0000-4000-8000-000000000000"');
    return Buffer.from(`{"type":"ADDED","object":{"kind":"${kind.kind}","apiVersion":"v1",${renamed}}\n`);
  }
}
