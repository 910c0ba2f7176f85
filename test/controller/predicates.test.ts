import { describe, expect, it } from "vitest";
import type { Predicate, SourceEvent } from "../../src/controller/predicate.ts";
import * as predicates from "../../src/controller/predicates.ts";
import type { KubeObject, ObjectMeta } from "../../src/resource/object.ts";
import { thrown } from "./request.ts";

const object = (metadata: ObjectMeta): KubeObject => ({ metadata: { name: "a", ...metadata } });
const added = (meta: ObjectMeta = {}): SourceEvent<KubeObject> => ({
  type: "ADDED",
  object: object(meta),
  initial: false,
});
const modified = (before: ObjectMeta, after: ObjectMeta): SourceEvent<KubeObject> => ({
  type: "MODIFIED",
  object: object(after),
  previous: object(before),
  unchanged: false,
});
const deleted = (meta: ObjectMeta = {}): SourceEvent<KubeObject> => ({
  type: "DELETED",
  object: object(meta),
  finalStateUnknown: false,
});

const changed: readonly [string, Predicate<KubeObject>][] = [
  ["generationChanged", predicates.generationChanged],
  ["labelsChanged", predicates.labelsChanged],
  ["annotationsChanged", predicates.annotationsChanged],
  ["finalizersChanged", predicates.finalizersChanged],
  ["resourceVersionChanged", predicates.resourceVersionChanged],
  ["deletionRequested", predicates.deletionRequested],
];

