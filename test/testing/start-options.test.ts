import { expect, it, vi } from "vitest";
import { ConfigMap } from "../../src/kinds/index.ts";
import { TestApiServer } from "../../src/testing/index.ts";
import { Widget } from "../apiserver/http/fronts.ts";

vi.mock("node:http", { spy: true });
vi.mock("node:https", { spy: true });

/** Start with options that the types would not let through. */
const start = (options: unknown): Promise<TestApiServer> =>
  Reflect.apply(TestApiServer.start, TestApiServer, [options]);

const secret = "s3cr\u00e9t";

it.each<[unknown, string]>([
  [null, "Expected `options` to be an object"],
  ["http", "Expected `options` to be an object"],
  [{ kinds: Widget }, "Expected `kinds` to be an array of kinds, got an object"],
  [
    { kinds: [Widget, "pods"] },
    'Expected `kinds[1]` to be a kind, such as Pod or what defineKind returns, got `"pods"`',
  ],
  [{ kinds: [class Pod {}] }, "Expected `kinds[0]` to be a kind"],
  [{ kinds: [{ ...Widget, scope: "namespaced" }] }, "Expected `kinds[0]` to be a kind"],
  [{ kinds: [{ ...Widget, subresources: undefined }] }, "Expected `kinds[0]` to be a kind"],
  [{ port: -1 }, "Expected `port` to be a whole number from 0 to 65535, got `-1`"],
  [{ port: 65_536 }, "Expected `port` to be"],
  [{ port: 80.5 }, "Expected `port` to be"],
  [{ port: "8080" }, 'Expected `port` to be a whole number from 0 to 65535, got `"8080"`'],
  [{ listen: "no" }, "Expected `listen` to be true or false"],
  [{ tls: "yes" }, "Expected `tls` to be true, false or { key, cert } as PEM texts"],
  [{ tls: null }, "Expected `tls` to be true"],
  [{ tls: { key: secret } }, "Expected `tls` to be true"],
  [{ tls: { key: secret, cert: Buffer.from(secret) } }, "Expected `tls` to be true"],
  [{ tls: { key: "", cert: "" } }, "Expected `tls` to be true"],
  [
    { token: secret },
    "Expected `token` to be a string of printable ASCII characters without spaces, not empty",
  ],
  [{ token: "" }, "Expected `token` to be"],
  [{ token: "two words" }, "Expected `token` to be"],
  [{ token: 42 }, "Expected `token` to be"],
  [{ namespaces: "shop" }, "Expected `namespaces` to be an array of strings"],
  [{ namespaces: ["shop", 1] }, "Expected `namespaces[1]` to be a name of a namespace, got `1`"],
  [{ namespaces: ["Shop"] }, "Expected `namespaces[0]` to be a name of a namespace"],
  [{ watchCacheSizes: 10 }, "Expected `watchCacheSizes` to be an object"],
  [
    { watchCacheSizes: { pods: 0 } },
    "Expected `watchCacheSizes.pods` to be a whole number of at least 1, got `0`",
  ],
  [{ watchCacheSizes: { pods: "10" } }, "Expected `watchCacheSizes.pods` to be a whole number"],
  [
    { watchCacheSizes: { podz: 10 } },
    "Expected `watchCacheSizes.podz` to be named after a kind that is served",
  ],
  [{ interceptors: () => {} }, "Expected `interceptors` to be an array of functions"],
  [{ interceptors: [undefined] }, "Expected `interceptors[0]` to be a function"],
  [{ queueEvents: 0 }, "Expected `queueEvents` to be"],
])("refuses to start with %o before anything is opened", async (options, message) => {
  const http = await import("node:http");
  const https = await import("node:https");
  const error = await start(options).then(
    (server) => server.stop(),
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) });
  expect(error).not.toHaveProperty("message", expect.stringContaining(secret));
  expect(http.createServer).not.toHaveBeenCalled();
  expect(https.createServer).not.toHaveBeenCalled();
});

it("starts with options that say undefined, and with sizes by plural, by group, and of own kinds", async () => {
  const nothing = {
    kinds: undefined,
    namespaces: undefined,
    port: undefined,
    tls: undefined,
    token: undefined,
  };
  await (await start({ ...nothing, watchCacheSizes: undefined, interceptors: undefined })).stop();
  const watchCacheSizes = { pods: 1, "deployments.apps": 2, widgets: 3 };
  await using server = await TestApiServer.start({ listen: false, kinds: [Widget], watchCacheSizes });
  expect(server.list(ConfigMap)).toEqual([]);
});

it("rejects with CONNECTION_FAILED where the port is taken", async () => {
  await using first = await TestApiServer.start();
  const port = Number(new URL(first.url).port);
  await expect(TestApiServer.start({ port })).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
});
