import { KubeError } from "../base/errors.ts";

/** How a command ended, and what it had written. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A command in a container that ended with an exit code its caller did not expect.
 *
 * What it wrote is in `stdout` and `stderr`, and not in the message or where
 * errors are printed: it may be secret.
 */
export class CommandError extends KubeError implements CommandResult {
  readonly exitCode: number;
  readonly #stdout: string;
  readonly #stderr: string;

  constructor(step: string, result: CommandResult) {
    super(
      "COMMAND_FAILED",
      `${step}: the command ended with exit code ${result.exitCode}; see \`stderr\` of this error, or allow it by \`exitCodes\``,
    );
    this.exitCode = result.exitCode;
    this.#stdout = result.stdout;
    this.#stderr = result.stderr;
  }

  override get name(): string {
    return "CommandError";
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Tell whether a value is a `CommandError`, also one made by another copy of this package. */
  static override is(value: unknown): value is CommandError {
    return KubeError.is(value) && value.code === "COMMAND_FAILED";
  }
}
