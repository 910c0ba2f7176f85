import { channel } from "node:diagnostics_channel";
import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { type LookupRecord, lookupChannel } from "../base/request-telemetry.ts";

/** Look a name up as Node does by itself, and tell how long it took where somebody listens (H30). */
export const timedLookup: LookupFunction = (hostname, options, callback) => {
  const records = channel(lookupChannel);
  if (!records.hasSubscribers) {
    lookup(hostname, options, callback);
    return;
  }
  const begunAt = performance.now();
  lookup(hostname, options, (error, address, family) => {
    const durationMs = performance.now() - begunAt;
    records.publish({ host: hostname, durationMs, error: error?.code } satisfies LookupRecord);
    callback(error, address, family);
  });
};
