import { afterAll, beforeAll, describe, inject } from "vitest";
import { describeContracts } from "../contracts/every-contract.ts";
import type { ServerUnderTest } from "../contracts/server-under-test.ts";
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

  describeContracts(server);
});
