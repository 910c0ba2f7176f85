import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { LeaderElector } from "../../src/leader-election/leader-elector.ts";
import {
  electionSettings,
  type LeaderElectorOptions,
} from "../../src/leader-election/leader-elector-options.ts";
import type { LeasePort } from "../../src/leader-election/lease-port.ts";
import { ScriptedLeases } from "./scripted-leases.ts";

const given = (more: object = {}): LeaderElectorOptions => ({
  leases: new ScriptedLeases(),
  name: "lock",
  ...more,
});

describe("the options of an elector", () => {
  it("are 15 s, 10 s and 2 s, half the deadline for a request, and giving back, unless told otherwise (Q49)", () => {
    expect(electionSettings(given())).toMatchObject({
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2000,
      requestLimitMs: 5000,
      releaseOnStop: true,
      labels: {},
      lease: "lock",
    });
  });

  it("allow a request a second at least (Q49)", () => {
    const short = { leaseDurationMs: 2000, renewDeadlineMs: 1000, retryPeriodMs: 200 };
    expect(electionSettings(given(short)).requestLimitMs).toBe(1000);
  });

  it("name each candidate by its host and something random (Q49)", () => {
    const [one, two] = [new LeaderElector(given()), new LeaderElector(given())];
    expect(one.identity).toMatch(/_[0-9a-f]{16}$/);
    expect(one.identity.startsWith(`${hostname()}_`)).toBe(true);
    expect(one.identity).not.toBe(two.identity);
    expect(new LeaderElector(given({ identity: "shop-0" })).identity).toBe("shop-0");
  });

  it("choose the namespace where the port has none", () => {
    const leases = new ScriptedLeases();
    expect(electionSettings({ leases, name: "lock", namespace: "shop" }).lease).toBe("shop/lock");
    expect(leases.namespace).toBe("shop");
  });

  it("take the namespace that a handle was narrowed to, for what is told of the lease", () => {
    const of = (...namespaces: string[]): LeasePort =>
      Object.assign(new ScriptedLeases(), { selection: { namespaces } });
    expect(electionSettings(given({ leases: of("shop") })).lease).toBe("shop/lock");
    expect(electionSettings(given({ leases: of() })).lease).toBe("lock");
    expect(electionSettings(given({ leases: of("shop"), namespace: "web" })).lease).toBe("web/lock");
  });

  it.each<{ wrong: object; message: string }>([
    {
      wrong: { leaseDurationMs: 10_000 },
      message: "Expected `leaseDurationMs` to be more than `renewDeadlineMs` (10000), got `10000`",
    },
    {
      wrong: { renewDeadlineMs: 2400 },
      message: "Expected `renewDeadlineMs` to be more than 1.2 times `retryPeriodMs` (2000), got `2400`",
    },
    { wrong: { retryPeriodMs: 0 }, message: "`retryPeriodMs` to be a duration in milliseconds, more than 0" },
    { wrong: { renewDeadlineMs: -1 }, message: "`renewDeadlineMs` to be a duration" },
    { wrong: { leaseDurationMs: Number.POSITIVE_INFINITY }, message: "`leaseDurationMs` to be a duration" },
    { wrong: { leaseDurationMs: Number.NaN }, message: "`leaseDurationMs` to be a duration" },
    { wrong: { identity: "" }, message: "Expected `identity` to be a text that is not empty" },
    { wrong: { name: "" }, message: "Expected `name` to be a text that is not empty" },
    { wrong: { name: 7 }, message: "Expected `name` to be a text that is not empty, got `7`" },
    {
      wrong: { name: "Shop Manager" },
      message: "Expected `name` to be the name of a lease: lower case letters, digits, `-` and `.`",
    },
    { wrong: { log: { debug() {} } }, message: "Expected `log.info` to be a function" },
    { wrong: { namespace: 7 }, message: "Expected `namespace` to be a string" },
    { wrong: { releaseOnStop: "no" }, message: "Expected `releaseOnStop` to be true or false" },
    { wrong: { labels: ["a"] }, message: "Expected `labels` to be an object" },
    { wrong: { labels: { app: 1 } }, message: 'Expected `labels["app"]` to be a string, got `1`' },
    { wrong: { leases: undefined }, message: "Expected `leases` to be such as cluster.resources(Lease)" },
    { wrong: { leases: null }, message: "Expected `leases` to be such as" },
    { wrong: { leases: { withName() {} } }, message: "Expected `leases` to be such as" },
  ])("are refused where they make no sense: $message (Q50)", ({ wrong, message }) => {
    expect(() => new LeaderElector(given(wrong))).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("are refused where there are none (Q50)", () => {
    const options: unknown = undefined;
    expect(() => new LeaderElector(options as LeaderElectorOptions)).toThrow("Expected `options`");
  });

  it("are refused for the namespace of nodes' heartbeats, before any request", () => {
    const leases = new ScriptedLeases();
    expect(() => new LeaderElector({ leases, name: "n1", namespace: "kube-node-lease" })).toThrow(
      expect.objectContaining({ code: "OWNED_BY_ANOTHER" }),
    );
    const narrowed = Object.assign(leases, { selection: { namespaces: ["kube-node-lease"] } });
    expect(() => new LeaderElector({ leases: narrowed, name: "n1" })).toThrow(
      expect.objectContaining({ code: "OWNED_BY_ANOTHER" }),
    );
    expect(leases.log).toEqual([]);
  });
});
