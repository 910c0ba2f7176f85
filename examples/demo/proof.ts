import type { KubeObject } from "kube-reflex";

/** One thing that happened to an object, as written or as seen. */
export interface Happening {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly key: string;
  /** Absent where the writer could not know it: an answer to a deletion has none. */
  readonly resourceVersion?: string;
}

function byKey(happenings: readonly Happening[]): Map<string, Happening[]> {
  const grouped = new Map<string, Happening[]>();
  for (const happening of happenings) {
    const list = grouped.get(happening.key) ?? [];
    list.push(happening);
    grouped.set(happening.key, list);
  }
  return grouped;
}

const show = (happenings: readonly Happening[]): string =>
  happenings.map(({ type, resourceVersion }) => `${type}@${resourceVersion ?? "?"}`).join(" ");

/** Compare what was seen of each object with what was done to it; returns what is wrong. */
export function compareHistories(done: readonly Happening[], seen: readonly Happening[]): string[] {
  const expected = byKey(done);
  const observed = byKey(seen);
  const wrong: string[] = [];
  for (const key of new Set([...expected.keys(), ...observed.keys()])) {
    const truth = expected.get(key) ?? [];
    const told = observed.get(key) ?? [];
    const isSame =
      truth.length === told.length &&
      truth.every(
        ({ type, resourceVersion }, i) =>
          type === told[i]?.type &&
          (resourceVersion === undefined || resourceVersion === told[i]?.resourceVersion),
      );
    if (!isSame) wrong.push(`${key}: done ${show(truth)}, seen ${show(told)}`);
  }
  return wrong;
}

/** Compare a store with what the server has; returns what is wrong. */
export function compareStates(server: readonly KubeObject[], store: readonly KubeObject[]): string[] {
  const versions = (objects: readonly KubeObject[]): Map<string, string> =>
    new Map(
      objects.map(({ metadata }) => [`${metadata?.uid}`, `${metadata?.name}@${metadata?.resourceVersion}`]),
    );
  const truth = versions(server);
  const copy = versions(store);
  const wrong: string[] = [];
  for (const [uid, state] of truth) {
    if (copy.get(uid) !== state)
      wrong.push(`the server has ${state}, the store ${copy.get(uid) ?? "nothing"}`);
  }
  for (const [uid, state] of copy)
    if (!truth.has(uid)) wrong.push(`the store has ${state}, the server nothing`);
  return wrong;
}
