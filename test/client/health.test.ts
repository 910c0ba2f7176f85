import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { Client } from "../../src/client/client.ts";
import { health } from "../../src/client/health.ts";
import { version } from "../../src/client/version.ts";
import { type Answer, failure, inMemory } from "./in-memory.ts";

const plain = { "content-type": "text/plain; charset=utf-8" };
const lines = "[+]ping ok\n[+]poststarthook/start-apiextensions-informers ok\n[+]log excluded: ok\n";
const well = { body: `${lines}livez check passed\n`, headers: plain };
const sick = {
  status: 500,
  body: `${lines}[-]etcd failed: reason withheld\nreadyz check failed\n`,
  headers: plain,
};
const of = (...answers: (Answer | Error)[]) => new Client(inMemory(...answers));

describe("health", () => {
  it("asks livez and readyz, once each, and reads the checks", async () => {
    const transport = inMemory(well, well);
    expect(await health(new Client(transport))).toEqual({
      live: true,
      ready: true,
      checks: [
        { name: "ping", ok: true },
        { name: "poststarthook/start-apiextensions-informers", ok: true },
        { name: "log", ok: true },
      ],
    });
    expect(transport.sent.map(({ path, retry }) => [path, retry])).toEqual([
      ["/livez?verbose=true", false],
      ["/readyz?verbose=true", false],
    ]);
  });

  it("has a server that is not ready as a result", async () => {
    const result = await health(of(well, sick));
    expect(result).toMatchObject({ live: true, ready: false });
    expect(result.checks.at(-1)).toEqual({ name: "etcd", ok: false });
    expect(await health(of(sick, sick))).toMatchObject({ live: false, ready: false });
  });

  it("rejects where the server cannot be reached, forbids it, or somebody else answers", async () => {
    const refused = new KubeError("CONNECTION_FAILED", "refused");
    expect(await failure(health(of(refused, refused)))).toMatchObject({ code: "CONNECTION_FAILED" });
    const denied = {
      kind: "Status",
      code: 403,
      reason: "Forbidden",
      message: 'forbidden: User "ci" cannot get path "/livez"',
    };
    const forbidden = { status: 403, body: denied };
    expect(await failure(health(of(forbidden, forbidden)))).toMatchObject({
      message: expect.stringContaining('Needs: get on the non-resource URL "/livez".'),
    });
    const proxy = { status: 500, body: "upstream failed", headers: plain };
    expect(await failure(health(of(proxy, proxy)))).toMatchObject({ code: "API", status: 500 });
    expect(await failure(health(of({ ...proxy, status: 502 }, well)))).toMatchObject({ status: 502 });
  });
});

describe("version", () => {
  it("is what the server says", async () => {
    const body = {
      major: "1",
      minor: "36",
      gitVersion: "v1.36.3",
      platform: "linux/amd64",
      emulationMajor: "1",
    };
    const transport = inMemory({ body });
    expect(await version(new Client(transport))).toEqual(body);
    expect(transport.sent[0]?.path).toBe("/version");
  });

  it("is BAD_RESPONSE for any other answer", async () => {
    for (const body of [{}, { major: 1, minor: 2, gitVersion: "v1" }, "<html>"]) {
      expect(await failure(version(of({ body })))).toMatchObject({ code: "BAD_RESPONSE" });
    }
  });
});
