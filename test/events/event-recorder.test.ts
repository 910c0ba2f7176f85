import { hostname } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { EventRecorder } from "../../src/events/event-recorder.ts";
import { Node, Pod } from "../../src/kinds/index.ts";
import {
  answers,
  began,
  differing,
  minutes,
  recorderOf,
  ScriptedEvents,
  scaled,
  settle,
  unreachable,
  useFakeTime,
  widget,
} from "./scripted-events.ts";

useFakeTime();

describe("an event recorder", () => {
  it("creates an event of events.k8s.io/v1 in the object's namespace, named after it and the moment (Q61, Q62)", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), {
      ...scaled,
      related: { kind: Pod, object: { metadata: { name: "p", namespace: "shop" } } },
      annotations: { "example.com/size": "3" },
    });
    await settle();
    // Half a millisecond of chance is in the name.
    const nanos = (BigInt(began) * 1_000_000n + 500_000n).toString(16);
    expect(events.calls).toMatchObject([{ verb: "create", namespace: "shop", name: `blue.${nanos}` }]);
    expect(events.calls[0]?.body).toEqual({
      metadata: {
        name: `blue.${nanos}`,
        namespace: "shop",
        annotations: { "example.com/size": "3" },
      },
      eventTime: "2026-01-02T03:04:05.678000Z",
      type: "Normal",
      reason: "Scaled",
      action: "Scale",
      note: "to 3",
      regarding: {
        apiVersion: "example.com/v1",
        kind: "Widget",
        namespace: "shop",
        name: "blue",
        uid: "uid-blue",
        resourceVersion: "7",
      },
      related: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "p" },
      reportingController: "example.com/widgets",
      reportingInstance: "widgets-0",
    });
  });

  it("puts the event of a cluster-scoped object into the namespace default (Q62)", async () => {
    const { recorder, events } = recorderOf();
    recorder.event({ kind: Node, object: { metadata: { name: "n1" } } }, scaled);
    await settle();
    expect(events.calls).toMatchObject([
      { namespace: "default", body: { metadata: { namespace: "default" }, regarding: { name: "n1" } } },
    ]);
  });

  it("calls itself by the host's name where it is given none", async () => {
    const events = new ScriptedEvents();
    await using recorder = new EventRecorder({ events, reportingController: "widgets" });
    recorder.event(widget(), scaled);
    await settle();
    expect(events.calls[0]?.body.reportingInstance).toBe(hostname());
  });

  it("returns before anything is answered, and sends eight at once (Q61)", async () => {
    const { recorder, events } = recorderOf();
    const answered = Promise.withResolvers<object>();
    events.answer = () => answered.promise;
    for (let index = 0; index < 20; index++) recorder.event(widget(), differing(index));
    await settle();
    expect(events.calls).toHaveLength(8);
    expect(recorder.health()).toMatchObject({ queued: 12, sending: 8, written: 0 });
    answered.resolve({});
    await settle();
    expect(events.calls).toHaveLength(20);
    expect(recorder.health()).toMatchObject({ queued: 0, sending: 0, written: 20, dropped: 0, series: 20 });
  });

  it("drops what is too much for its queue instead of waiting, counts it, and says so once a minute (Q59)", async () => {
    const { recorder, events, log } = recorderOf({ queueSize: 3, concurrency: 1 });
    const answered = Promise.withResolvers<object>();
    events.answer = () => answered.promise;
    for (let index = 0; index < 10; index++) recorder.event(widget(), differing(index));
    expect(recorder.health()).toMatchObject({ queued: 3, sending: 1, dropped: 6, series: 4 });
    expect(log.lines).toEqual([
      {
        level: "warn",
        fields: { dropped: 1 },
        message: "Event recorder: an event was dropped: too many wait to be sent",
      },
    ]);
    await minutes(1);
    recorder.event(widget(), differing(10));
    expect(log.lines.at(-1)?.fields).toEqual({ dropped: 7 });
    answered.resolve({});
    await settle();
    // What was dropped is not remembered as told: the next time it is sent.
    recorder.event(widget(), differing(9));
    await settle();
    expect(events.brief).toEqual(Array(5).fill("create"));
  });

  it("waits 1000 events long by default (Q59)", () => {
    const { recorder, events } = recorderOf();
    events.answer = () => new Promise(() => {});
    for (let index = 0; index < 1100; index++) recorder.event(widget(`w${index}`), scaled);
    expect(recorder.health()).toMatchObject({ queued: 1000, sending: 8, dropped: 92 });
  });

  it("sends 25 new events of one object, then one each five minutes; others have their own 25 (Q59)", async () => {
    const { recorder, events, log } = recorderOf();
    for (let index = 0; index < 30; index++) recorder.event(widget(), differing(index));
    recorder.event(widget("red"), scaled);
    await settle();
    expect(events.calls).toHaveLength(26);
    expect(recorder.health().dropped).toBe(5);
    expect(log.lines[0]?.message).toContain("too many new events of one object");
    // What repeats itself costs nothing.
    for (let index = 0; index < 100; index++) recorder.event(widget(), differing(0));
    await settle();
    expect(events.brief.slice(26)).toEqual(["patch 2"]);
    await minutes(4);
    recorder.event(widget(), differing(50));
    await minutes(1);
    recorder.event(widget(), differing(51));
    recorder.event(widget(), differing(52));
    await settle();
    const created = events.calls.filter(({ verb }) => verb === "create").map(({ body }) => body.reason);
    expect(created.slice(26)).toEqual(["Scaled51"]);
  });

  it("forgets the budget of the object that was silent longest among more than 4096", async () => {
    const { recorder, events } = recorderOf({ burstPerObject: 1, queueSize: 10_000 });
    recorder.event(widget(), differing(0));
    for (let index = 0; index < 4096; index++) recorder.event(widget(`w${index}`), scaled);
    recorder.event(widget(), differing(1));
    recorder.event(widget("w4095"), differing(1));
    await settle();
    expect(events.calls).toHaveLength(4098);
    expect(recorder.health().dropped).toBe(1);
  });

  it("gives one moment's events of one object different names", async () => {
    const { recorder, events } = recorderOf();
    for (let index = 0; index < 3; index++) recorder.event(widget(), differing(index));
    await settle();
    expect(new Set(events.calls.map(({ name }) => name)).size).toBe(3);
  });

  it("says what it could not write, by its server's words or by the class of the error", async () => {
    const { recorder, events, log } = recorderOf();
    events.next.push(answers(403, "Forbidden"));
    recorder.event(widget(), scaled);
    await settle();
    const message = expect.stringMatching(
      /^Write the event shop\/blue\.[0-9a-f]+: given up: events: Forbidden \(403\)$/,
    );
    const fields = { namespace: "shop", event: events.calls[0]?.name, failed: 1 };
    expect(log.lines).toEqual([{ level: "warn", fields, message }]);
    expect(recorder.health()).toMatchObject({ failed: 1, lastError: { code: "API", status: 403 } });
    // Again at once: it is known.
    events.next.push(answers(403, "Forbidden"));
    recorder.event(widget("red"), scaled);
    await settle();
    expect(log.lines).toHaveLength(1);
  });

  it("says nothing of a namespace that is being deleted, and tries no more (Q60)", async () => {
    const { recorder, events, log } = recorderOf();
    events.answer = answers(403, "Forbidden", "NamespaceTerminating");
    recorder.event(widget(), scaled);
    await minutes(5);
    expect(events.brief).toEqual(["create"]);
    expect(log.lines).toMatchObject([{ level: "debug" }]);
    expect(recorder.health().failed).toBe(1);
  });

  it("does not repeat what a foreign error says: it may quote the event", async () => {
    const { recorder, events, log } = recorderOf();
    events.answer = () => {
      throw new TypeError("hunter2");
    };
    recorder.event(widget(), scaled);
    await minutes(5);
    events.answer = () => {
      throw "hunter2";
    };
    recorder.event(widget(), scaled);
    await minutes(5);
    expect(log.lines.map(({ message }) => message.split(": ").at(-1))).toEqual(["TypeError", "string"]);
    expect(recorder.health().lastError).toMatchObject({ code: "BAD_RESPONSE", cause: "hunter2" });
    expect(recorder.health().lastError?.message).not.toContain("hunter2");
  });
});

