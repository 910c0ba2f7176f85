import { channel } from "node:diagnostics_channel";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type LeaderElectionRecord,
  leaderElectionChannel,
} from "../../src/base/leader-election-telemetry.ts";
import { collectMetrics } from "../../src/metrics/index.ts";
import { valuesOf } from "./exposition.ts";

let register: Registry;
let stop: () => void;
beforeEach(async () => {
  register = new Registry();
  stop = await collectMetrics({ register });
});
afterEach(() => stop());

const tell = (type: LeaderElectionRecord["type"], isLeader: boolean, lease = "shop/widgets"): void =>
  channel(leaderElectionChannel).publish({ lease, type, isLeader });

describe("metrics of an election", () => {
  it("tell by the lease's name whether this process leads (Q58)", async () => {
    const status = (): Promise<Record<string, number>> => valuesOf(register, "leader_election_master_status");
    tell("candidate", false);
    expect(await status()).toEqual({ widgets: 0 });
    tell("acquired", true);
    tell("candidate", false, "shop/gadgets");
    expect(await status()).toEqual({ widgets: 1, gadgets: 0 });
    tell("renewed", true);
    expect(await status()).toMatchObject({ widgets: 1 });
    tell("lost", false);
    expect(await status()).toMatchObject({ widgets: 0 });
    tell("acquired", true);
    tell("released", false);
    expect(await status()).toMatchObject({ widgets: 0 });
  });

  it("count renewals that took more than one request (Q58)", async () => {
    const slow = (): Promise<Record<string, number>> => valuesOf(register, "leader_election_slowpath_total");
    tell("candidate", false);
    expect(await slow()).toEqual({ widgets: 0 });
    tell("slow-path", true);
    tell("renewed", true);
    tell("slow-path", true);
    expect(await slow()).toEqual({ widgets: 2 });
    expect(await valuesOf(register, "leader_election_master_status")).toEqual({ widgets: 1 });
  });
});
