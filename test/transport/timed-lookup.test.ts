import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, expect, it } from "vitest";
import { type LookupRecord, lookupChannel } from "../../src/base/request-telemetry.ts";
import { createUndiciTransport } from "../../src/transport/undici-transport.ts";
import { configFor, failure, get, serve, textOf } from "./local-server.ts";

let records: LookupRecord[] = [];
const listen = (record: unknown): void => {
  records.push(record as LookupRecord);
};
afterEach(() => {
  unsubscribe(lookupChannel, listen);
  records = [];
});

it("tells of each name that is looked up for a connection, to those who listen (H30)", async () => {
  await using api = await serve((_request, response) => response.end("{}"));
  const server = api.url.replace("127.0.0.1", "localhost");
  await using quiet = createUndiciTransport(configFor(server));
  await textOf(await quiet(get()));
  expect(records).toEqual([]);
  subscribe(lookupChannel, listen);
  await using transport = createUndiciTransport(configFor(server));
  await textOf(await transport(get()));
  expect(records).toEqual([{ host: "localhost", durationMs: expect.any(Number), error: undefined }]);
  expect(records[0]?.durationMs).toBeGreaterThanOrEqual(0);
});

it("tells why a name was not found (H30)", async () => {
  subscribe(lookupChannel, listen);
  await using transport = createUndiciTransport(configFor("http://nowhere.invalid"));
  expect(await failure(transport(get()))).toMatchObject({ code: "CONNECTION_FAILED" });
  expect(records).toMatchObject([{ host: "nowhere.invalid", error: expect.stringMatching(/^E/) }]);
});
