import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Pod } from "../../src/kinds/index.ts";
import { openStream, Recording } from "./recording.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const bookmark = (resourceVersion: string) => ({
  type: "BOOKMARK",
  object: { kind: "Pod", apiVersion: "v1", metadata: { resourceVersion } },
});

it("does not give up quiet connections again and again after bookmarks that came close together (P7)", async () => {
  let watches = 0;
  const server = new Recording(({ path, signal }) => {
    if (!path.includes("watch=true"))
      return { kind: "PodList", metadata: { resourceVersion: "10" }, items: [] };
    watches += 1;
    if (watches > 1) return openStream(signal);
    return (async function* () {
      for (const version of ["11", "12"]) {
        yield Buffer.from(`${JSON.stringify(bookmark(version))}\n`);
        await new Promise((resolve) => setTimeout(resolve, 5000));
      }
    })();
  });
  const cluster = await server.connect();
  const informer = cluster.resources(Pod).informer({ streamingList: "off", minWatchTimeoutSeconds: 3600 });
  await informer.synced();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(watches).toBe(2);
  // By the rhythm of five seconds, a minute and a half of silence is too much: once.
  await vi.advanceTimersByTimeAsync(100_000);
  expect(watches).toBe(3);
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(watches).toBe(3);
  await cluster.close();
});
