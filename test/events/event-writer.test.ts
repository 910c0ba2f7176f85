import { describe, expect, it, vi } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import {
  answers,
  minutes,
  recorderOf,
  scaled,
  settle,
  unreachable,
  useFakeTime,
  widget,
} from "./scripted-events.ts";

useFakeTime();

const seconds = (count: number): Promise<unknown> => vi.advanceTimersByTimeAsync(count * 1000);

describe("writing an event", () => {
  it("tries twelve times where there is no answer: after a random share of ten seconds, then each ten (Q60)", async () => {
    const { recorder, events, log } = recorderOf();
    events.answer = unreachable;
    recorder.event(widget(), scaled);
    await settle();
    expect(events.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(4999);
    expect(events.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(events.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(9999);
    expect(events.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(events.calls).toHaveLength(3);
    await seconds(90);
    expect(events.calls).toHaveLength(12);
    await minutes(5);
    expect(events.calls).toHaveLength(12);
    expect(recorder.health()).toMatchObject({
      failed: 1,
      sending: 0,
      lastError: { code: "CONNECTION_FAILED" },
    });
    expect(log.lines[0]?.message).toContain("given up: connect ECONNREFUSED");
  });

  it("is done once there is an answer (Q60)", async () => {
    const { recorder, events } = recorderOf();
    events.next.push(unreachable, unreachable);
    recorder.event(widget(), scaled);
    await minutes(1);
    expect(events.brief).toEqual(["create", "create", "create"]);
    expect(new Set(events.calls.map(({ name }) => name)).size).toBe(1);
    expect(recorder.health()).toMatchObject({ written: 1, failed: 0 });
  });

  it.each([
    ["refused", answers(403, "Forbidden")],
    ["found wrong", answers(422, "Invalid")],
    ["put off", answers(429, "TooManyRequests")],
    ["broken", answers(500, "InternalError")],
    ["in no namespace", answers(404, "NotFound")],
  ])("does not try again what the server has %s (Q60)", async (_name, answer) => {
    const { recorder, events } = recorderOf();
    events.answer = answer;
    recorder.event(widget(), scaled);
    await minutes(5);
    expect(events.brief).toEqual(["create"]);
    expect(recorder.health().failed).toBe(1);
  });

  it("does not try again what is no matter of the network", async () => {
    const { recorder, events } = recorderOf();
    events.answer = () => {
      throw new KubeError("STOPPED", "the cluster was closed");
    };
    recorder.event(widget(), scaled);
    await minutes(5);
    expect(events.brief).toEqual(["create"]);
  });

  it("takes an event that is there already for its own: an answer was lost (Q60)", async () => {
    const { recorder, events, log } = recorderOf();
    events.next.push(unreachable, answers(409, "AlreadyExists"));
    recorder.event(widget(), scaled);
    await minutes(1);
    recorder.event(widget(), scaled);
    await settle();
    expect(events.brief).toEqual(["create", "create", "patch 2"]);
    expect(recorder.health()).toMatchObject({ written: 2, failed: 0 });
    expect(log.lines).toEqual([]);
  });

  it("gives up an event that is there and not there", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), scaled);
    await settle();
    events.answer = ({ verb }) =>
      verb === "patch" ? answers(404, "NotFound")() : answers(409, "AlreadyExists")();
    recorder.event(widget(), scaled);
    await minutes(5);
    expect(events.calls).toHaveLength(1 + 24);
    expect(recorder.health()).toMatchObject({ failed: 1, lastError: { code: "BAD_RESPONSE" } });
  });

  it("waits for eight at most: what waits to be tried again has its place among them (Q61)", async () => {
    const { recorder, events } = recorderOf({ concurrency: 2 });
    events.next.push(unreachable, unreachable);
    for (const name of ["a", "b", "c"]) recorder.event(widget(name), scaled);
    await settle();
    expect(recorder.health()).toMatchObject({ sending: 2, queued: 1 });
    await seconds(5);
    expect(recorder.health()).toMatchObject({ sending: 0, queued: 0, written: 3 });
  });
});
