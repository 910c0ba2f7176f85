import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import type { ApiCall } from "../../src/client/api-call.ts";
import { Client } from "../../src/client/client.ts";
import { readWatch } from "../../src/watch/watch-stream.ts";
import { type Answer, collect, failure, inMemory, Pod } from "./in-memory.ts";

const watch: ApiCall = { verb: "watch", kind: Pod, namespace: "shop" };
const step = 'watch pods in namespace "shop"';
const frame = (type: string, name: string) =>
  JSON.stringify({
    type,
    object: { kind: "Pod", apiVersion: "v1", metadata: { name, namespace: "shop", resourceVersion: "7" } },
  });

const read = (answer: Answer | Error) => {
  const client = new Client(inMemory(answer));
  return readWatch((signal) => client.stream(watch, { signal }), { step, kind: Pod, inactivityMs: 60_000 });
};

describe("opening a watch", () => {
  it("that breaks is an error that names the watch, never an empty one that passes for quiet (H9)", async () => {
    for (const code of ["CONNECTION_FAILED", "TLS_FAILED", "TIMEOUT"] as const) {
      const cause = new Error("EOF");
      const error = await failure(collect(read(new KubeError(code, "https://h: EOF", { cause }))));
      expect(error).toMatchObject({ code, message: `${step}: https://h: EOF`, cause });
    }
    expect(await failure(collect(read(new Error("of a user's transport"))))).toMatchObject({
      code: "CONNECTION_FAILED",
    });
  });

  it("that is refused is the Status of its body, or a generic error (H10)", async () => {
    const body = { kind: "Status", code: 404, reason: "NotFound", message: "no" };
    expect(await failure(collect(read({ status: 404, body })))).toMatchObject({
      status: 404,
      reason: "NotFound",
    });
    expect(await failure(collect(read({ status: 502, body: "bad" })))).toMatchObject({
      status: 502,
      reason: "Unknown",
    });
  });

  it("reads frames that no newline parts, and ends silently with the connection (H16, H17)", async () => {
    const text = frame("ADDED", "a") + frame("MODIFIED", "a") + frame("DELETED", "a");
    const chunks = [text.slice(0, 100), text.slice(100, 101), text.slice(101)];
    const records = (await collect(read({ body: chunks }))).flat();
    expect(records.map(({ type }) => type)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
  });

  it("fails at a type that is none of the five, after the good frames before it (H17)", async () => {
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const batch of read({ body: `${frame("ADDED", "a")}\n${frame("RENAMED", "a")}\n` }))
        seen.push(...batch);
    })();
    expect(await failure(reading)).toMatchObject({ code: "FRAME_CORRUPT" });
    expect(seen).toHaveLength(1);
  });

  it("hands over the Status that an ERROR event carries (H18)", async () => {
    const object = { kind: "Status", code: 410, reason: "Expired", message: "too old" };
    const records = (await collect(read({ body: `${JSON.stringify({ type: "ERROR", object })}\n` }))).flat();
    expect(records).toEqual([{ type: "ERROR", status: object }]);
  });
});
