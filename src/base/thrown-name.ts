/**
 * The class of an error, or the type of what is none.
 *
 * What may be told of what foreign code threw: its message may quote an object,
 * which may be a Secret.
 */
export function thrownName(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}
