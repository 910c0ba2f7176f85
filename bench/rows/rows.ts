import type { Row } from "../harness/bench.ts";
import { bytes } from "./bytes.ts";
import { connections, manyWatches } from "./connections.ts";
import { large } from "./large.ts";
import { listeners } from "./listeners.ts";
import { million } from "./million.ts";
import { realCluster } from "./real-cluster.ts";
import { startup } from "./startup.ts";
import { sync } from "./sync.ts";
import { throughput } from "./throughput.ts";

/** In the order in which they run and are shown. */
export const rows: readonly Row[] = [
  throughput,
  sync,
  realCluster,
  large,
  million,
  listeners,
  startup,
  connections,
  manyWatches,
  bytes,
];
