import { expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { reduceHealth, type SourceHealth, stateOf, unheard } from "../../src/informer/health.ts";
import type { ReflectorProgress } from "../../src/reflector/progress.ts";

it("is stale once, not for ever, where a server sends bookmarks only after changes (R35, P7)", () => {
  let health: SourceHealth = unheard;
  const at = (now: number, ...reports: ReflectorProgress[]): void => {
    for (const report of reports) health = reduceHealth(health, report, now * 1000);
  };
  const resourceVersion = "12";
  const opened: ReflectorProgress[] = [
    { type: "watch-started", resourceVersion, timeoutSeconds: 400 },
    { type: "watch-opened", resourceVersion },
  ];
  const ended: ReflectorProgress = { type: "watch-ended", resourceVersion, events: 0, openMs: 90_000 };
  at(0, { type: "listed", resourceVersion, items: 0, isStreaming: false }, ...opened);
  at(10, { type: "bookmark", resourceVersion });
  at(20, { type: "bookmark", resourceVersion });
  expect(stateOf(health, 109_000)).toBe("live");
  expect(stateOf(health, 111_000)).toBe("stale");
  const silence = new KubeError("TIMEOUT", "watch pods: the server was silent for more than 90000 ms");
  at(111, ended, { type: "error", step: "watch", error: silence });
  at(112, ...opened);
  at(512, ended, ...opened);
  // Quiet again, through several whole connections: each ended in peace.
  for (const now of [513, 700, 911]) expect(stateOf(health, now * 1000)).toBe("live");
  at(912, ended, ...opened);
  for (const now of [913, 1100, 1311]) expect(stateOf(health, now * 1000)).toBe("live");
});
