/** Why storage refused a write: the key is taken, is not there, or is not in the state the caller saw. */
export type StorageErrorCode = "exists" | "missing" | "conflict";

/**
 * A write that storage refused; nothing was changed and no revision was used.
 *
 * Internal to the server: the HTTP front words it as 409 AlreadyExists, 404
 * NotFound or 409 Conflict for the resource that was asked for.
 */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly key: string;

  constructor(code: StorageErrorCode, key: string, message: string) {
    super(message);
    this.code = code;
    this.key = key;
  }

  override get name(): string {
    return "StorageError";
  }
}
