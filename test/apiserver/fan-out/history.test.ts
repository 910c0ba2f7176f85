import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ListQuery, Selection } from "../../../src/apiserver/watch-cache/query.ts";
import type { ListAnswer } from "../../../src/apiserver/watch-cache/watch-cache.ts";
import { ApiError } from "../../../src/base/api-error.ts";
import { isJsonObject } from "../../../src/base/json-object.ts";
import { parseFieldSelector } from "../../../src/resource/field-selector.ts";
import { parseLabelSelector } from "../../../src/resource/label-selector.ts";
import { nodeKind } from "../watch-cache/cluster.ts";
import { parse, WatchedCluster } from "./watching.ts";

const first = 1000;

/** An object of the model; `rv` is the revision that wrote it. */
interface Thing {
  readonly app: string;
  readonly node: string;
  readonly rv: number;
}
type State = ReadonlyMap<string, Thing>;

/** What a watcher or a list selects, in the model's words. */
interface Wish {
  readonly namespace: string | undefined;
  readonly app: string | undefined;
  readonly node: string | undefined;
  readonly name: string | undefined;
}

interface Write {
  readonly do: "put" | "delete" | "other";
  readonly key: string;
  readonly app: string;
  readonly node: string;
}

const keys = ["a", "b", "b-1"].flatMap((name) => [
  `shop/${name}`,
  `test/${name}`,
  `shop1/${name}`,
  `shop-2/${name}`,
]);
const apps = ["", "web", "db"];
const nodes = ["n1", "n2"];

const writes: fc.Arbitrary<Write> = fc.record({
  do: fc.constantFrom("put", "put", "put", "delete", "other"),
  key: fc.constantFrom(...keys),
  app: fc.constantFrom(...apps),
  node: fc.constantFrom(...nodes),
});

const wishes: fc.Arbitrary<Wish> = fc.record({
  namespace: fc.constantFrom(undefined, "shop", "test"),
  app: fc.constantFrom(undefined, undefined, "web", "db"),
  node: fc.constantFrom(undefined, undefined, "n1", "n2"),
  name: fc.constantFrom(undefined, undefined, undefined, "a", "b-1"),
});

function selectionOf({ namespace, app, node, name }: Wish): Selection {
  const fields = [
    ...(node === undefined ? [] : [`spec.nodeName=${node}`]),
    ...(name === undefined ? [] : [`metadata.name=${name}`]),
  ];
  return {
    namespace,
    labelSelector: parseLabelSelector(app === undefined ? "" : `app=${app}`),
    fieldSelector: parseFieldSelector(fields.join(",")),
  };
}

/** What of a state a wish sees, in key order, as `key app@rv`. */
function visible(state: State, { namespace, app, node, name }: Wish): Map<string, string> {
  const seen = new Map<string, string>();
  for (const key of [...state.keys()].sort()) {
    const thing = state.get(key);
    if (thing === undefined) continue;
    if (namespace !== undefined && !key.startsWith(`${namespace}/`)) continue;
    if (app !== undefined && thing.app !== app) continue;
    if (node !== undefined && thing.node !== node) continue;
    if (name !== undefined && key.split("/")[1] !== name) continue;
    seen.set(key, `${key} ${thing.app} @${thing.rv}`);
  }
  return seen;
}

/** The true history: the state at each revision from the first on. */
class Model {
  readonly states: State[] = [new Map()];
  /** The revisions that changed this resource. */
  readonly changes: number[] = [];

  get revision(): number {
    return first + this.states.length - 1;
  }

  at(revision: number): State {
    return this.states[revision - first] ?? new Map();
  }

  /** The oldest revision that a window of this size can resume from. */
  floor(windowSize: number): number {
    return this.changes.at(-windowSize - 1) ?? first;
  }

  /** What a watcher with this wish must hear after a revision: the difference of what it sees, step by step. */
  events(since: number, wish: Wish): string[] {
    const events: string[] = [];
    for (let revision = since + 1; revision <= this.revision; revision += 1) {
      const before = visible(this.at(revision - 1), wish);
      const after = visible(this.at(revision), wish);
      for (const [key, was] of before) {
        if (!after.has(key)) events.push(`DELETED ${was.split("@")[0]}@${revision}`);
      }
      for (const [key, now] of after) {
        const was = before.get(key);
        if (was !== now) events.push(`${was === undefined ? "ADDED" : "MODIFIED"} ${now}`);
      }
    }
    return events;
  }
}

