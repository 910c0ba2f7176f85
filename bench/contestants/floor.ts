/** The floor: decode UTF-8, JSON.parse, keep the newest of each key in a Map; no socket. */

import { Writable } from "node:stream";
import { kinds } from "../server/objects.ts";
import { PreparedEvents } from "../server/prepared-events.ts";
import { PreparedList } from "../server/prepared-list.ts";
import { cpuMs, PodReader, report, task } from "./contestant.ts";

const events = task.events ?? 0;
const pods = kinds.pods;
if (pods === undefined) throw new Error("there are no prepared pods");
const frames: Buffer[] = [];
let rest = Buffer.alloc(0);
/** Cuts what would go to a socket into frames, ahead of the measurement. */
const cutter = new Writable({
  write(chunk: Buffer, _encoding, done) {
    let from = 0;
    const bytes = Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
      frames.push(bytes.subarray(from, end));
      from = end + 1;
    }
    rest = bytes.subarray(from);
    done();
  },
});
await new PreparedEvents(new PreparedList(pods, task.objects)).sendAll(cutter, task.objects);

const kept = new Map<string, unknown>();
const reader = new PodReader();
function take(frame: Buffer): void {
  const { object } = JSON.parse(frame.toString("utf8"));
  kept.set(`${object.metadata.namespace}/${object.metadata.name}`, object);
  reader.read(object);
}
for (const frame of frames) take(frame);
const began = performance.now();
const cpu = cpuMs();
for (let i = 0; i < events; i++) {
  const frame = frames[i % frames.length];
  if (frame !== undefined) take(frame);
}
const ms = performance.now() - began;
if (reader.letters === 0) throw new Error("nothing was read");
report({ perSecond: (events / ms) * 1000, perCpuSecond: (events / (cpuMs() - cpu)) * 1000 });