describe("stopping an event recorder", () => {
  it("sends what waits, and how often series have happened, then nothing more (Q60)", async () => {
    const { recorder, events } = recorderOf({ concurrency: 1 });
    for (let index = 0; index < 3; index++) recorder.event(widget(), scaled);
    await settle();
    expect(events.brief).toEqual(["create", "patch 3"]);
    recorder.event(widget(), scaled);
    recorder.event(widget("red"), scaled);
    recorder.event(widget("green"), scaled);
    const stopped = recorder.stop();
    expect(recorder.stop()).toBe(stopped);
    await stopped;
    expect(events.brief).toEqual(["create", "patch 3", "create", "create", "patch 4"]);
    expect(recorder.health()).toMatchObject({ queued: 0, sending: 0, series: 0, dropped: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("drops and counts what is reported afterwards, and throws nothing", async () => {
    const { recorder, events } = recorderOf();
    await recorder.stop();
    recorder.event(widget(), scaled);
    expect([recorder.health().series, vi.getTimerCount()]).toEqual([0, 0]);
    await minutes(60);
    expect(events.calls).toEqual([]);
    expect(recorder.health()).toMatchObject({ dropped: 1, series: 0 });
  });

  it("makes a last try where it waits for the next (Q60)", async () => {
    const { recorder, events } = recorderOf();
    events.answer = unreachable;
    recorder.event(widget(), scaled);
    await settle();
    expect(events.calls).toHaveLength(1);
    await recorder.stop();
    expect(events.calls).toHaveLength(2);
    expect(recorder.health()).toMatchObject({ failed: 1, dropped: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("aborts what takes longer than its grace, drops what still waits, and leaves what does not listen", async () => {
    const { recorder, events, log } = recorderOf({ concurrency: 1 });
    const answered = Promise.withResolvers<object>();
    events.answer = () => answered.promise;
    recorder.event(widget(), scaled);
    recorder.event(widget("red"), scaled);
    let isStopped = false;
    const stopped = recorder.stop({ graceMs: 300 }).then(() => {
      isStopped = true;
    });
    await vi.advanceTimersByTimeAsync(299);
    expect([isStopped, events.calls[0]?.signal?.aborted]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1);
    await stopped;
    expect(events.calls[0]?.signal?.reason).toMatchObject({ code: "STOPPED" });
    answered.resolve({});
    await settle();
    expect(events.calls).toHaveLength(1);
    expect(recorder.health()).toMatchObject({ queued: 0, sending: 0, dropped: 2, failed: 0, written: 0 });
    expect(log.lines.at(-1)?.message).toBe("Event recorder: an event was dropped: it was stopped");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends at once without a grace; of an event that the server has nothing is dropped", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), scaled);
    await settle();
    events.answer = () => new Promise(() => {});
    recorder.event(widget(), scaled);
    recorder.event(widget("red"), scaled);
    await recorder.stop({ graceMs: 0 });
    expect(events.brief).toEqual(["create", "patch 2", "create"]);
    expect(recorder.health()).toMatchObject({ dropped: 1, failed: 0, sending: 0 });
  });

  it("is what leaving its block does", async () => {
    const events = new ScriptedEvents();
    {
      await using recorder = new EventRecorder({ events, reportingController: "widgets" });
      recorder.event(widget(), scaled);
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(events.brief).toEqual(["create"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not waited for by a process that has nothing else to do", () => {
    const unref = vi.fn();
    vi.spyOn(globalThis, "setTimeout").mockReturnValue(Object.assign(Object.create(null), { unref }));
    const { recorder } = recorderOf();
    recorder.event(widget(), scaled);
    expect(unref).toHaveBeenCalledOnce();
  });
});
