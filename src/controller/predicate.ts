import { isThenable } from "../base/thenable.ts";

/** A change that a controller may be woken by. */
export type SourceEvent<T> =
  | { readonly type: "ADDED"; readonly object: T; readonly initial: boolean }
  | { readonly type: "MODIFIED"; readonly object: T; readonly previous: T; readonly unchanged: boolean }
  | { readonly type: "DELETED"; readonly object: T; readonly finalStateUnknown: boolean };

/** Says whether an event counts; must be pure. */
export type Predicate<T> = (event: SourceEvent<T>) => boolean;

/** What a predicate said; throws where that is a promise, which would be taken for yes. */
export function asked<A>(answer: A): A {
  if (!isThenable(answer)) return answer;
  // What it rejects with is nobody's: the mistake is that it is a promise.
  answer.then(undefined, () => {});
  throw new TypeError("A predicate must answer at once, not by a promise");
}
