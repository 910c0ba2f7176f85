/** What the machine can do at most with bytes in memory: find newlines, and copy. */
import { kinds } from "../server/objects.ts";
import { PreparedList } from "../server/prepared-list.ts";
import { report, task } from "./contestant.ts";

const pods = kinds.pods;
if (pods === undefined) throw new Error("there are no prepared pods");
const frames = Buffer.concat([...new PreparedList(pods, task.objects).stream()]);
const target = Buffer.allocUnsafeSlow(frames.length);
const passes = 10;

let found = 0;
function search(): void {
  for (let at = frames.indexOf(10); at !== -1; at = frames.indexOf(10, at + 1)) found++;
}
search();
found = 0;
let began = performance.now();
for (let pass = 0; pass < passes; pass++) search();
const newlinesPerSecond = (found / (performance.now() - began)) * 1000;

target.set(frames);
began = performance.now();
for (let pass = 0; pass < passes; pass++) target.set(frames);
const copyGBPerSecond = (frames.length * passes) / (performance.now() - began) / 1e6;
report({
  newlinesPerSecond,
  copyGBPerSecond,
  copiesPerSecond: (copyGBPerSecond * 1e9) / (frames.length / task.objects),
});
