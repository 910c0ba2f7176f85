import { afterEach, describe, expect, it, vi } from "vitest";
import { Client } from "../../src/client/client.ts";
import { type ApiWarning, uniqueWarnings } from "../../src/client/warnings.ts";
import { failure, inMemory, Pod } from "./in-memory.ts";

const getPod = { verb: "get", kind: Pod, namespace: "shop", name: "a" } as const;
const headers = { warning: '299 - "first", 299 - "second"' };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("warnings", () => {
  it("are told of every answer: failures, accepted watches and raw calls included (H21)", async () => {
    const told: string[] = [];
    const onWarning = ({ message, step }: ApiWarning) => told.push(`${step}: ${message}`);
    const warned = { headers: { warning: '299 - "old"' }, body: {} };
    const client = new Client(inMemory({ ...warned, status: 409 }, warned, warned, warned), { onWarning });
    await failure(client.json(getPod));
    await client.stream({ verb: "watch", kind: Pod });
    await client.raw("/apis");
    await client.read("/version", "read it");
    const steps = ['get pods "a" in namespace "shop"', "watch pods", "GET /apis", "read it"];
    expect(told).toEqual(steps.map((step) => `${step}: old`));
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("mine");
      },
    ],
    ["rejects", () => Promise.reject(new Error("mine"))],
  ])("break no call, and none of the others, where the listener %s (H21)", async (_how, fail) => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const onWarning = vi.fn(fail);
    const client = new Client(inMemory({ body: { kind: "Pod" }, headers }), { onWarning });
    expect(await client.json(getPod)).toEqual({ kind: "Pod" });
    expect(onWarning).toHaveBeenCalledTimes(2);
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(2));
    expect(warn.mock.calls[0]?.[0]).toMatchObject({ code: "HANDLER_FAILED", cause: new Error("mine") });
  });

  it("are told once each, whatever call they come with, where that is wanted (H21)", async () => {
    const told: string[] = [];
    const onWarning = uniqueWarnings(({ message }) => told.push(message));
    const client = new Client(inMemory({ body: {}, headers }, { body: {}, headers }), { onWarning });
    await client.json(getPod);
    await client.json({ ...getPod, name: "b" });
    expect(told).toEqual(["first", "second"]);
  });

  it("are remembered no further than the limit", () => {
    const told: string[] = [];
    const listener = uniqueWarnings(({ message }) => told.push(message), 2);
    for (const message of ["a", "b", "a", "c", "b", "a"]) listener({ message, step: "s" });
    expect(told).toEqual(["a", "b", "c", "a"]);
    expect(() => uniqueWarnings(() => {}, 0)).toThrow(/maxRemembered/);
  });
});
