import { expectFunction, expectInteger } from "../base/arguments.ts";
import { KubeError } from "../base/errors.ts";
import { isThenable } from "../base/thenable.ts";
import { thrownName } from "../base/thrown-name.ts";

/** A warning the API server attached to an answer, such as the use of a deprecated version (H21). */
export interface ApiWarning {
  /** The server's text. */
  readonly message: string;
  /** What was called: `list pods in namespace "shop"`. */
  readonly step: string;
}

/** Is told of warnings, synchronously. */
export type WarningListener = (warning: ApiWarning) => void;

/** Read the texts of the Warning headers with code 299; others come from caches on the way. */
export function warningTexts(header: string | undefined): string[] {
  if (header === undefined) return [];
  const texts: string[] = [];
  for (const match of header.matchAll(/(?:^|[,\s])299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
    texts.push((match[1] ?? "").replace(/\\(.)/g, "$1"));
  }
  return texts;
}

function failed(cause: unknown): void {
  const what = thrownName(cause);
  const message = `onWarning: the listener threw (${what}); see the cause`;
  process.emitWarning(new KubeError("HANDLER_FAILED", message, { cause }));
}

/**
 * Tell a listener of every warning of an answer, failures and accepted watches included.
 *
 * What it throws, or rejects with, is told by `process.emitWarning`: it breaks neither the call
 * nor the warnings after it.
 */
export function tellWarnings(
  header: string | undefined,
  step: string,
  listener: WarningListener | undefined,
): void {
  if (header === undefined || listener === undefined) return;
  for (const message of warningTexts(header)) {
    try {
      const result: unknown = listener({ message, step });
      if (isThenable(result)) result.then(undefined, failed);
    } catch (error) {
      failed(error);
    }
  }
}

/** Tell each text once, whatever call it came with; the oldest are forgotten past the limit. */
export function uniqueWarnings(listener: WarningListener, maxRemembered: number = 1000): WarningListener {
  expectFunction("listener", listener ?? null);
  expectInteger("maxRemembered", maxRemembered, 1);
  const told = new Set<string>();
  return (warning) => {
    if (told.has(warning.message)) return;
    told.add(warning.message);
    const [oldest] = told;
    if (told.size > maxRemembered && oldest !== undefined) told.delete(oldest);
    listener(warning);
  };
}
