import { describe, expect, it } from "vitest";
import { KubeError } from "../../src/base/errors.ts";
import { cutNote } from "../../src/events/event-report.ts";
import { Pod } from "../../src/kinds/index.ts";
import { recorderOf, scaled, settle, useFakeTime, widget } from "./scripted-events.ts";

useFakeTime();

function failure(work: () => unknown): KubeError {
  try {
    work();
  } catch (error) {
    if (KubeError.is(error)) return error;
    throw error;
  }
  throw new Error("it returned");
}

/** What a program without types may hand in. */
// biome-ignore lint/suspicious/noExplicitAny: that is what it is for
const untyped = (value: unknown): any => value;

describe("a report", () => {
  it.each([
    ["type", { type: "Error" }, '"Normal" or "Warning", got `"Error"`'],
    ["type", { type: undefined }, '"Normal" or "Warning"'],
    ["reason", { reason: "" }, "a text of 1 to 128 bytes, got `undefined`"],
    ["reason", { reason: "x".repeat(129) }, "a text of 1 to 128 bytes, got a text"],
    ["reason", { reason: "ä".repeat(65) }, "a text of 1 to 128 bytes"],
    ["action", { action: undefined }, "a text of 1 to 128 bytes"],
    ["action", { action: 5 }, "a text of 1 to 128 bytes, got `5`"],
    ["note", { note: 5 }, "a string"],
    ["annotations", { annotations: "a=b" }, "an object"],
    ["annotations", { annotations: { size: 3 } }, "a string"],
    ["related", { related: "blue" }, "an object, { kind, object }, or a reference"],
  ])("is refused at once for its %s: %o (Q62)", async (name, wrong, expected) => {
    const { recorder, events } = recorderOf();
    const error = failure(() => recorder.event(widget(), untyped({ ...scaled, ...wrong })));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain(`Expected \`${name}\` to be ${expected}`);
    await settle();
    expect(events.calls).toEqual([]);
  });

  it("is refused where there is none", () => {
    const { recorder } = recorderOf();
    expect(failure(() => recorder.event(widget(), untyped(undefined))).code).toBe("INVALID_ARGUMENT");
    expect(failure(() => recorder.event(widget(), untyped("Scaled"))).code).toBe("INVALID_ARGUMENT");
  });

  it("may be at its limits, and needs no note (Q62)", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), { type: "Warning", reason: "x".repeat(128), action: "ä".repeat(64) });
    await settle();
    expect(events.calls[0]?.body).not.toHaveProperty("note");
  });

  it("has its note cut to 1 kB, between two characters", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(widget(), { ...scaled, note: `x${"ä".repeat(1000)}` });
    await settle();
    expect(events.calls[0]?.body.note).toBe(`x${"ä".repeat(510)}…`);
    expect(cutNote("x".repeat(1024))).toBe("x".repeat(1024));
    expect(cutNote("x".repeat(1025))).toBe(`${"x".repeat(1021)}…`);
    expect(Buffer.byteLength(cutNote("👍".repeat(400)))).toBeLessThanOrEqual(1024);
    expect(cutNote("👍".repeat(400))).toMatch(/^(👍)+…$/u);
  });
});

describe("what an event is about", () => {
  it.each([
    ["nothing", undefined],
    ["a text", "shop/blue"],
    ["an object without a name", { apiVersion: "v1", kind: "Pod", metadata: { generateName: "p-" } }],
    ["an object without metadata", { apiVersion: "v1", kind: "Pod" }],
    ["a name that is no text", { apiVersion: "v1", kind: "Pod", metadata: { name: 5 } }],
    ["an object of no kind", { kind: "Pod", object: { metadata: { name: "p" } } }],
  ])("cannot be %s", (_name, subject) => {
    const { recorder } = recorderOf();
    const error = failure(() => recorder.event(untyped(subject), scaled));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain("`regarding`");
  });

  it("is asked for its kind where it does not say it, as objects of lists do not", async () => {
    const { recorder, events } = recorderOf();
    const listed: Pod = { metadata: { name: "p", namespace: "shop" }, spec: { containers: [] } };
    expect(failure(() => recorder.event(listed, scaled)).message).toBe(
      "Record an event: `regarding`, shop/p, does not say its apiVersion and kind, as objects of lists do not; " +
        "give { kind, object }, such as { kind: Pod, object: pod }",
    );
    expect(failure(() => recorder.event(widget(), { ...scaled, related: listed })).message).toContain(
      "`related`",
    );
    recorder.event({ kind: Pod, object: listed }, scaled);
    await settle();
    expect(events.calls[0]?.body.regarding).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      namespace: "shop",
      name: "p",
    });
  });

  it("may be a reference, with a part of the object", async () => {
    const { recorder, events } = recorderOf();
    const web = {
      apiVersion: "v1",
      kind: "Pod",
      name: "p",
      namespace: "shop",
      fieldPath: "spec.containers{web}",
    };
    recorder.event(web, scaled);
    await settle();
    expect(events.calls[0]?.body.regarding).toEqual(web);
  });

  it("tells of the object what a reference has, and nothing else", async () => {
    const { recorder, events } = recorderOf();
    recorder.event(
      untyped({ ...widget("blue", { labels: { a: "b" } }), spec: { secret: "hunter2" } }),
      scaled,
    );
    await settle();
    expect(JSON.stringify(events.calls)).not.toMatch(/hunter2|labels/);
  });
});

describe("an event recorder's options", () => {
  it.each([
    ["options", untyped({ events: undefined }), "`events`"],
    ["events", { events: untyped({}) }, "`events.inNamespace`"],
    ["reportingController", { reportingController: untyped(undefined) }, "`reportingController`"],
    ["reportingController", { reportingController: "" }, "`reportingController`"],
    ["reportingController", { reportingController: "a b" }, "`reportingController`"],
    ["reportingController", { reportingController: "Example.com/widgets" }, "`reportingController`"],
    ["reportingController", { reportingController: "example.com/" }, "`reportingController`"],
    ["reportingController", { reportingController: "a/b/c" }, "`reportingController`"],
    [
      "reportingController",
      { reportingController: `example.com/${"x".repeat(64)}` },
      "`reportingController`",
    ],
    ["reportingInstance", { reportingInstance: "" }, "`reportingInstance`"],
    ["reportingInstance", { reportingInstance: "x".repeat(129) }, "`reportingInstance`"],
    ["queueSize", { queueSize: 0 }, "`queueSize`"],
    ["log", { log: {} }, "`log.debug` to be a function"],
    ["concurrency", { concurrency: 1.5 }, "`concurrency`"],
    ["burstPerObject", { burstPerObject: 0 }, "`burstPerObject`"],
    ["refillMs", { refillMs: -1 }, "`refillMs`"],
    ["refillMs", { refillMs: 0 }, "`refillMs`"],
  ])("are refused for %s", (_name, options, expected) => {
    const error = failure(() => recorderOf(options));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain(expected);
  });

  it("may name a controller with a prefix, or without", () => {
    for (const reportingController of ["widgets", "Widgets_2", `example.com/${"x".repeat(63)}`]) {
      recorderOf({ reportingController });
    }
  });

  it("are refused for how it is stopped, and it goes on", async () => {
    const { recorder, events } = recorderOf();
    expect(failure(() => recorder.stop({ graceMs: -1 })).message).toContain("`graceMs`");
    recorder.event(widget(), scaled);
    await settle();
    expect(events.brief).toEqual(["create"]);
  });
});
