import { KubeError } from "../base/errors.ts";
import { isJsonObject } from "../base/json-object.ts";
import { isStatus, statusError } from "../resource/status.ts";

/** How a command ended. */
export interface ExitStatus {
  /** 0 where it succeeded; for attach: where the container or the conversation ended by itself. */
  readonly exitCode: number;
  /** The server's words, where it has any. */
  readonly message?: string;
}

function wrong(step: string, what: string): KubeError {
  return new KubeError("BAD_RESPONSE", `${step}: the server told how the command ended, but ${what}`);
}

/**
 * Read the Status that ends a conversation.
 *
 * Success is exit code 0; a `NonZeroExitCode` has its code among the causes;
 * any other failure means that there was no exit, and is thrown as an `ApiError`.
 */
export function readExitStatus(bytes: Buffer, step: string): ExitStatus {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw wrong(step, "not in JSON");
  }
  if (!isJsonObject(value)) throw wrong(step, "not as a Status");
  // Kubelets leave out `kind`.
  const status: unknown = { ...value, kind: "Status" };
  if (!isStatus(status)) throw wrong(step, "not as a Status");
  const message =
    typeof status.message === "string" && status.message !== "" ? { message: status.message } : {};
  if (status.status === "Success") return { exitCode: 0, ...message };
  if (status.status !== "Failure") throw wrong(step, "neither as a success nor as a failure");
  if (status.reason !== "NonZeroExitCode") throw statusError(status, { step, httpStatus: 500 });
  const causes: unknown = isJsonObject(status.details) ? status.details.causes : undefined;
  const list: readonly unknown[] = Array.isArray(causes) ? causes : [];
  const cause = list.find((one) => isJsonObject(one) && one.reason === "ExitCode");
  const code = isJsonObject(cause) && typeof cause.message === "string" ? cause.message : "";
  if (!/^\d{1,9}$/.test(code)) throw wrong(step, "without a readable exit code");
  return { exitCode: Number(code), ...message };
}
