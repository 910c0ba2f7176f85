import type { KubeObject, ListenerHandlers } from "kube-reflex";
import { expect, vi } from "vitest";
import type { ScriptedApi } from "./scripted-api.ts";
import type { ScriptedPods } from "./scripted-pods.ts";

/** What these checks need of an informer, whatever its type. */
export interface Followed {
  readonly store: { list(): KubeObject[] };
  stop(): Promise<void>;
}

/** One call of a handler. */
export interface Seen {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** `initial` of an ADDED, `finalStateUnknown` of a DELETED. */
  readonly mark: boolean;
}

/** A listener that remembers what it was told, and checks that it makes sense. */
export class Witness {
  readonly seen: Seen[] = [];
  readonly handlers: ListenerHandlers<KubeObject> = {
    added: (object, { initial }) => this.#note("ADDED", object, initial),
    modified: (object) => this.#note("MODIFIED", object, false),
    deleted: (object, { finalStateUnknown }) => this.#note("DELETED", object, finalStateUnknown),
  };

  /** What it was told, short: `ADDED web-0 1001`; `!` marks what is initial or of unknown final state. */
  get lines(): string[] {
    return this.seen.map(
      ({ type, name, resourceVersion, mark }) => `${type} ${name} ${resourceVersion}${mark ? "!" : ""}`,
    );
  }

  /**
   * Each object's life is one ADDED, then MODIFIED only, then at most one DELETED,
   * no state twice, and its states are a subsequence of the true ones.
   */
  expectOrdered(pods?: ScriptedPods): void {
    const lives = new Map<string, Seen[]>();
    for (const seen of this.seen) lives.set(seen.uid, [...(lives.get(seen.uid) ?? []), seen]);
    for (const [uid, life] of lives) {
      const types = life.map(({ type }) => type).join(" ");
      expect(types, `the life of ${uid}`).toMatch(/^ADDED( MODIFIED)*( DELETED)?$/);
      const versions = life.filter(({ mark, type }) => !(mark && type === "DELETED"));
      expect(new Set(versions.map(({ resourceVersion }) => resourceVersion)).size).toBe(versions.length);
      const truth = pods?.history.get(uid)?.map((state) => state.split(" ")[1]) ?? [];
      if (pods === undefined) continue;
      const places = versions.map(({ resourceVersion }) => truth.indexOf(resourceVersion));
      expect(places, `the states of ${uid}`).toEqual([...places].sort((a, b) => a - b));
      expect(places).not.toContain(-1);
    }
  }

  /** Nothing was missed: each object's states are all of the true ones, from when it was first seen. */
  expectComplete(pods: ScriptedPods): void {
    this.expectOrdered(pods);
    for (const [uid, states] of pods.history) {
      const versions = this.seen.filter((seen) => seen.uid === uid).map((seen) => seen.resourceVersion);
      const first = states.findIndex((state) => state.endsWith(` ${versions[0]}`));
      expect(versions, `the states of ${uid}`).toEqual(
        states.slice(first === -1 ? 0 : first).map((state) => state.split(" ")[1]),
      );
    }
  }

  /** What it was told adds up to this state. */
  get state(): Map<string, string> {
    const state = new Map<string, string>();
    for (const { type, name, resourceVersion } of this.seen) {
      if (type === "DELETED") state.delete(name);
      else state.set(name, resourceVersion);
    }
    return state;
  }

  #note(type: Seen["type"], object: KubeObject, mark: boolean): void {
    const { name = "", uid = "", resourceVersion = "" } = object.metadata ?? {};
    this.seen.push({ type, name, uid, resourceVersion, mark });
  }
}

/** The store, and what the witness was told, equal the script's truth. */
export function expectSame(informer: Followed, pods: ScriptedPods, witness?: Witness): void {
  const sorted = (objects: readonly KubeObject[]): string[] =>
    objects.map((object) => JSON.stringify(object)).sort();
  expect(sorted(informer.store.list())).toEqual(sorted(pods.items));
  if (witness === undefined) return;
  const truth = pods.items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]);
  expect(Object.fromEntries(witness.state)).toEqual(Object.fromEntries(truth));
}

/** Stop, and find that nothing is left: no timer, no request, no call. */
export async function expectStopped(informer: Followed, api: ScriptedApi, witness?: Witness): Promise<void> {
  const stopped = informer.stop();
  // For handlers that run.
  await vi.advanceTimersByTimeAsync(100);
  await stopped;
  const calls = witness?.seen.length;
  const requests = api.exchanges.length;
  expect(vi.getTimerCount(), "timers left after stop").toBe(0);
  expect(api.openLists + api.openWatches, "requests left after stop").toBe(0);
  for (const watch of api.watches) watch.send({ type: "ADDED", object: { metadata: { name: "late" } } });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(witness?.seen.length).toBe(calls);
  expect(api.exchanges.length).toBe(requests);
}
