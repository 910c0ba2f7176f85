import { invalidArgument } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import type { ObjectStore } from "../controller/cluster-port.ts";
import { isKind, type Kind, resourceName } from "../resource/kind.ts";
import type { KubeObject } from "../resource/object.ts";

/** A kind that is followed, and its local copy. */
export interface FollowedKind {
  readonly kind: Kind;
  readonly isMetadata: boolean;
  readonly store: unknown;
}

/** The local copies of all kinds that a controller follows, by kind. */
export class FollowedKinds {
  readonly #followed: FollowedKind[] = [];

  add(followed: FollowedKind): void {
    this.#followed.push(followed);
  }

  /** The first copy of a kind, one of whole objects where there is one; throws `INVALID_ARGUMENT` where there is none. */
  store<T extends KubeObject>(kind: Kind<T>): ObjectStore<T> {
    expectKind(kind);
    const found = this.#followed.filter(
      (one) =>
        one.kind.group === kind.group && one.kind.version === kind.version && one.kind.kind === kind.kind,
    );
    const followed = found.find(({ isMetadata }) => !isMetadata) ?? found[0];
    // One kind is one type; the list cannot say so.
    if (followed !== undefined) return followed.store as ObjectStore<T>;
    const known = this.#followed.map((one) => `${resourceName(one.kind)} (${one.kind.version})`);
    throw new KubeError(
      "INVALID_ARGUMENT",
      `Read the local copy of ${resourceName(kind)} (${kind.version}): this controller does not follow it, but ` +
        `${known.length === 0 ? "nothing" : known.join(", ")}; follow it too, or ask the server by resources(kind)`,
    );
  }
}

/** Throw unless it is one. */
export function expectKind(kind: unknown): void {
  if (!isKind(kind)) throw invalidArgument("kind", "a kind, such as Pod or what defineKind returns", kind);
}
