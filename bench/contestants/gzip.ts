/** What gzip does to a list: its bytes, and the time that it takes to undo it beside the time to read as many bytes plain. */
import { gunzipSync, gzipSync } from "node:zlib";
import { kinds } from "../server/objects.ts";
import { PreparedList } from "../server/prepared-list.ts";
import { report, task } from "./contestant.ts";

const pods = kinds.pods;
if (pods === undefined) throw new Error("there are no prepared pods");
const list = Buffer.concat([...new PreparedList(pods, task.objects).list(0, 0)]);
// The level that the API server uses.
const compressed = gzipSync(list, { level: 1 });
function msOf(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
gunzipSync(compressed);
const gunzipMs = msOf(() => gunzipSync(compressed));
const copyMs = msOf(() => Buffer.from(list));
const MB = list.length / 1e6;
const savedMB = (list.length - compressed.length) / 1e6;
report({
  listMB: MB,
  gzipMB: compressed.length / 1e6,
  gunzipMs,
  gunzipMBPerSecond: (MB / gunzipMs) * 1000,
  copyMs,
  // Below this the time for the saved bytes on the wire is more than the time to undo them.
  breakEvenMbitPerSecond: ((savedMB * 8) / gunzipMs) * 1000,
});
