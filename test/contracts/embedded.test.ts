import { afterAll, beforeAll, describe } from "vitest";
import { inMemory, overHttps } from "./embedded-server.ts";
import { describeContracts } from "./every-contract.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

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

  describeContracts(server);
});