describe("predicates of what changed", () => {
  it.each(changed)("%s passes everything but MODIFIED (Q39)", (_name, predicate) => {
    expect([added(), deleted(), added({ generation: 1, deletionTimestamp: "t" })].map(predicate)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each<[string, Predicate<KubeObject>, ObjectMeta, ObjectMeta, boolean]>([
    ["a new generation", predicates.generationChanged, { generation: 1 }, { generation: 2 }, true],
    ["the same generation", predicates.generationChanged, { generation: 2 }, { generation: 2 }, false],
    ["a kind without generations", predicates.generationChanged, {}, {}, true],
    [
      "metadata alone, by generation",
      predicates.generationChanged,
      { generation: 1, labels: { a: "1" }, finalizers: [] },
      { generation: 1, labels: { a: "2" }, finalizers: ["x/y"] },
      false,
    ],
    [
      "deletion, which the server counts as a generation",
      predicates.generationChanged,
      { generation: 1 },
      { generation: 2, deletionTimestamp: "2024-01-01T00:00:00Z" },
      true,
    ],
    [
      "another value of a label",
      predicates.labelsChanged,
      { labels: { a: "1" } },
      { labels: { a: "2" } },
      true,
    ],
    ["another label", predicates.labelsChanged, { labels: { a: "1" } }, { labels: { b: "1" } }, true],
    ["one label more", predicates.labelsChanged, {}, { labels: { a: "1" } }, true],
    ["no labels in two ways", predicates.labelsChanged, {}, { labels: {} }, false],
    [
      "labels in another order",
      predicates.labelsChanged,
      { labels: { a: "1", b: "2" } },
      { labels: { b: "2", a: "1" } },
      false,
    ],
    [
      "annotations, by labels",
      predicates.labelsChanged,
      { annotations: { a: "1" } },
      { annotations: { a: "2" } },
      false,
    ],
    [
      "an annotation",
      predicates.annotationsChanged,
      { annotations: { a: "1" } },
      { annotations: { a: "2" } },
      true,
    ],
    [
      "labels, by annotations",
      predicates.annotationsChanged,
      { labels: { a: "1" } },
      { labels: { a: "2" } },
      false,
    ],
    ["a finalizer more", predicates.finalizersChanged, {}, { finalizers: ["x/y"] }, true],
    [
      "the order of finalizers",
      predicates.finalizersChanged,
      { finalizers: ["x/a", "x/b"] },
      { finalizers: ["x/b", "x/a"] },
      true,
    ],
    [
      "the same finalizers",
      predicates.finalizersChanged,
      { finalizers: ["x/a"] },
      { finalizers: ["x/a"] },
      false,
    ],
    ["no finalizers in two ways", predicates.finalizersChanged, {}, { finalizers: [] }, false],
    [
      "another resourceVersion",
      predicates.resourceVersionChanged,
      { resourceVersion: "1" },
      { resourceVersion: "2" },
      true,
    ],
    [
      "a resync",
      predicates.resourceVersionChanged,
      { resourceVersion: "1" },
      { resourceVersion: "1" },
      false,
    ],
    ["the wish to delete", predicates.deletionRequested, {}, { deletionTimestamp: "t" }, true],
    [
      "another change while it is deleted",
      predicates.deletionRequested,
      { deletionTimestamp: "t" },
      { deletionTimestamp: "t" },
      false,
    ],
    ["a change of a living object", predicates.deletionRequested, {}, { labels: { a: "1" } }, false],
  ])("says of %s in a MODIFIED what it should (Q39)", (_what, predicate, before, after, expected) => {
    expect(predicate(modified(before, after))).toBe(expected);
  });

  it("takes objects without metadata for objects with none of it (Q39)", () => {
    const bare: SourceEvent<KubeObject> = { type: "MODIFIED", object: {}, previous: {}, unchanged: true };
    expect(changed.map(([, predicate]) => predicate(bare))).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("predicates of objects", () => {
  const isWeb = predicates.matches<KubeObject>(({ metadata }) => metadata?.labels?.app === "web");
  const web = { labels: { app: "web" } };
  const db = { labels: { app: "db" } };

  it("lets a MODIFIED through where the old or the new object matches: leaving is not missed (Q40)", () => {
    expect([modified(web, db), modified(db, web), modified(web, web), modified(db, db)].map(isWeb)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it("looks at the object of the other events (Q40)", () => {
    expect([added(web), added(db), deleted(web), deleted(db)].map(isWeb)).toEqual([true, false, true, false]);
  });

  it("chooses by a label selector, old or new (Q40)", () => {
    const chosen = predicates.matchesSelector("app=web,!canary");
    expect([added(web), added(db), modified(web, db), modified({}, db), added({})].map(chosen)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(thrown(() => predicates.matchesSelector("app in"))).toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("predicates by type, and joined", () => {
  const all = [added(), modified({}, {}), deleted()];
  const yes = (): boolean => true;
  const no = (): boolean => false;

  it("counts the types that it is told nothing of (Q39)", () => {
    expect(all.map(predicates.byType({}))).toEqual([true, true, true]);
    expect(all.map(predicates.byType({ added: no }))).toEqual([false, true, true]);
    expect(all.map(predicates.byType({ modified: no }))).toEqual([true, false, true]);
    expect(all.map(predicates.byType({ deleted: no }))).toEqual([true, true, false]);
  });

  it("gives each function the event of its type (Q39)", () => {
    const initial = predicates.byType<KubeObject>({ added: (event) => !event.initial });
    expect(initial({ type: "ADDED", object: object({}), initial: true })).toBe(false);
    expect(initial(added())).toBe(true);
  });

  it.each([
    ["and, of none", predicates.and(), true],
    ["and, of two that agree", predicates.and(yes, yes), true],
    ["and, of two that do not", predicates.and(yes, no), false],
    ["or, of none", predicates.or(), false],
    ["or, of two that do not agree", predicates.or(no, yes), true],
    ["or, of two that refuse", predicates.or(no, no), false],
    ["not", predicates.not(yes), false],
    ["not not", predicates.not(predicates.not(yes)), true],
  ])("joins them: %s (Q39)", (_what, predicate, expected) => {
    expect(predicate(added())).toBe(expected);
  });

  it("joins those of any object with those of one kind (Q39)", () => {
    interface Shop extends KubeObject {
      spec?: { open?: boolean };
    }
    const predicate: Predicate<Shop> = predicates.and(
      predicates.or(predicates.generationChanged, predicates.labelsChanged),
      predicates.matches<Shop>(({ spec }) => spec?.open === true),
    );
    const event = (open: boolean): SourceEvent<Shop> => ({
      type: "ADDED",
      object: { spec: { open } },
      initial: false,
    });
    expect([event(true), event(false)].map(predicate)).toEqual([true, false]);
  });

  it("refuses what is no function where it is made", () => {
    const notOne = "labels" as never;
    for (const make of [
      () => predicates.and(notOne),
      () => predicates.or(yes, notOne),
      () => predicates.not(undefined as never),
      () => predicates.matches(notOne),
      () => predicates.byType({ added: notOne }),
      () => predicates.byType(undefined as never),
    ]) {
      expect(thrown(make)).toMatchObject({ code: "INVALID_ARGUMENT" });
    }
  });
});