function write(cluster: WatchedCluster, model: Model, { do: what, key, app, node }: Write): void {
  const next = new Map(model.at(model.revision));
  const rv = model.revision + 1;
  const exists = next.has(key);
  if (what === "other") {
    cluster.storage.create(nodeKind, `n${rv}`, { metadata: { name: `n${rv}` } });
  } else if (what === "delete") {
    if (!exists) return;
    cluster.delete(key);
    next.delete(key);
  } else {
    const labels = app === "" ? {} : { app };
    const spec = { nodeName: node, x: rv };
    if (exists) cluster.put(key, labels, spec);
    else cluster.create(key, labels, spec);
    next.set(key, { app, node, rv });
  }
  model.states.push(next);
  if (what !== "other") model.changes.push(rv);
}

function show(object: Record<string, unknown>): string {
  const metadata = isJsonObject(object.metadata) ? object.metadata : {};
  const { namespace, name, labels, resourceVersion } = metadata;
  const app = isJsonObject(labels) ? (labels.app ?? "") : "";
  return `${String(namespace)}/${String(name)} ${String(app)} @${String(resourceVersion)}`;
}

/** A list, or the status it was refused with. */
async function listed(cluster: WatchedCluster, query: ListQuery): Promise<ListAnswer | number> {
  try {
    return await cluster.cache.list(query);
  } catch (error) {
    if (ApiError.is(error)) return error.status;
    throw error;
  }
}

const shown = (items: readonly object[]): string[] => items.map((item) => show({ ...item }));

/** A watcher that joins after some writes, at some revision before that. */
const joiners = fc.record({ wish: wishes, after: fc.nat(40), back: fc.nat(40), isFromState: fc.boolean() });

describe("every watcher hears exactly the true history after its revision", () => {
  it("filtered by its selector, in order, nothing twice; 410 where the window ends (T6, T8)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(writes, { maxLength: 40 }),
        fc.array(joiners, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(3, 8, 100),
        async (history, wanted, windowSize) => {
          const cluster = new WatchedCluster({ windowSize });
          const model = new Model();
          const reading: (() => Promise<void>)[] = [];
          for (let step = 0; step <= history.length; step += 1) {
            for (const { wish, after, back, isFromState } of wanted) {
              if (Math.min(after, history.length) !== step) continue;
              const since = isFromState ? model.revision : Math.max(1, model.revision - back);
              const isTooOld = since < model.floor(windowSize);
              const initial = isFromState ? [...visible(model.at(since), wish).values()] : [];
              const resourceVersion = isFromState ? "" : String(since);
              const { watcher } = await cluster.watch({ ...selectionOf(wish), resourceVersion });
              reading.push(async () => {
                const heard: string[] = [];
                for await (const frame of watcher) {
                  const { type, object } = parse(frame);
                  heard.push(type === "ERROR" ? `ERROR ${String(object.code)}` : `${type} ${show(object)}`);
                }
                if (isTooOld) expect(heard).toEqual(["ERROR 410"]);
                else
                  expect(heard).toEqual([
                    ...initial.map((text) => `ADDED ${text}`),
                    ...model.events(since, wish),
                  ]);
              });
            }
            const next = history[step];
            if (next !== undefined) write(cluster, model, next);
          }
          cluster.fanOut.close();
          for (const read of reading) await read();
          expect(cluster.fanOut.size).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a list at any revision in the window equals the model", () => {
  it("whole or in pages that writes run between; 410 before the window (T6)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(writes, { minLength: 1, maxLength: 30 }),
        fc.array(writes, { maxLength: 6 }),
        wishes,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(4, 100),
        async (history, meanwhile, wish, limit, windowSize) => {
          const cluster = new WatchedCluster({ windowSize });
          const model = new Model();
          for (const next of history) write(cluster, model, next);
          const selection = selectionOf(wish);
          for (let revision = first; revision <= model.revision; revision += 1) {
            const query = { ...selection, resourceVersion: String(revision), resourceVersionMatch: "Exact" };
            const answer = await listed(cluster, query);
            const isTooOld = revision < model.floor(windowSize);
            expect(typeof answer === "number" ? answer : shown(answer.items)).toEqual(
              isTooOld ? 410 : [...visible(model.at(revision), wish).values()],
            );
          }
          const start = model.revision;
          const expected = [...visible(model.at(start), wish).values()];
          const between = [...meanwhile];
          const paged: string[] = [];
          let token: string | undefined;
          do {
            const page = await listed(cluster, { ...selection, limit, continue: token });
            if (typeof page === "number") {
              expect([page, start < model.floor(windowSize)]).toEqual([410, true]);
              return;
            }
            paged.push(...shown(page.items));
            expect(page.resourceVersion).toBe(String(start));
            const remaining = page.remainingItemCount ?? expected.length - paged.length;
            expect(paged.length + remaining).toBe(expected.length);
            token = page.continue;
            const change = between.shift();
            if (change !== undefined && token !== undefined) write(cluster, model, change);
          } while (token !== undefined);
          expect(paged).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
