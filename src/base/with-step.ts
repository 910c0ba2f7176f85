import { KubeError, type KubeErrorCode } from "./errors.ts";

/**
 * Put the step in front of an error that knows less: a transport knows addresses, not calls.
 *
 * Code and cause are kept, unless another code is given. What names the step
 * already, what the server answered, and the caller's own abort stay as they
 * are; anything that is no `KubeError` becomes `CONNECTION_FAILED`.
 */
export function withStep(error: unknown, step: string, code?: KubeErrorCode): KubeError {
  if (!KubeError.is(error)) return KubeError.from(error, code ?? "CONNECTION_FAILED", step);
  const isNamed = error.message.startsWith(`${step}:`);
  if (error.code === "API" || error.code === "ABORTED") return error;
  if (isNamed && (code === undefined || code === error.code)) return error;
  const message = isNamed ? error.message : `${step}: ${error.message}`;
  return new KubeError(code ?? error.code, message, { cause: error.cause ?? error });
}
