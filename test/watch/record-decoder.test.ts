import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/resource/object.ts";
import { ParsedChange } from "../../src/resource/watch-event.ts";
import { RecordDecoder } from "../../src/watch/record-decoder.ts";
import { podOf } from "./frames.ts";

const decoder = new RecordDecoder<KubeObject>({
  step: "watch pods",
  kind: { group: "", version: "v1", kind: "Pod" },
});
const skipped = (why: RegExp): unknown => ({
  type: "SKIPPED",
  error: expect.objectContaining({ code: "BAD_RESPONSE", message: expect.stringMatching(why) }),
});

describe("RecordDecoder", () => {
  it.each(["ADDED", "MODIFIED", "DELETED"] as const)("reads %s as a change (H17)", (type) => {
    const object = podOf("web-0", "7");
    expect(decoder.decode({ type, object })).toEqual(
      new ParsedChange(type, "shop/web-0", "uid-web-0", "7", object),
    );
  });

  it("reads an object without namespace and uid", () => {
    const object = { metadata: { name: "node-1", resourceVersion: "7" } };
    expect(decoder.decode({ type: "ADDED", object })).toMatchObject({ key: "node-1", uid: "" });
  });

  it.each(["UPDATED", "", "added", undefined, null, 1])("refuses the type %j (H17)", (type) => {
    expect(() => decoder.decode({ type, object: podOf("web-0", "7") })).toThrow(
      expect.objectContaining({ code: "FRAME_CORRUPT" }),
    );
  });

  it("reads the object of an ERROR as a Status (H18)", () => {
    const status = { kind: "Status", code: 410, reason: "Expired" };
    expect(decoder.decode({ type: "ERROR", object: status })).toEqual({ type: "ERROR", status });
  });

  it.each([undefined, null, "broken", { kind: "Pod" }])(
    "makes a Status for an ERROR with %j (H18)",
    (object) => {
      expect(decoder.decode({ type: "ERROR", object })).toMatchObject({
        type: "ERROR",
        status: { kind: "Status", code: 500, reason: "Unknown" },
      });
    },
  );

  it("reads a BOOKMARK's resourceVersion and no object (R35)", () => {
    const object = { apiVersion: "v1", kind: "Pod", metadata: { resourceVersion: "12746" } };
    expect(decoder.decode({ type: "BOOKMARK", object })).toEqual({
      type: "BOOKMARK",
      resourceVersion: "12746",
      isInitialEventsEnd: false,
    });
  });

  it.each([
    ["true", true],
    ["false", false],
    ["True", false],
    ["", false],
    [true, false],
    [undefined, false],
  ])("takes the annotation initial-events-end: %j for an end marker: %j (R45)", (value, isEnd) => {
    const annotations = { "k8s.io/initial-events-end": value };
    const object = { kind: "Pod", metadata: { resourceVersion: "7", annotations } };
    expect(decoder.decode({ type: "BOOKMARK", object })).toMatchObject({ isInitialEventsEnd: isEnd });
  });

  it.each([
    ["no object", undefined, /its object is none/],
    ["an array", [], /its object is none/],
    ["another kind", { ...podOf("web-0", "7"), kind: "Node" }, /another kind/],
    ["another version", { ...podOf("web-0", "7"), apiVersion: "v2" }, /another kind/],
    [
      "a Table",
      { apiVersion: "meta.k8s.io/v1", kind: "Table", metadata: { resourceVersion: "7" } },
      /another kind/,
    ],
    ["no metadata", { apiVersion: "v1", kind: "Pod" }, /no metadata$/],
    ["no name", { metadata: { resourceVersion: "7" } }, /no metadata.name/],
    ["an empty name", { metadata: { name: "", resourceVersion: "7" } }, /no metadata.name/],
    ["no resourceVersion", { metadata: { name: "web-0" } }, /no metadata.resourceVersion/],
    [
      "a numeric resourceVersion",
      { metadata: { name: "web-0", resourceVersion: 7 } },
      /metadata.resourceVersion/,
    ],
  ])("passes over a change with %s (R31)", (_, object, why) => {
    expect(decoder.decode({ type: "ADDED", object })).toEqual(skipped(why));
  });

  it("passes over a BOOKMARK without resourceVersion or of another kind (R31)", () => {
    expect(decoder.decode({ type: "BOOKMARK", object: { metadata: {} } })).toEqual(skipped(/BOOKMARK/));
    expect(
      decoder.decode({
        type: "BOOKMARK",
        object: { apiVersion: "v1", kind: "Node", metadata: { resourceVersion: "7" } },
      }),
    ).toEqual(skipped(/another kind/));
  });

  it("compares kinds only where the object says both (R31)", () => {
    const { apiVersion: _, ...withoutVersion } = podOf("web-0", "7");
    expect(decoder.decode({ type: "ADDED", object: { ...withoutVersion, kind: "Node" } }).type).toBe("ADDED");
    const { kind: __, ...withoutKind } = podOf("web-0", "7");
    expect(decoder.decode({ type: "ADDED", object: { ...withoutKind, apiVersion: "v2" } }).type).toBe(
      "ADDED",
    );
  });

  it("compares with a group's version, and takes every kind where none is expected", () => {
    const kind = { group: "example.com", version: "v1", kind: "Widget" };
    const widget = { ...podOf("w", "7"), apiVersion: "example.com/v1", kind: "Widget" };
    const widgets = new RecordDecoder({ step: "watch widgets", kind });
    expect(widgets.decode({ type: "ADDED", object: widget }).type).toBe("ADDED");
    expect(widgets.decode({ type: "ADDED", object: podOf("p", "7") }).type).toBe("SKIPPED");
    expect(new RecordDecoder({ step: "watch" }).decode({ type: "ADDED", object: widget }).type).toBe("ADDED");
  });
});
