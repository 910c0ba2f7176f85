import { describeScenarios } from "../scenarios/on-a-server.ts";
import { describeClient } from "./client.ts";
import { describeCreates } from "./creates.ts";
import { describeInformers } from "./informers.ts";
import { describeLists } from "./lists.ts";
import { describePages } from "./pages.ts";
import { describeProtocol } from "./protocol.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import { describeWatchBeginnings } from "./watch-beginnings.ts";
import { describeWatchEvents } from "./watch-events.ts";
import { describeWrites } from "./writes.ts";

/** All that every server must do, the embedded and the real one alike. */
export function describeContracts(server: () => ServerUnderTest): void {
  describeCreates(server);
  describeWrites(server);
  describeProtocol(server);
  describeLists(server);
  describePages(server);
  describeWatchBeginnings(server);
  describeWatchEvents(server);
  describeClient(server);
  describeInformers(server);
  describeScenarios(server);
}
