import { KubeError } from "../base/errors.ts";

/** A failure, and whose it is. */
export interface Failure {
  readonly name: string;
  readonly error: unknown;
}

/**
 * What a run of several rejects with: one error as it is; of several the first, with all of them in its cause.
 *
 * A first one that is a `KubeError` keeps code and message, so that branching on
 * `code` works however many failed after it; its cause is then an
 * `AggregateError`. Else it is the `AggregateError` itself.
 */
export function joinedError([first, ...others]: readonly [Failure, ...Failure[]]): unknown {
  const { error } = first;
  if (others.length === 0) return error;
  const errors = [error, ...others.map((failure) => failure.error)];
  // Names alone: what others' errors say may quote an object, and is in the cause.
  const names = [...new Set(others.map(({ name }) => name))].join(", ");
  if (KubeError.is(error)) {
    const cause = new AggregateError(errors, "All that failed, in this order", { cause: error });
    return new KubeError(error.code, `${error.message} (then failed: ${names})`, { cause });
  }
  const what = error instanceof Error ? error.message : "what is no error was thrown";
  return new AggregateError(errors, `${what} (then failed: ${names})`, { cause: error });
}
