import { describe, expect, it } from "vitest";
import { EncodedChange } from "../../src/bytes/encoded-record.ts";
import { MetadataScanner } from "../../src/bytes/metadata-scanner.ts";
import { ObjectLog } from "../../src/bytes/object-log.ts";
import { ObjectReader } from "../../src/bytes/object-reader.ts";
import { SegmentPool } from "../../src/bytes/segment-pool.ts";
import { forObject, forOwner, fromMap } from "../../src/controller/mapping.ts";
import { and, byType, matches, not, or } from "../../src/controller/predicates.ts";
import { defineKind } from "../../src/resource/kind.ts";
import type { OwnerReference } from "../../src/resource/object.ts";
import { ParsedChange } from "../../src/resource/watch-event.ts";
import { added, deleted, modified, type Pod, pod, Source, settle, useFakeTime } from "../informer/source.ts";
import { held, runController, watchedPods } from "./harness.ts";

useFakeTime();

const byNode = fromMap((object: Pod) => {
  const node = object.spec?.nodeName;
  if (node === "broken") throw new Error(`cannot place ${object.spec?.secret}`);
  return node;
});

describe("a change", () => {
  it("wakes what the old and the new state name, each once (Q37)", async () => {
    const source = new Source();
    const { keys, stop, ended } = runController({
      sources: [watchedPods(source, { keysOf: byNode }).watched],
    });
    await settle();
    source.send(added("a/x", "11", "u", { nodeName: "n1" }));
    await settle();
    source.send(modified("a/x", "12", "u", { nodeName: "n2" }));
    await settle();
    expect(keys()).toEqual(["n1", "n1", "n2"]);
    source.send(modified("a/x", "13", "u", { nodeName: "n2" }));
    await settle();
    expect(keys().slice(3)).toEqual(["n2"]);
    stop.abort();
    await ended;
  });

  it("of an owned object wakes the owner it had and the one it has (Q37)", async () => {
    const Pods = defineKind()({ group: "", version: "v1", kind: "Pod", plural: "pods", scope: "Namespaced" });
    const ownedBy = (name: string, rv: string): ParsedChange<Pod> => {
      const reference: OwnerReference = { apiVersion: "v1", kind: "Pod", name, uid: name, controller: true };
      const object = pod("a/x", rv, "u");
      const metadata = { ...object.metadata, ownerReferences: [reference] };
      return new ParsedChange(rv === "11" ? "ADDED" : "MODIFIED", "a/x", "u", rv, { ...object, metadata });
    };
    const source = new Source();
    const { keys, stop, ended } = runController({
      sources: [watchedPods(source, { keysOf: forOwner(Pods) }).watched],
    });
    await settle();
    source.send(ownedBy("one", "11"));
    await settle();
    source.send(ownedBy("two", "12"));
    await settle();
    expect(keys()).toEqual(["a/one", "a/one", "a/two"]);
    stop.abort();
    await ended;
  });

  it("tells which event woke the key; of several, the last", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { reconcile, end } = held();
    const { requests, stop, ended } = runController({ sources: [watchedPods(source).watched], reconcile });
    await settle();
    source.send(modified("a/x", "11"), modified("a/x", "12"), deleted("a/x", "13"));
    await settle();
    end();
    await settle();
    expect(requests.map(({ reason }) => reason)).toEqual([
      { type: "ADDED", source: "pods", object: "a/x", initial: true },
      { type: "DELETED", source: "pods", object: "a/x" },
    ]);
    stop.abort();
    await ended;
  });
});

