/**
 * What sharing a store with other threads costs: `node bench/shared-store.ts [objects] [bytes]`.
 *
 * With `--stress=60` it does nothing but check for that many seconds that four
 * readers see whole objects and whole states only, and prints what they did.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { entryBytes, writeHeader } from "../src/bytes/entry.ts";
import type { KubeObject } from "../src/resource/object.ts";
import { type ObjectRecord, ParsedRecord } from "../src/resource/watch-event.ts";
import { SharedStore } from "../src/shared-store/shared-store.ts";
import { Store } from "../src/store/store.ts";
import { stress } from "../test/shared-store/stress.ts";

const writes = 20_000;
const measurements = 5;

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The median of some runs, in nanoseconds for each of `count`. */
function measure(count: number, run: () => void): number {
  const times = Array.from({ length: measurements }, () => {
    const start = performance.now();
    run();
    return ((performance.now() - start) * 1e6) / count;
  });
  return Math.round(median(times));
}

function jsonOf(index: number, version: number, bytes: number): string {
  const metadata = {
    name: `pod-${index}-7d9c`,
    namespace: `ns-${index % 50}`,
    uid: `3f0c-${index}`,
    resourceVersion: String(version),
  };
  const containers: object[] = [];
  const container = {
    name: "app",
    image: "registry.k8s.io/pause:3.9",
    ports: [{ containerPort: 80 }],
    ready: true,
  };
  for (
    let length = 200;
    length < bytes - 50 - (version % 64);
    length += JSON.stringify(container).length + 1
  ) {
    containers.push(container);
  }
  return JSON.stringify({ metadata, spec: { nodeName: `n${index % 100}`, containers } });
}

/** A record that still has the bytes of its object, as those of a store of bytes do. */
function bytesRecord(json: string): ObjectRecord<KubeObject> {
  const { name = "", namespace = "", resourceVersion = "" } = JSON.parse(json).metadata;
  const key = `${namespace}/${name}`;
  const length = Buffer.byteLength(json);
  const bytes = Buffer.allocUnsafeSlow(entryBytes(key.length, 0, 0, length));
  const words = new Int32Array(bytes.buffer);
  writeHeader(words, 0, key.length, 0, 0, length);
  bytes.write(key + json, 12);
  const record = { key, uid: "", resourceVersion, object: {}, place: { segment: { bytes, words }, at: 0 } };
  return record;
}

