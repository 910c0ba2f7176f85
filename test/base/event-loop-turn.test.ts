import { expect, it } from "vitest";
import { eventLoopTurn } from "../../src/base/event-loop-turn.ts";

it("resolves after the event loop has turned, and not before", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("other work"));
  const turn = eventLoopTurn(new AbortController().signal).then(() => order.push("turned"));
  await Promise.resolve();
  expect(order).toEqual([]);
  await turn;
  expect(order).toEqual(["other work", "turned"]);
});

it("is not waited for once its signal aborts, and leaves nothing behind", async () => {
  const stop = new AbortController();
  const order: string[] = [];
  setImmediate(() => order.push("other work"));
  const turn = eventLoopTurn(stop.signal).then(() => order.push("aborted"));
  stop.abort();
  await turn;
  expect(order).toEqual(["aborted"]);
});