describe("priorities", () => {
  /** Keys in the order of their reconciles, with the first one held until the rest is queued. */
  async function orderOf(source: Source, then: () => void, unchanged = false): Promise<string[]> {
    const { reconcile, end } = held();
    const { watched, informer } = watchedPods(source);
    const run = runController({
      sources: [
        { name: "keys", wakes: ["first"] },
        {
          ...watched,
          source: {
            listen: (handlers) => informer.listen(handlers, { unchanged }),
            synced: (options) => informer.synced(options),
            health: () => informer.health(),
            stop: (options) => informer.stop(options),
          },
        },
      ],
      reconcile,
    });
    await settle();
    then();
    await settle();
    end();
    await settle();
    run.stop.abort();
    await run.ended;
    return run.keys();
  }

  it("let what changes overtake what was there at the start (Q22)", async () => {
    const source = new Source([pod("a/1", "1"), pod("a/2", "2")]);
    expect(await orderOf(source, () => source.send(added("a/new", "11"), deleted("a/2", "12")))).toEqual([
      "first",
      "a/new",
      "a/2",
      "a/1",
    ]);
  });

  it("let what changes overtake what a relist found as it was (Q22)", async () => {
    const source = new Source([pod("a/1", "1")]);
    const order = await orderOf(
      source,
      () => {
        source.relist([pod("a/1", "1"), pod("a/new", "15")], "20");
      },
      true,
    );
    expect(order).toEqual(["first", "a/new", "a/1"]);
  });
});

describe("a predicate", () => {
  it("decides which events count", async () => {
    const source = new Source();
    const where = matches((object: Pod) => object.spec?.nodeName === "n1");
    const { keys, stop, ended } = runController({ sources: [watchedPods(source, { where }).watched] });
    await settle();
    source.send(added("a/x", "11", "x", { nodeName: "n1" }), added("a/y", "12", "y", { nodeName: "n2" }));
    await settle();
    expect(keys()).toEqual(["a/x"]);
    // Leaving counts: the old state matched (Q40).
    source.send(modified("a/x", "13", "x", { nodeName: "n2" }));
    await settle();
    expect(keys()).toEqual(["a/x", "a/x"]);
    stop.abort();
    await ended;
  });

  it("that throws is reported, and lets the event pass: no wake is lost", async () => {
    const source = new Source();
    const cause = new Error("hunter2");
    const where = (): never => {
      throw cause;
    };
    const { keys, errors, controller, stop, ended } = runController({
      sources: [watchedPods(source, { where }).watched],
    });
    await settle();
    source.send(added("a/x", "11"));
    await settle();
    expect(keys()).toEqual(["a/x"]);
    const message = "Source pods, ADDED a/x: its predicate threw (Error); see the cause";
    expect(errors).toMatchObject([{ code: "SOURCE_FAILED", message, cause }]);
    expect(controller.health()).toMatchObject({ sources: [{ failures: 1, lastFailure: { message } }] });
    stop.abort();
    await ended;
  });
});

describe("a predicate that answers by a promise", () => {
  const late = (): Promise<never> => Promise.reject(new Error("hunter2"));
  const never = late as unknown as () => boolean;
  it.each([
    ["by itself", never],
    ["in and", and(never)],
    ["in or", or(never)],
    ["in not", not(never)],
    ["in matches", matches(never)],
    ["in byType", byType({ added: never })],
  ])(
    "is reported, lets the event pass, and what it rejects with is no unhandled rejection: %s",
    async (_title, where) => {
      const source = new Source();
      const { keys, errors, stop, ended } = runController({
        sources: [watchedPods(source, { where }).watched],
      });
      await settle();
      source.send(added("a/x", "11"));
      await settle();
      expect(keys()).toEqual(["a/x"]);
      const message = "Source pods, ADDED a/x: its predicate threw (TypeError); see the cause";
      expect(errors).toMatchObject([{ code: "SOURCE_FAILED", message }]);
      stop.abort();
      await ended;
    },
  );
});

