/** How long a chain of causes is looked through. */
const deepestCause = 16;

function read(thrown: unknown): void {
  let one = thrown;
  for (let depth = 0; depth < deepestCause && typeof one === "object" && one !== null; depth++) {
    for (const member of ["name", "message", "code"]) void Reflect.get(one, member);
    one = Reflect.get(one, "cause");
  }
}

/**
 * What users' code threw, or an error in its place where that throws as soon as it is looked at.
 *
 * A revoked proxy, a getter that fails: code that repairs what fails must not fail of it itself.
 */
export function readableError(thrown: unknown): unknown {
  try {
    read(thrown);
    return thrown;
  } catch {
    return new Error("What was thrown cannot be looked at");
  }
}
