import { describeScenarios } from "../scenarios/on-a-server.ts";
import { describeApply } from "./apply.ts";
import { describeApplyLists } from "./apply-lists.ts";
import { describeClient } from "./client.ts";
import { describeCreates } from "./creates.ts";
import { describeDiscovery } from "./discovery.ts";
import { describeFieldManagers } from "./field-managers.ts";
import { describeInformers } from "./informers.ts";
import { describeLists } from "./lists.ts";
import { describeMetadata } from "./metadata.ts";
import { describePages } from "./pages.ts";
import { describeProtocol } from "./protocol.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import { describeStrategicPatches } from "./strategic-patches.ts";
import { describeSubresources } from "./subresources.ts";
import { describeVerbs } from "./verbs.ts";
import { describeWatchBeginnings } from "./watch-beginnings.ts";
import { describeWatchEvents } from "./watch-events.ts";
import { describeWrites } from "./writes.ts";

/** All that every server must do, the embedded and the real one alike. */
export function describeContracts(server: () => ServerUnderTest): void {
  describeCreates(server);
  describeWrites(server);
  describeApply(server);
  describeApplyLists(server);
  describeFieldManagers(server);
  describeStrategicPatches(server);
  describeProtocol(server);
  describeDiscovery(server);
  describeSubresources(server);
  describeLists(server);
  describePages(server);
  describeMetadata(server);
  describeWatchBeginnings(server);
  describeWatchEvents(server);
  describeClient(server);
  describeVerbs(server);
  describeInformers(server);
  describeScenarios(server);
}