describe("a mapper that throws", () => {
  it("is reported, and other events go on", async () => {
    const source = new Source();
    const { keys, errors, log, controller, stop, ended } = runController({
      sources: [watchedPods(source, { keysOf: byNode }).watched],
    });
    await settle();
    source.send(
      added("a/x", "11", "x", { nodeName: "broken", secret: "hunter2" }),
      added("a/y", "12", "y", { nodeName: "n2" }),
    );
    await settle();
    expect(keys()).toEqual(["n2"]);
    const message = "Source pods, ADDED a/x: its mapper threw (Error); see the cause";
    expect(errors).toMatchObject([{ code: "SOURCE_FAILED", message }]);
    expect(log.text("error")).toEqual([message]);
    // It still follows: only that event is lost.
    expect(controller.health()).toMatchObject({ state: "running", lastError: { message } });
    stop.abort();
    await ended;
  });

  it("for one state of a change costs only what that one names", async () => {
    const source = new Source();
    const { keys, errors, stop, ended } = runController({
      sources: [watchedPods(source, { keysOf: byNode }).watched],
    });
    await settle();
    source.send(added("a/x", "11", "x", { nodeName: "n1" }));
    await settle();
    source.send(modified("a/x", "12", "x", { nodeName: "broken" }));
    await settle();
    expect(keys()).toEqual(["n1", "n1"]);
    expect(errors).toHaveLength(1);
    stop.abort();
    await ended;
  });

  it.each([
    ["what can be no key", () => ["a/b/c"]],
    ["what is not iterable", () => JSON.parse("7")],
    ["nothing at all", () => JSON.parse("null")],
  ])("is also one that returns %s", async (_title, keysOf: () => string[]) => {
    const source = new Source([pod("a/x", "1")]);
    const { keys, errors, stop, ended } = runController({
      sources: [watchedPods(source, { keysOf }).watched],
    });
    await settle();
    expect([keys(), errors.map(({ code }) => code)]).toEqual([[], ["SOURCE_FAILED"]]);
    stop.abort();
    await ended;
  });

  it("is not one that returns a text: that is a key", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { keys, stop, ended } = runController({
      sources: [watchedPods(source, { keysOf: () => "shop/web" }).watched],
    });
    await settle();
    expect(keys()).toEqual(["shop/web"]);
    stop.abort();
    await ended;
  });
});

describe("a deletion", () => {
  it("that was not seen wakes its key like any other, which Go drops (Q38)", async () => {
    const source = new Source([pod("a/x", "1")]);
    const { requests, stop, ended } = runController({ sources: [watchedPods(source).watched] });
    await settle();
    source.relist([], "20");
    await settle();
    expect(requests.map(({ key, reason }) => [key, reason.type])).toEqual([
      ["a/x", "ADDED"],
      ["a/x", "DELETED"],
    ]);
    stop.abort();
    await ended;
  });
});

describe("an object without a name", () => {
  it("is reported, and wakes nothing", async () => {
    const source = new Source();
    const { keys, errors, stop, ended } = runController({
      sources: [watchedPods(source, { keysOf: forObject, where: () => true }).watched],
    });
    await settle();
    source.send(new ParsedChange<Pod>("ADDED", "a/x", "u", "11", { metadata: { namespace: "a" } }));
    await settle();
    expect(keys()).toEqual([]);
    expect(errors).toMatchObject([
      { code: "SOURCE_FAILED", message: expect.stringContaining("it has no name") },
    ]);
    stop.abort();
    await ended;
  });
});

describe("an object of the controller's own kind", () => {
  it("Q37: wakes its key without being parsed", async () => {
    const source = new Source();
    const { keys, errors, stop, ended } = runController({
      sources: [watchedPods(source, { keysOf: forObject }).watched],
    });
    await settle();
    const bytes = Buffer.from(
      `{"metadata":{"name":"x","namespace":"a","uid":"u","resourceVersion":"11"},broken}`,
    );
    const scanner = new MetadataScanner();
    expect(scanner.scan(bytes, 0, bytes.length)).toBe(true);
    const log = new ObjectLog<Pod>(new SegmentPool(new ObjectReader()));
    const at = log.append(bytes, scanner);
    const unreadable = new EncodedChange("ADDED", "a/x", log.segment, at);
    expect(() => unreadable.object).toThrow(expect.objectContaining({ code: "FRAME_CORRUPT" }));
    source.send(unreadable);
    await settle();
    expect(keys()).toEqual(["a/x"]);
    expect(errors).toEqual([]);
    stop.abort();
    await ended;
  });
});
