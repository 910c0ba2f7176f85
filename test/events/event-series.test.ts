import { describe, expect, it } from "vitest";
import {
  answers,
  differing,
  minutes,
  recorderOf,
  scaled,
  settle,
  unreachable,
  useFakeTime,
  widget,
} from "./scripted-events.ts";

useFakeTime();

describe("an event that happens again", () => {
  it("patches the event to a series of 2, and counts further ones by itself (Q61)", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), scaled);
    await minutes(1);
    recorder.event(widget(), { ...scaled, note: "another" });
    await minutes(1);
    for (let index = 0; index < 5; index++) recorder.event(widget(), scaled);
    await minutes(1);
    expect(events.brief).toEqual(["create", "patch 2"]);
    const [created, patched] = events.calls;
    expect(patched).toMatchObject({ namespace: "shop", name: created?.name });
    expect(patched?.body).toEqual({ series: { count: 2, lastObservedTime: "2026-01-02T03:05:05.678000Z" } });
    expect(recorder.health().series).toBe(1);
  });

  it("tells of a series that goes on every half an hour (Q61)", async () => {
    const { recorder, events } = recorderOf();
    for (let minute = 0; minute <= 65; minute++) {
      recorder.event(widget(), scaled);
      await minutes(1);
    }
    expect(events.brief).toEqual(["create", "patch 2", "patch 31", "patch 61"]);
    expect(events.calls[2]?.body.series?.lastObservedTime).toBe("2026-01-02T03:34:05.678000Z");
  });

  it("tells the last count six minutes after the last one, and begins anew then (Q61)", async () => {
    const { recorder, events } = recorderOf();
    for (let index = 0; index < 3; index++) {
      recorder.event(widget(), scaled);
      await settle();
    }
    await minutes(5);
    expect(events.brief).toEqual(["create", "patch 2"]);
    await minutes(1);
    expect(events.brief).toEqual(["create", "patch 2", "patch 3"]);
    // The time it last happened, not the time it is told.
    expect(events.calls[2]?.body.series?.lastObservedTime).toBe("2026-01-02T03:04:05.678000Z");
    await minutes(1);
    expect(recorder.health().series).toBe(0);
    recorder.event(widget(), scaled);
    await settle();
    expect(events.brief.at(-1)).toBe("create");
    expect(events.calls.at(-1)?.name).not.toBe(events.calls[0]?.name);
  });

  it("forgets an event that happened once after six minutes, and tells nothing (Q61)", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), scaled);
    await minutes(5);
    expect(recorder.health().series).toBe(1);
    await minutes(1);
    expect(recorder.health().series).toBe(0);
    expect(events.brief).toEqual(["create"]);
  });

  it("is another event with another type, reason, action, object, part or related object (Q61)", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), scaled);
    recorder.event(widget(), { ...scaled, type: "Warning" });
    recorder.event(widget(), { ...scaled, reason: "Other" });
    recorder.event(widget(), { ...scaled, action: "Other" });
    recorder.event(widget("red"), scaled);
    recorder.event(widget("blue", { uid: "another" }), scaled);
    recorder.event(widget(), { ...scaled, related: widget("red") });
    recorder.event({ apiVersion: "v1", kind: "Pod", name: "p", namespace: "shop" }, scaled);
    recorder.event(
      { apiVersion: "v1", kind: "Pod", name: "p", namespace: "shop", fieldPath: "spec.containers{web}" },
      scaled,
    );
    await settle();
    expect(events.brief).toEqual(Array(9).fill("create"));
    // Another state of the same object is the same: each of its reconciles would be an event of its own else.
    recorder.event(widget("blue", { resourceVersion: "8" }), scaled);
    await settle();
    expect(events.brief.at(-1)).toBe("patch 2");
  });

  it("waits until the event is there, and then tells how often it was meanwhile", async () => {
    const { recorder, events } = recorderOf();
    const answered = Promise.withResolvers<object>();
    events.next.push(() => answered.promise);
    for (let index = 0; index < 4; index++) recorder.event(widget(), scaled);
    await settle();
    expect(events.brief).toEqual(["create"]);
    answered.resolve({});
    await settle();
    expect(events.brief).toEqual(["create", "patch 4"]);
  });

  it("creates the event with its series where the server has forgotten it (Q60)", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), scaled);
    await settle();
    events.next.push(answers(404, "NotFound"));
    recorder.event(widget(), scaled);
    await settle();
    expect(events.brief).toEqual(["create", "patch 2", "create 2"]);
    expect(events.calls[2]?.name).toBe(events.calls[0]?.name);
    expect(events.calls[2]?.body).toEqual({
      ...events.calls[0]?.body,
      series: { count: 2, lastObservedTime: "2026-01-02T03:04:05.678000Z" },
    });
    expect(recorder.health()).toMatchObject({ written: 2, failed: 0 });
  });

  it("tries again where the event is there after all", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), scaled);
    await settle();
    events.next.push(answers(404, "NotFound"), answers(409, "AlreadyExists"));
    recorder.event(widget(), scaled);
    await minutes(1);
    expect(events.brief).toEqual(["create", "patch 2", "create 2", "patch 2"]);
  });

  it("is not told at each time where the server refuses patches", async () => {
    const { recorder, events } = recorderOf();
    events.answer = ({ verb }) => (verb === "patch" ? answers(403, "Forbidden")() : {});
    for (let minute = 0; minute < 40; minute++) {
      recorder.event(widget(), scaled);
      await minutes(1);
    }
    // At the second time, after half an hour, and when it is over.
    expect(events.brief).toEqual(["create", "patch 2", "patch 31"]);
    await minutes(10);
    expect(events.brief.slice(3)).toEqual(["patch 40"]);
    expect(recorder.health()).toMatchObject({ series: 0, failed: 3, written: 1 });
  });

  it("begins anew where the event could not be created", async () => {
    const { recorder, events } = recorderOf();
    events.next.push(answers(422, "Invalid"));
    recorder.event(widget(), scaled);
    await settle();
    expect(recorder.health().series).toBe(0);
    recorder.event(widget(), scaled);
    await settle();
    expect(events.brief).toEqual(["create", "create"]);
  });

  it("is told later where the queue is full, and loses no count", async () => {
    const { recorder, events } = recorderOf({ queueSize: 1, concurrency: 1 });
    recorder.event(widget(), scaled);
    await settle();
    const answered = Promise.withResolvers<object>();
    events.next.push(() => answered.promise);
    recorder.event(widget("red"), scaled);
    recorder.event(widget("green"), scaled);
    recorder.event(widget(), scaled);
    recorder.event(widget(), scaled);
    expect(recorder.health()).toMatchObject({ queued: 1, sending: 1, dropped: 0 });
    answered.resolve({});
    await minutes(1);
    expect(events.brief).toEqual(["create", "create", "create", "patch 3"]);
  });

  it("leaves a series alone while it is being told", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), scaled);
    await settle();
    events.next.push(unreachable, () => new Promise(() => {}));
    recorder.event(widget(), scaled);
    await minutes(15);
    expect(events.brief).toEqual(["create", "patch 2", "patch 2"]);
    expect(recorder.health()).toMatchObject({ series: 1, sending: 1 });
    await recorder.stop({ graceMs: 0 });
  });

  it("is remembered while the server takes long to take it", async () => {
    const { recorder, events } = recorderOf();
    const answered = Promise.withResolvers<object>();
    events.next.push(() => answered.promise);
    recorder.event(widget(), scaled);
    await minutes(10);
    recorder.event(widget(), scaled);
    answered.resolve({});
    await settle();
    expect(events.brief).toEqual(["create", "patch 2"]);
  });

  it("keeps at most 4096 in mind: the one that was silent longest is told and forgotten", async () => {
    const { recorder, events } = recorderOf({ queueSize: 10_000 });
    for (let index = 0; index < 3; index++) {
      recorder.event(widget(), scaled);
      await settle();
    }
    const others = (from: number, to: number): void => {
      for (let index = from; index < to; index++) recorder.event(widget(`w${index}`), scaled);
    };
    others(0, 4095);
    recorder.event(widget(), scaled);
    // The one that makes room is not the first that came, but the first of those that were silent.
    others(4095, 4096);
    await settle();
    recorder.event(widget(), scaled);
    expect(recorder.health().series).toBe(4096);
    expect(events.brief.filter((one) => one !== "create")).toEqual(["patch 2"]);
    others(4096, 4096 + 4095);
    await settle();
    expect(recorder.health().series).toBe(4096);
    expect(events.brief.filter((one) => one !== "create")).toEqual(["patch 2"]);
    others(10_000, 10_001);
    await settle();
    expect(events.brief.filter((one) => one !== "create")).toEqual(["patch 2", "patch 5"]);
    recorder.event(widget(), differing(1));
    recorder.event(widget(), scaled);
    await settle();
    expect(events.brief.slice(-2)).toEqual(["create", "create"]);
  });
});
