import { Socket } from "node:net";
import { expect, it, vi } from "vitest";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { configFor, failure, get } from "./local-server.ts";

// Alone in its file: undici has one timer per process for this, and it must be a fake one from the start.
it("gives up after 30 s where nothing answers the knock (H25)", async () => {
  // A socket that is never connected: what a firewall that drops packets looks like.
  vi.spyOn(Socket.prototype, "connect").mockImplementation(function (this: Socket) {
    return this;
  });
  vi.useFakeTimers();
  const transport = createUndiciTransport(configFor("http://127.0.0.1:9"));
  let outcome: unknown = "waits";
  const pending = failure(transport(get())).then((error) => {
    outcome = error;
  });
  await vi.advanceTimersByTimeAsync(29_000);
  expect(outcome).toBe("waits");
  await vi.advanceTimersByTimeAsync(3000);
  await pending;
  expect(outcome).toMatchObject({ code: "CONNECTION_FAILED", cause: { code: "UND_ERR_CONNECT_TIMEOUT" } });
  expect(String(outcome)).toContain("whether a proxy is needed");
  vi.useRealTimers();
  vi.restoreAllMocks();
  await transport.close();
});
