import { afterAll, beforeAll, describe } from "vitest";
import { describeScenarios } from "../scenarios/on-a-server.ts";
import { describeClient } from "./client.ts";
import { describeCreates } from "./creates.ts";
import { inMemory, overHttps } from "./embedded-server.ts";
import { describeInformers } from "./informers.ts";
import { describeLists } from "./lists.ts";
import { describePages } from "./pages.ts";
import { describeProtocol } from "./protocol.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import { describeWatchBeginnings } from "./watch-beginnings.ts";
import { describeWatchEvents } from "./watch-events.ts";
import { describeWrites } from "./writes.ts";

describe.each([
  ["in memory", inMemory],
  ["over HTTPS", overHttps],
])("the embedded API server, %s,", (_name, start) => {
  let running: ServerUnderTest;
  const server = (): ServerUnderTest => running;

  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running.close());

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
});
