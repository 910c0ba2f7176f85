import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { systemClock } from "../../src/leader-election/election-clock.ts";
import type { LeasePort } from "../../src/leader-election/lease-port.ts";
import { isRefusedByState, LeaseRequests } from "../../src/leader-election/lease-requests.ts";
import { leaseOf, ScriptedLeases, serverError } from "./scripted-leases.ts";

const requestsOf = (leases: LeasePort) =>
  new LeaseRequests(leases, { name: "lock", step: "Lead", limitMs: 5000, clock: systemClock });

const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a request for the lease", () => {
  it("tells the port and its server the time limit, and leaves no timer behind (Q49)", async () => {
    const leases = new ScriptedLeases();
    const requests = requestsOf(leases);
    expect(await requests.find(never)).toBeUndefined();
    const created = await requests.create(leaseOf("me"), never);
    await requests.replace(created, never);
    expect(leases.log).toEqual(["find lock", "create", "replace"]);
    for (const options of leases.options) {
      expect(options).toEqual({ timeoutMs: 5000, signal: expect.any(AbortSignal) });
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends at its limit, whatever the port does: it may ignore its signal, or wait for a rate limit (Q49)", async () => {
    const leases = new ScriptedLeases();
    leases.next("find", { type: "hangs" });
    const found = requestsOf(leases).find(never);
    const rejected = expect(found).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "Lead: read the lease: not done within 5000 ms",
    });
    await vi.advanceTimersByTimeAsync(4999);
    expect(leases.options[0]?.signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await rejected;
    expect(leases.options[0]?.signal?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends with its signal", async () => {
    const leases = new ScriptedLeases();
    leases.store.create(leaseOf("me"));
    leases.next("replace", { type: "hangs" });
    const stop = new AbortController();
    const lease = leases.store.find() ?? leaseOf("me");
    const written = requestsOf(leases).replace(lease, stop.signal);
    stop.abort(new Error("shutting down"));
    await expect(written).rejects.toMatchObject({ code: "ABORTED" });
    await expect(requestsOf(leases).find(stop.signal)).rejects.toMatchObject({ code: "ABORTED" });
    expect(leases.log).toEqual(["replace"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with what the server answered, as it came", async () => {
    const leases = new ScriptedLeases();
    leases.next("find", { type: "fails", error: serverError });
    await expect(requestsOf(leases).find(never)).rejects.toBe(serverError);
  });

  it.each([
    { thrown: new TypeError("secret"), name: "TypeError" },
    { thrown: "secret", name: "string" },
  ])("does not quote what a port of users' throws: $name", async ({ thrown, name }) => {
    const leases = new ScriptedLeases();
    leases.next("create", { type: "fails", error: thrown });
    const error = await requestsOf(leases)
      .create(leaseOf("me"), never)
      .catch((one: unknown) => one);
    expect(error).toMatchObject({
      code: "CONNECTION_FAILED",
      message: `Lead: create the lease: the port threw (${name}); see the cause`,
      cause: thrown,
    });
  });

  it.each(["find", "create", "replace"] as const)(
    "refuses an answer to %s without a resourceVersion: written over without it, two would lead",
    async (verb) => {
      const port: LeasePort = {
        inNamespace: () => port,
        withName: () => ({ find: async () => leaseOf("other") }),
        create: async (lease) => lease,
        replace: async (lease) => lease,
      };
      const requests = requestsOf(port);
      const answered = verb === "find" ? requests.find(never) : requests[verb](leaseOf("me"), never);
      await expect(answered).rejects.toMatchObject({ code: "BAD_RESPONSE" });
    },
  );

  it("refuses an answer that is no lease at all", async () => {
    const nothing: unknown = {};
    const leases = new ScriptedLeases();
    vi.spyOn(leases.store, "find").mockReturnValue(nothing as undefined);
    await expect(requestsOf(leases).find(never)).rejects.toMatchObject({ code: "BAD_RESPONSE" });
  });
});

it("a refusal by the lease's state is a 409, whichever", () => {
  const leases = new ScriptedLeases();
  leases.store.create(leaseOf("me"));
  const refusals = [
    () => leases.store.create(leaseOf("me")),
    () => leases.store.replace({ metadata: { resourceVersion: "1" } }),
  ].map((write) => {
    try {
      return write();
    } catch (error) {
      return error;
    }
  });
  expect(refusals.map(isRefusedByState)).toEqual([true, true]);
  expect([serverError, new KubeError("TIMEOUT", "late"), undefined].map(isRefusedByState)).toEqual([
    false,
    false,
    false,
  ]);
});