async function figures(objects: number, bytes: number): Promise<void> {
  const table: Record<string, string> = {};
  const store = new Store<KubeObject>();
  const shared = new SharedStore<KubeObject>(store, { maxBytes: 2 ** 32 - 16 });
  const reader = SharedStore.attach<KubeObject>(shared.handle, { freeze: false });
  const records = Array.from({ length: objects }, (_, index) => bytesRecord(jsonOf(index, index, bytes)));
  const replaced = performance.now();
  store.replace(records, "1");
  while (!shared.isCurrent) await new Promise(setImmediate);
  table[`take over ${objects}, in slices`] = `${Math.round(performance.now() - replaced)} ms`;
  const total = records.reduce(
    (sum, record) =>
      sum + Buffer.byteLength(jsonOf(Number(record.resourceVersion), Number(record.resourceVersion), bytes)),
    0,
  );
  const { usedBytes } = shared.stats();
  table["one object's JSON"] = `${Math.round(total / objects)} bytes`;
  table["memory beside it, per object"] = `${Math.round((usedBytes - total) / objects)} bytes`;

  const texts = Array.from({ length: writes }, (_, count) =>
    jsonOf((count * 7919) % objects, objects + count, bytes),
  );
  const changes = texts.map(bytesRecord);
  const parsed = changes.map(
    ({ key, uid, resourceVersion }, at) =>
      new ParsedRecord<KubeObject>(key, uid, resourceVersion, JSON.parse(texts[at] ?? "")),
  );
  const alone = new Store<KubeObject>();
  alone.replace(records, "1");
  const writeAll = (to: Store<KubeObject>, all: readonly ObjectRecord<KubeObject>[]) => () => {
    for (const record of all) to.upsert(record);
  };
  const perSecond = (ns: number): string => `${ns} ns, ${Math.round(1e9 / ns).toLocaleString("en")}/s`;
  table["write, not shared"] = perSecond(measure(writes, writeAll(alone, changes)));
  table["write, shared, from bytes"] = perSecond(measure(writes, writeAll(store, changes)));
  table["write, shared, from objects"] = perSecond(measure(writes, writeAll(store, parsed)));

  const keys = store.keys();
  const gets = 20_000;
  const each = (read: (key: string) => unknown) => () => {
    for (let count = 0; count < gets; count++) read(keys[(count * 7919) % keys.length] ?? "");
  };
  const some = texts.slice(0, 5_000);
  table["JSON.parse of one, for comparison"] = `${measure(some.length, () => {
    for (const text of some) JSON.parse(text);
  })} ns`;
  table.get = `${measure(
    gets,
    each((key) => reader.get(key)),
  )} ns`;
  table.has = `${measure(
    gets,
    each((key) => reader.has(key)),
  )} ns`;
  const under = reader.indexKeys("namespace", "ns-7").length;
  table[`byIndex, ${under} of ${objects}`] =
    `${measure(1, () => reader.byIndex("namespace", "ns-7")) / 1e6} ms`;
  const few = new Store<KubeObject>();
  few.replace(records.slice(0, 10_000), "1");
  const fewShared = new SharedStore<KubeObject>(few);
  while (!fewShared.isCurrent) await new Promise(setImmediate);
  const fewReader = SharedStore.attach<KubeObject>(fewShared.handle, { freeze: false });
  table["list of 10,000"] = `${measure(1, () => fewReader.list()) / 1e6} ms`;

  for (const threads of [1, 2, 4]) {
    const stop = new SharedArrayBuffer(4);
    const workerData = { handle: shared.handle, keys, stop };
    const workers = Array.from(
      { length: threads },
      () => new Worker(new URL("./shared-store/get-reader.ts", import.meta.url), { workerData }),
    );
    await Promise.all(workers.map((worker) => once(worker, "message")));
    const start = performance.now();
    let written = 0;
    while (performance.now() - start < 3_000) {
      for (let count = 0; count < 1_000; count++) {
        const change = changes[(written + count) % writes];
        if (change !== undefined) store.upsert(change);
      }
      written += 1_000;
    }
    const seconds = (performance.now() - start) / 1_000;
    const waiting = shared.stats().waitingBytes;
    Atomics.store(new Int32Array(stop), 0, 1);
    const reads = await Promise.all(
      workers.map((worker) => once(worker, "message").then(([count]) => count)),
    );
    const sum = reads.reduce((all, count) => all + count, 0);
    const show = (count: number): string => Math.round(count / seconds).toLocaleString("en");
    table[`${threads} reading threads`] =
      `${show(written)} writes/s beside ${show(sum)} parsed reads/s, ${(waiting / 1e6).toFixed(1)} MB waiting`;
  }
  const { bytes: taken, freeBytes } = shared.stats();
  table["memory taken, and free of it"] =
    `${Math.round(taken / 1e6)} MB, ${((100 * freeBytes) / taken).toFixed(1)} %`;
  console.table(table);
  shared.close();
  fewShared.close();
}

const seconds = process.argv.find((argument) => argument.startsWith("--stress="))?.slice("--stress=".length);
if (seconds === undefined) {
  const [objects = 100_000, bytes = 4_800] = process.argv.slice(2).map(Number);
  await figures(objects, bytes);
} else {
  const result = await stress({ durationMs: Number(seconds) * 1_000, readers: 4, deaths: 1 });
  console.log(result);
  if (result.faults.length > 0) process.exitCode = 1;
}
