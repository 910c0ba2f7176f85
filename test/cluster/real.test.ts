import { afterAll, beforeAll, describe, inject } from "vitest";
import { describeClient } from "../contracts/client.ts";
import { describeCreates } from "../contracts/creates.ts";
import { describeInformers } from "../contracts/informers.ts";
import { describeLists } from "../contracts/lists.ts";
import { describePages } from "../contracts/pages.ts";
import { describeProtocol } from "../contracts/protocol.ts";
import type { ServerUnderTest } from "../contracts/server-under-test.ts";
import { describeWatchBeginnings } from "../contracts/watch-beginnings.ts";
import { describeWatchEvents } from "../contracts/watch-events.ts";
import { describeWrites } from "../contracts/writes.ts";
import { describeScenarios } from "../scenarios/on-a-server.ts";
import { realServer } from "./real-server.ts";

const access = inject("kubeApiServer");

describe.skipIf(access === null)("a real kube-apiserver", () => {
  let running: ServerUnderTest | undefined;
  const server = (): ServerUnderTest => {
    if (running === undefined) throw new Error("the server is used before it is there");
    return running;
  };

  beforeAll(async () => {
    if (access !== null) running = await realServer(access);
  });
  afterAll(() => running?.close());

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
